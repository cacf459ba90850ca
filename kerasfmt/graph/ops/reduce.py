"""Reductions along axes.

Source: tensorflow/core/ops/math_ops.cc, ReductionShape; tensorflow/core/kernels/reduction_ops.h.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, Kernel, declare, kernel, normalize_axis, scalar
from kerasfmt.graph.ops.shape_values import constant_value
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

Axis = int | Sequence[int] | None
"""Axes to reduce: one, several, or None for all."""


def _infer(attrs: Attrs, x: Value, axis: Value) -> list[Shape]:
    if x.shape is None:
        axes = constant_value(axis)
        return [None]
    axes, keep, n = constant_value(axis), attrs["keep_dims"], len(x.shape)
    if axes is None:
        return [(None,) * n if keep else None]
    gone = {normalize_axis(int(a), n) for a in axes.ravel()}
    if keep:
        return [tuple(1 if i in gone else d for i, d in enumerate(x.shape))]
    return [tuple(d for i, d in enumerate(x.shape) if i not in gone)]


def _reduction(function: Callable[..., Any]) -> Kernel:
    def run(attrs: Attrs, x: Array, axis: Array) -> Any:
        axes = tuple(sorted({normalize_axis(int(a), x.ndim) for a in np.ravel(axis)}))
        return function(x, axes, attrs["keep_dims"])

    return kernel(run)


def _mean(x: Array, axes: tuple[int, ...], keep: bool) -> Any:
    if x.dtype.kind in "fc":
        return np.mean(x, axes, x.dtype, keepdims=keep)
    count = np.array(np.prod([x.shape[a] for a in axes], dtype=np.int64), x.dtype)
    total = np.sum(x, axes, x.dtype, keepdims=keep)
    return np.trunc(total / count).astype(x.dtype)


def _extreme(
    function: Any, empty: Callable[[np.dtype[Any]], Any]
) -> Callable[[Array, tuple[int, ...], bool], Any]:
    return lambda x, axes, keep: function(x, axes, keepdims=keep, initial=empty(x.dtype))


def lowest(dtype: np.dtype[Any]) -> float:
    """The least value of a dtype: minus infinity for floats."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def highest(dtype: np.dtype[Any]) -> float:
    """The greatest value of a dtype: infinity for floats."""
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


_KERNELS: dict[str, Callable[[Array, tuple[int, ...], bool], Any]] = {
    "All": lambda x, axes, keep: np.all(x, axes, keepdims=keep),
    "Any": lambda x, axes, keep: np.any(x, axes, keepdims=keep),
    "EuclideanNorm": lambda x, axes, keep: np.sqrt(
        np.sum(np.square(np.abs(x)), axes, x.dtype, keepdims=keep)
    ),
    "Max": _extreme(np.max, lowest),
    "Mean": _mean,
    "Min": _extreme(np.min, highest),
    "Prod": lambda x, axes, keep: np.prod(x, axes, x.dtype, keepdims=keep),
    "Sum": lambda x, axes, keep: np.sum(x, axes, x.dtype, keepdims=keep),
}

for _name, _function in _KERNELS.items():
    declare(_name, _infer, _reduction(_function))


def _operand(x: Value, axis: Axis) -> Operand:
    if axis is None:
        if x.shape is None:
            return emit_one("Range", 0, emit_one("Rank", x), 1)
        return np.arange(len(x.shape), dtype=np.int32)
    return axis if isinstance(axis, int) else int32(list(axis))


class Reduction(Protocol):
    """A function that reduces a tensor along axes."""

    def __call__(self, x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
        """The reduced tensor; `keepdims` keeps the axes as dimensions of 1."""


def _frontend(op: str, doc: str) -> Reduction:
    def function(x: Value, axis: Axis = None, keepdims: bool = False) -> Value:
        return emit_one(op, x, _operand(x, axis), keep_dims=keepdims)

    function.__doc__ = (
        f"{doc} along `axis`, or along all axes if None; `keepdims` keeps the axes as 1.\n\n"
        f"Source: TensorFlow op {op}."
    )
    return function


reduce_all = _frontend("All", "Whether all elements of the bool `x` are true")
reduce_any = _frontend("Any", "Whether an element of the bool `x` is true")
reduce_euclidean_norm = _frontend("EuclideanNorm", "The square root of the sum of squares")
reduce_max = _frontend("Max", "The greatest element")
reduce_mean = _frontend("Mean", "The mean")
reduce_min = _frontend("Min", "The least element")
reduce_prod = _frontend("Prod", "The product")
reduce_sum = _frontend("Sum", "The sum")
mean = reduce_mean


def _infer_arg(attrs: Attrs, x: Value, axis: Value) -> list[Shape]:
    at = constant_value(axis)
    if x.shape is None:
        return [None]
    if at is None:
        return [(None,) * (len(x.shape) - 1)]
    i = normalize_axis(int(at.item()), len(x.shape))
    return [x.shape[:i] + x.shape[i + 1 :]]


def _arg(function: Any) -> Kernel:
    return lambda attrs, x, axis: [np.asarray(function(x, int(axis.item())), attrs["output_type"].numpy)]


declare("ArgMax", _infer_arg, _arg(np.argmax))
declare("ArgMin", _infer_arg, _arg(np.argmin))


def argmax(x: Value, axis: int, output_type: DType = dtypes.int64) -> Value:
    """The index of the first greatest element along `axis`, which is dropped. Source: tf.argmax."""
    return emit_one("ArgMax", x, axis, output_type=output_type)


def argmin(x: Value, axis: int, output_type: DType = dtypes.int64) -> Value:
    """The index of the first least element along `axis`, which is dropped. Source: tf.argmin."""
    return emit_one("ArgMin", x, axis, output_type=output_type)


@register("L2Loss")
class L2Loss(Op):
    """Half the sum of squares."""

    infer = staticmethod(scalar)

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array) -> Any:
        return np.sum(np.square(x), dtype=x.dtype) / 2


def l2_loss(x: Value) -> Value:
    """Half the sum of squares of `x`: a scalar of its dtype. Source: tf.nn.l2_loss."""
    return emit_one("L2Loss", x)
