"""Preprocessing layers for numbers: Rescaling, Normalization."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kerasfmt import dtypes
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.graph.emit import emit_one
from kerasfmt.ir import fields
from kerasfmt.ir.adapting import AdaptableLayer, Array
from kerasfmt.ir.fields import Field
from kerasfmt.ir.initializers import get as initializer
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.ir.weight_content import WeightContent
from kerasfmt.typing import override

_EPSILON = 1e-7
"""The least divisor of Normalization: Keras's backend.epsilon()."""


class Rescaling(Layer):
    """`inputs * scale + offset`, in the layer's dtype.

    Args:
      scale: a number, or an array that broadcasts to the shape of the inputs.
      offset: a number, or such an array.

    Input: numbers of any dtype and shape. Output: float.
    Source: tf_keras/src/layers/preprocessing/image_preprocessing.py, Rescaling.
    """

    scale: ArrayLike = fields.raw()
    offset: ArrayLike = fields.raw(default=0.0)

    @override
    def validate(self) -> None:
        """Checks that `scale` and `offset` are numbers or arrays of numbers."""
        for option in ("scale", "offset"):
            if np.asarray(getattr(self, option)).dtype.kind not in "fiu":
                raise self.fail(f"option {option}: expected numbers, got {getattr(self, option)!r}")

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """`scale` and `offset`, if they are lists."""
        return tuple(name for name in ("scale", "offset") if isinstance(getattr(self, name), list))

    @override
    def call(self, inputs: Value) -> Value:
        x = ops.cast(inputs, self.compute_dtype)
        return x * self._constant(x, "scale") + self._constant(x, "offset")

    def _constant(self, x: Value, option: str) -> Value:
        """An option, converted as TensorFlow does: to float32 or int32 first, then to the layer's dtype."""
        array = np.asarray(getattr(self, option))
        first = np.float32 if array.dtype.kind == "f" else np.int32
        return ops.cast(x.graph.constant(array.astype(first)), self.compute_dtype)


def _kept_axes(value: Any) -> tuple[int, ...]:
    return fields.axes_or_none(value) or ()


class Normalization(AdaptableLayer):
    """`(inputs - mean) / sqrt(variance)`, or the inverse of that.

    Mean and variance are options, or else weights: `mean`, `variance`, and `count`, the number of examples from
    which they were computed.

    Args:
      axis: axes that have statistics of their own; None for one mean and one variance.
      mean: a number, or an array of the sizes of the axes.
      variance: a number, or an array of the sizes of the axes.
      invert: whether to undo the normalization instead.

    Input: numbers of any dtype. Output: float, the same shape.
    Source: tf_keras/src/layers/preprocessing/normalization.py.
    """

    facts = KerasFacts(restored_from_config=True, build_calls_base=True)
    config_order = ("axis", "invert", "mean", "variance")
    axis: Field[tuple[int, ...], int | Sequence[int] | None] = fields.option(default=-1, convert=_kept_axes)
    mean: ArrayLike | None = fields.raw(default=None)
    variance: ArrayLike | None = fields.raw(default=None)
    invert: bool = False
    adapt_mean: Weight = fields.weight()
    adapt_variance: Weight = fields.weight()
    count: Weight = fields.weight()

    @override
    def validate(self) -> None:
        """Checks that mean and variance are given together."""
        for option in ("mean", "variance"):
            value = getattr(self, option)
            if value is not None and np.asarray(value).dtype.kind not in "biuf":
                raise self.fail(f"option {option}: expected numbers, got {value!r}")
        if (self.mean is None) != (self.variance is None):
            raise self.fail(f"option mean: expected with variance, got {self.mean} and {self.variance}")

    @override
    def build(self, inputs: Spec) -> None:
        """Makes the statistics in the sizes of the axes, unless the options give them."""
        rank = len(inputs.shape or ())
        if any(not -rank <= a < rank for a in self.axis):
            raise self.fail(f"option axis: expected axes of inputs with {rank} dimensions, got {self.axis}")
        kept = sorted({a % rank for a in self.axis})
        if len(kept) < len(self.axis):
            raise self.fail(f"option axis: expected different axes, got {self.axis}")
        sizes = tuple(self.axis_dim(inputs, axis) for axis in kept)
        self.kept_axes = [i in kept for i in range(rank)]
        self.broadcast_shape = [self.axis_dim(inputs, i) if i in kept else 1 for i in range(rank)]
        if self.mean is not None:
            self.mean_constant, self.variance_constant = (
                self.add_constant(option, self._given(option, sizes), self.compute_dtype)
                for option in ("mean", "variance")
            )
            return
        for name, value in (("mean", "zeros"), ("variance", "ones")):
            self.add_weight(
                name,
                sizes,
                initializer=initializer(value),
                trainable=False,
                dtype=self.compute_dtype,
                attribute=f"adapt_{name}",
            )
        count = self.add_weight(
            "count", (), initializer=initializer("zeros"), trainable=False, dtype=dtypes.int64
        )
        count.other_dtypes = (dtypes.int32,)  # in Keras 3, if the backend has no int64
        self.mean_constant, self.variance_constant = (
            self.own_constant(WeightContent(weight, tuple(self.broadcast_shape)))
            for weight in (self.adapt_mean, self.adapt_variance)
        )

    def _given(self, option: str, sizes: tuple[int, ...]) -> np.ndarray[Any, Any]:
        value = np.asarray(getattr(self, option), np.float64)
        try:
            full = (value * np.ones(sizes)).reshape(self.broadcast_shape)
        except ValueError:
            raise self.fail(f"option {option}: expected shape {sizes}, got {value.shape}") from None
        return full.astype(self.compute_dtype.numpy)

    @override
    def tracked_lists(self) -> tuple[str, ...]:
        """Mean and variance if they are lists, and the lists that Keras derives from the axes."""
        given = [name for name in ("mean", "variance") if isinstance(getattr(self, name), list)]
        derived = ("_keep_axis", "_reduce_axis", "_reduce_axis_mask", "_broadcast_shape")
        return (*(f"input_{name}" for name in given), *derived)

    @override
    def call(self, inputs: Value) -> Value:
        x = ops.cast(inputs, self.compute_dtype)
        if self.invert:
            return emit_one("AddV2", self.mean_constant, x * self._deviation(x), name="add")
        return (x - self.mean_constant) / self._deviation(x)

    def _deviation(self, x: Value) -> Value:
        (root,) = x.graph.emit("Sqrt", self.variance_constant)
        return ops.maximum(root, _EPSILON)

    @property
    @override
    def learns(self) -> bool:
        return self.mean is None

    @override
    def reset_state(self) -> None:
        """Makes the mean 0 and the variance 1.

        Raises:
          InvalidModelError: the options give them.
        """
        if self.mean is not None:
            raise self.fail("it has a mean and a variance and cannot be adapted; make it without them")
        for weight, value in ((self.adapt_mean, 0), (self.adapt_variance, 1), (self.count, 0)):
            weight.value = np.full(weight.shape, value, weight.dtype.numpy)

    @override
    def update_state(self, batch: Array) -> None:
        x = batch.astype(np.float64)
        if x.ndim != len(self.broadcast_shape):
            raise ValueError(f"expected {len(self.broadcast_shape)} dimensions")
        reduced = tuple(axis for axis, kept in enumerate(self.kept_axes) if not kept)
        seen, count = int(self.count.numpy()), math.prod(x.shape[axis] for axis in reduced)
        share = count / (seen + count)
        before, spread = (w.numpy().astype(np.float64) for w in (self.adapt_mean, self.adapt_variance))
        mean, variance = x.mean(reduced), x.var(reduced)
        joined = before * (1 - share) + mean * share
        joint = (spread + (before - joined) ** 2) * (1 - share) + (variance + (mean - joined) ** 2) * share
        self.adapt_mean.value = joined.astype(self.adapt_mean.dtype.numpy)
        self.adapt_variance.value = joint.astype(self.adapt_variance.dtype.numpy)
        self.count.value = np.array(seen + count, np.int64)
