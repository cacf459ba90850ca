"""Layers that learn from data what they compute with: they are adapted, in NumPy.

Source: tf_keras/src/engine/base_preprocessing_layer.py.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir.layer import Layer

BATCH: int = 32
"""Rows of a batch, where the caller does not say."""
_LONG_RUN = 8
"""Data of at least this many batches shows a progress bar on a terminal."""

Array = np.ndarray[Any, Any]


class AdaptableLayer(Layer, register=False):
    """Base of the layers that can be adapted to data.

    A subclass says how it forgets what it learned, and how it learns from one batch.
    """

    def adapt(
        self,
        data: ArrayLike | Iterable[ArrayLike],
        batch_size: int | None = None,
        steps: int | None = None,
        verbose: bool | None = None,
    ) -> None:
        """Learns from data what the layer computes with, and forgets what it learned before.

        Args:
          data: an array or nested lists of rows; or an iterator, or another iterable that is neither, of batches.
          batch_size: the rows of a batch of an array, 32 by default; batches of an iterable stay as they are.
          steps: the number of batches to learn from; all of them by default.
          verbose: whether to show a progress bar; by default if it takes long and stderr is a terminal.

        Raises:
          InvalidModelError: the data do not fit the layer, or its options leave nothing to learn.
        """
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, got {batch_size}")
        batches, count = _batches(data, batch_size or BATCH)
        count = count if steps is None else min(steps, count or steps)
        shown = verbose if verbose is not None else (count or 0) >= _LONG_RUN and sys.stderr.isatty()
        chosen = itertools.islice(batches, steps)
        learning = Learning(self)
        for batch in _progress(chosen, count, f"adapt {self.name}") if shown else chosen:
            learning.take(batch)
        learning.finish()

    @property
    def learns(self) -> bool:
        """Whether its options leave something to learn."""
        return True

    def reset_state(self) -> None:
        """Forgets what was learned."""
        raise NotImplementedError

    def update_state(self, batch: Array) -> None:
        """Learns from one more batch."""
        raise NotImplementedError

    def finalize_state(self) -> None:
        """Makes what the layer computes with of what it learned from all batches."""


class Learning:
    """One adaptation of a layer, batch by batch; the first batch makes it forget what it learned before.

    Args:
      layer: the layer.
    """

    def __init__(self, layer: AdaptableLayer) -> None:
        self._layer = layer
        self._begun = False

    def take(self, batch: Array) -> None:
        """Lets the layer learn from one more batch.

        Raises:
          InvalidModelError: it does not fit the layer, or the layer's options leave nothing to learn.
        """
        layer = self._layer
        if not layer.built:
            layer.ensure_built(Spec(batch.shape, dtypes.of(batch.dtype)))
            if layer.batch_input_shape is None:
                layer.batch_input_shape = (None,) * batch.ndim
        if not self._begun:
            layer.reset_state()
            self._begun = True
        try:
            layer.update_state(batch)
        except (ValueError, TypeError) as error:
            raise layer.fail(f"it cannot be adapted to data of shape {batch.shape}: {error}") from error

    def finish(self) -> None:
        """Makes what the layer computes with.

        Raises:
          InvalidModelError: there was no batch.
        """
        if not self._begun:
            raise self._layer.fail("it cannot be adapted: the data have no batch")
        self._layer.finalize_state()


def _batches(data: Any, size: int) -> tuple[Iterator[Array], int | None]:
    """The batches of data, and their number where it is known."""
    if isinstance(data, list | tuple) or hasattr(data, "__array__"):
        array = np.asarray(data)
        starts = range(0, len(array), size) if array.ndim else range(0)
        return (array[start : start + size] for start in starts), len(starts)
    if not isinstance(data, Iterable):
        raise TypeError(f"data: expected an array or an iterable of batches, got {type(data).__name__}")
    return (np.asarray(batch) for batch in data), None


def _progress(batches: Iterable[Array], count: int | None, text: str) -> Iterator[Array]:
    from rich.console import Console
    from rich.progress import track

    yield from track(batches, description=text, total=count, console=Console(stderr=True))
