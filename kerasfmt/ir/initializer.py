"""What an initializer is, its identifiers, and a function of the user's as one.

Source: keras/src/initializers/initializers.py (2.15).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import fields
from kerasfmt.ir.identifiers import OfFunction, Registry
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.typing import override

Array: TypeAlias = NDArray[Any]
Rng: TypeAlias = "np.random.Generator"  # as text: NumPy imports its random module only when it is first used


class Initializer(FrozenOptions, ABC):
    """The distribution of a weight before training.

    Source: keras/src/initializers/initializers.py, Initializer
    """

    category: ClassVar[str] = "initializer"
    # TensorFlow 1's initializers stored a dtype, which Keras 2 drops as well (Initializer.from_config).
    obsolete_options = {"dtype": None}
    facts = KerasFacts(implied_by_keras2={"input_axes": (None,), "output_axes": (None,)})
    floating_only: ClassVar[bool] = True

    def __call__(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        """A new weight.

        Args:
          shape: the shape of the weight.
          dtype: its dtype.
          rng: the source of random numbers; unused if the initializer has a seed of its own.

        Raises:
          InvalidModelError: the initializer cannot make a weight of that shape or dtype.
        """
        if min(shape, default=0) < 0:
            raise self._misfit("a shape without negative dimensions", shape, dtype)
        if self.floating_only and not dtype.is_floating:
            raise self._misfit("a floating dtype", shape, dtype)
        seed = getattr(self, "seed", None)
        if seed is not None:
            rng = np.random.Generator(np.random.PCG64(seed % 2**64))
        return self._draw(tuple(shape), dtype, rng)

    @abstractmethod
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        """A new weight, from `rng`."""

    def _misfit(self, expected: str, shape: tuple[int, ...], dtype: DType) -> InvalidModelError:
        return InvalidModelError(
            f"initializer {type(self).__name__}: expected {expected}, got {dtype.name} {list(shape)}"
        )


REGISTRY = Registry(Initializer, "of NumPy, (shape, dtype) -> array")  # type: ignore[type-abstract]
"""Every initializer by its names; `kerasfmt.ir.initializers` fills it."""


@REGISTRY.functions
class FunctionInitializer(OfFunction, Initializer):
    """A function of the user's: `function(shape, dtype)` returns an array of NumPy."""

    floating_only = False

    name: str
    function: Callable[..., Any] = fields.raw()

    @override
    def _draw(self, shape: tuple[int, ...], dtype: DType, rng: Rng) -> Array:
        found = np.asarray(self.function(shape, dtype.numpy))
        if found.shape != shape:
            raise self._misfit(
                f"the function {self.name} to return that shape, got {found.shape}", shape, dtype
            )
        return found.astype(dtype.numpy, copy=False)
