"""Discretization: numbers sorted into bins, whose boundaries are given or learned from data.

A summary of data is float32 (2, n): n values in ascending order, and how many numbers each of them stands for.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.graph import Shape, Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.adapting import AdaptableLayer, Array
from kerasfmt.ir.fields import Field, is_integer
from kerasfmt.ir.keras_facts import ANY_VALUE, KerasFacts
from kerasfmt.ir.weight import Weight
from kerasfmt.ir.weight_owner import WeightOwner
from kerasfmt.layers.category import sparse, with_category_dtype
from kerasfmt.nn.categorical import COUNT, INT, MULTI_HOT, ONE_HOT, encode_categories
from kerasfmt.typing import override

_NOTHING: Final = np.zeros((2, 0), np.float32)


def _boundaries(value: Any) -> list[float] | None:
    if value is None:
        return None
    items = value.tolist() if isinstance(value, np.ndarray) else value
    if not isinstance(items, list | tuple) or not all(map(_is_number, items)):
        raise ValueError(f"expected a list of finite numbers or None, got {value!r:.80}")
    if any(a > b for a, b in itertools.pairwise(items)):
        raise ValueError(f"expected numbers in ascending order, got {value!r:.80}")
    return [item.item() if isinstance(item, np.generic) else item for item in items]


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, int | float | np.integer | np.floating)
        and not isinstance(value, bool)
        and abs(value) <= np.finfo(np.float32).max
    )


def _bins(value: Any) -> int | None:
    if value is not None and (not is_integer(value) or not 1 <= value <= fields.LARGEST):
        raise ValueError(f"expected a whole number of at least 1 or None, got {value!r:.80}")
    return None if value is None else int(value)


def _epsilon(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 1e-6 <= value <= 1:
        raise ValueError(f"expected a number from 1e-6 to 1, got {value!r:.80}")
    return value


class Summary(Weight):
    """The summary of the data that a Discretization was adapted to; it is as long as its content."""

    @property
    @override
    def declared_shape(self) -> Shape:
        """Two rows of any length."""
        return (2, None)

    @override
    def takes_shape(self, shape: tuple[int, ...]) -> bool:
        return len(shape) == 2 and shape[0] == 2

    @override
    def content_changed(self) -> None:
        """Takes the shape of the content, and makes functions that hold boundaries obsolete."""
        self.shape = tuple(self.value.shape)
        self.spec = Spec(self.shape, self.dtype)
        WeightOwner.times_set += 1


class Discretization(AdaptableLayer):
    """The number of the bin that each number is in; bin i begins at boundary i - 1, and the first at minus infinity.

    Args:
      bin_boundaries: the boundaries, in ascending order; None to learn them from data with `adapt`.
      num_bins: how many bins of equally many numbers to learn; None where the boundaries are given.
      epsilon: how far the share of a bin may be off.
      output_mode: "int" for the numbers of the bins, or "one_hot", "multi_hot" or "count".
      sparse: only False is supported.

    Input: numbers of any shape; in other modes than "int", (batch,) or (batch, n).
    Output: int64 of that shape, or float (batch, number of bins).
    Source: tf_keras/src/layers/preprocessing/discretization.py.
    """

    facts = KerasFacts(
        restored_from_config=True,
        build_calls_base=True,
        implied_by_keras3={"trainable": ANY_VALUE},
        weightless_in_keras3=True,
        floats_in_keras3=True,
        forgets_in_archives=True,
    )
    bin_boundaries: Field[list[float] | None, ArrayLike | None] = fields.option(
        default=None, convert=_boundaries
    )
    num_bins: Field[int | None, int | None] = fields.option(default=None, convert=_bins)
    epsilon: Field[float, float] = fields.option(default=0.01, convert=_epsilon)
    output_mode: str = fields.choice(INT, ONE_HOT, MULTI_HOT, COUNT, default=INT)
    sparse: bool = sparse()
    summary: Weight = fields.weight()
    _learned: tuple[object, tuple[float, ...]] | None = fields.state(default=None)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options with a dtype that follows from the output mode; `bins` is an old name of two of them."""
        if "bins" in given:
            given = dict(given)
            bins = given.pop("bins")
            name = "num_bins" if is_integer(bins) and given.get("num_bins") is None else "bin_boundaries"
            if given.get(name) is None:
                given[name] = bins
        return super().complete(with_category_dtype(given))

    @override
    def validate(self) -> None:
        """Checks that there are boundaries, or a number of bins to learn."""
        if self.bin_boundaries is None and self.num_bins is None:
            raise self.fail("options bin_boundaries and num_bins: expected one of them, got none")

    @override
    def get_config(self) -> dict[str, Any]:
        """The config. Where Keras 3 has learned boundaries, Keras 2 takes them as given, without a number of bins."""
        config = super().get_config()
        return config if self.bin_boundaries is None else {**config, "num_bins": None}

    @override
    def learned_options(self) -> dict[str, Any]:
        """Keras 3 keeps learned boundaries beside the number of bins."""
        learned = list(self.boundaries) or None if self.bin_boundaries is None else self.bin_boundaries
        return {"bin_boundaries": learned, "num_bins": self.num_bins}

    @override
    def build(self, inputs: Spec) -> None:
        """Makes the summary, unless the boundaries are given."""
        if self.bin_boundaries is None:
            self.summary = self.add_weight(
                "summary", (2, 0), dtype=dtypes.float32, trainable=False, autocast=False, kind=Summary
            )
            self.summary.value = _NOTHING

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        return (
            ("bin_boundaries",) if self.bin_boundaries is None else ("input_bin_boundaries", "bin_boundaries")
        )

    @property
    @override
    def trainable_state(self) -> tuple[Any, ...]:
        """Whether it is trainable, and the boundaries, which its functions hold."""
        return (*super().trainable_state, self.boundaries)

    @property
    def boundaries(self) -> tuple[float, ...]:
        """The boundaries, given or learned; none if the layer has not been adapted."""
        if self.bin_boundaries is not None:
            return tuple(self.bin_boundaries)
        if not self.built or self.num_bins is None:
            return ()
        if self._learned is None or self._learned[0] is not self.summary.value:
            found = boundaries_of(self.summary.numpy(), self.num_bins)
            self._learned = self.summary.value, tuple(found.tolist())
        return self._learned[1]

    @property
    def depth(self) -> int:
        """The number of bins; before the layer has been adapted, the number that it is going to have."""
        if self.boundaries or self.bin_boundaries is not None or self.num_bins is None:
            return len(self.boundaries) + 1
        share, longest = 1 / self.num_bins, math.ceil(1 / self.epsilon)
        return longest if longest * share < 1 else math.ceil(1 / share)

    @override
    def call(self, inputs: Value) -> Value:
        if inputs.dtype.name not in ("float32", "float64", "int32", "int64"):
            raise self.fail(f"input: expected float32, float64, int32 or int64, got {inputs.dtype.name}")
        bins = ops.bucketize(inputs, self.boundaries)
        return encode_categories(bins, self.output_mode, self.depth, self.compute_dtype)

    @property
    @override
    def learns(self) -> bool:
        return self.bin_boundaries is None

    @override
    def reset_state(self) -> None:
        """Forgets the summary.

        Raises:
          InvalidModelError: the boundaries are given.
        """
        if self.bin_boundaries is not None:
            raise self.fail("it has bin_boundaries and cannot be adapted; give it num_bins instead")
        self.summary.value = _NOTHING

    @override
    def update_state(self, batch: Array) -> None:
        numbers = batch.astype(np.float32).ravel()
        merged = np.concatenate([summarize(numbers, self.epsilon), self.summary.numpy()], 1)
        order = np.argsort(merged[0], kind="stable")
        self.summary.value = compress(merged[:, order], self.epsilon)


def summarize(numbers: Array, epsilon: float) -> Array:
    """The summary of float32 numbers (n,): about `1 / epsilon` of them, each for as many."""
    ordered = np.sort(numbers)
    step = int(np.float32(len(ordered)) / np.float32(1 / epsilon))
    chosen = ordered[step :: max(step, 1)]
    return np.stack([chosen, np.full_like(chosen, max(step, 1))])


def compress(summary: Array, epsilon: float) -> Array:
    """A summary of about `1 / epsilon` values, which stand for equally many numbers each; a short one as it is."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    counts = summary[1].cumsum()
    reached = counts / counts[-1]
    values = np.interp(shares, reached, summary[0])
    counts = np.interp(shares, reached, counts)
    return np.stack([values, np.diff(counts, prepend=0)]).astype(np.float32)


def boundaries_of(summary: Array, num_bins: int) -> Array:
    """The boundaries of `num_bins` bins of equally many numbers: float32 (num_bins - 1,)."""
    return compress(summary, 1 / num_bins)[0, :-1]
