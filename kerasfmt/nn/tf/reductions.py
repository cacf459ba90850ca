"""Functions that reduce axes, or accumulate along one.

Source: tensorflow/python/ops/math_ops.py, linalg_ops.py, nn_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.nn.shapes import dims_of, l2_normalize as normalize, reshape_to
from kerasfmt.nn.tf.table import axes_of, dtype_of, function, integers, register

_REDUCTIONS = {
    "reduce_sum": ops.reduce_sum,
    "reduce_mean": ops.reduce_mean,
    "reduce_max": ops.reduce_max,
    "reduce_min": ops.reduce_min,
    "reduce_prod": ops.reduce_prod,
    "reduce_any": ops.reduce_any,
    "reduce_all": ops.reduce_all,
    "reduce_euclidean_norm": ops.reduce_euclidean_norm,
}


def _reduction(op: Callable[..., Value]) -> Callable[..., Value]:
    def reduce(
        input_tensor: Value,
        axis: Any = None,
        keepdims: bool | None = False,
        reduction_indices: Any = None,
        keep_dims: bool | None = None,
    ) -> Value:
        along = axis if axis is not None else reduction_indices
        return op(input_tensor, along, bool(keepdims or keep_dims))

    return reduce


for _name, _op in _REDUCTIONS.items():
    register(_reduction(_op), f"math.{_name}", f"compat.v1.{_name}", f"compat.v1.math.{_name}")


@function("math.reduce_variance")
def reduce_variance(input_tensor: Value, axis: Any = None, keepdims: bool = False) -> Value:
    """The variance along axes."""
    deviation = input_tensor - ops.reduce_mean(input_tensor, axis, True)
    return ops.reduce_mean(ops.square(deviation), axis, keepdims)


@function("math.reduce_std")
def reduce_std(input_tensor: Value, axis: Any = None, keepdims: bool = False) -> Value:
    """The standard deviation along axes."""
    return ops.sqrt(reduce_variance(input_tensor, axis, keepdims))


@function("nn.moments")
def moments(x: Value, axes: Any, shift: Any = None, keepdims: bool = False) -> tuple[Value, Value]:
    """The mean and the variance along axes."""
    if x.dtype is dtypes.float16:
        mean, variance = moments(ops.cast(x, dtypes.float32), axes, shift, keepdims)
        return ops.cast(mean, x.dtype), ops.cast(variance, x.dtype)
    mean = ops.reduce_mean(x, axes, True)
    deviation = ops.squared_difference(x, ops.stop_gradient(mean))
    variance = ops.reduce_mean(deviation, axes, True)
    along = axes_of(axes, x.rank)
    return (mean, variance) if keepdims else (ops.squeeze(mean, along), ops.squeeze(variance, along))


@function("math.reduce_logsumexp", "compat.v1.reduce_logsumexp", "compat.v1.math.reduce_logsumexp")
def reduce_logsumexp(input_tensor: Value, axis: Any = None, keepdims: bool | None = False) -> Value:
    """log(sum(exp(x))) along axes, computed without overflow."""
    greatest = ops.reduce_max(input_tensor, axis, True)
    shift = ops.stop_gradient(ops.where(ops.is_finite(greatest), greatest, ops.zeros_like(greatest)))
    total = ops.log(ops.reduce_sum(ops.exp(input_tensor - shift), axis, bool(keepdims)))
    return total + (shift if keepdims else reshape_to(shift, dims_of(total)))


@function("math.argmax", "compat.v1.argmax", "compat.v1.math.argmax")
def argmax(
    input: Value, axis: int | None = None, output_type: Any = None, dimension: int | None = None
) -> Value:
    """The index of the greatest element along an axis."""
    along = axis if axis is not None else dimension or 0
    return ops.argmax(input, along, dtype_of(output_type, dtypes.int64))


@function("math.argmin", "compat.v1.argmin", "compat.v1.math.argmin")
def argmin(
    input: Value, axis: int | None = None, output_type: Any = None, dimension: int | None = None
) -> Value:
    """The index of the least element along an axis."""
    along = axis if axis is not None else dimension or 0
    return ops.argmin(input, along, dtype_of(output_type, dtypes.int64))


@function("math.cumsum")
def cumsum(x: Value, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Value:
    """The running sums of `x` along an axis."""
    return ops.cumsum(x, axis, exclusive=exclusive, reverse=reverse)


@function("math.cumprod")
def cumprod(x: Value, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Value:
    """The running products of `x` along an axis."""
    return ops.cumprod(x, axis, exclusive=exclusive, reverse=reverse)


@function("math.count_nonzero", "compat.v1.count_nonzero", "compat.v1.math.count_nonzero")
def count_nonzero(
    input: Value, axis: Any = None, keepdims: bool | None = None, dtype: Any = "int64"
) -> Value:
    """The number of elements along axes that are not zero."""
    wanted = dtype_of(dtype, dtypes.int64)
    zero = np.zeros((), input.dtype.numpy)
    return ops.cast(
        ops.reduce_sum(ops.cast(ops.not_equal(input, zero), dtypes.int64), axis, bool(keepdims)), wanted
    )


@function("math.l2_normalize", "compat.v1.nn.l2_normalize", "compat.v1.math.l2_normalize", "nn.l2_normalize")
def l2_normalize(x: Value, axis: Any = None, epsilon: float = 1e-12, dim: Any = None) -> Value:
    """`x` scaled to a Euclidean norm of 1 along axes."""
    along = axes_of(axis if axis is not None else dim, x.rank)
    if epsilon == 1e-12:
        return normalize(x, along)
    return x * ops.rsqrt(ops.maximum(ops.reduce_sum(ops.square(x), along, True), epsilon))


@function("norm", "compat.v1.norm", "linalg.norm", "compat.v1.linalg.norm")
def norm(
    tensor: Value,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    keep_dims: Any = None,
) -> Value:
    """The norm of the vectors, or the Frobenius norm of the matrices, along axes."""
    keep = bool(keepdims or keep_dims)
    if ord in ("euclidean", "fro", 2) and (ord != 2 or not isinstance(axis, list | tuple) or len(axis) == 1):
        return ops.sqrt(ops.reduce_sum(tensor * tensor, axis, keep))
    if isinstance(axis, list | tuple) and len(axis) != 1:
        raise ValueError(f"ord {ord!r} of matrices is not supported")
    size = ops.abs(tensor)
    if ord == 1:
        return ops.reduce_sum(size, axis, keep)
    if ord in (float("inf"), "inf"):
        return ops.reduce_max(size, axis, keep)
    if isinstance(ord, int | float) and ord > 0:
        return ops.pow(ops.reduce_sum(ops.pow(size, ord), axis, keep), 1.0 / ord)
    raise ValueError(f"expected ord 'euclidean', 'fro', inf or a positive number, got {ord!r}")


@function("math.top_k", "nn.top_k")
def top_k(input: Value, k: int = 1, sorted: bool = True, index_type: Any = None) -> tuple[Value, Value]:
    """The `k` greatest elements along the last axis, and their indices."""
    values, indices = ops.top_k(input, k)
    return values, ops.cast(indices, dtype_of(index_type, dtypes.int32))


@function("math.unsorted_segment_sum")
def unsorted_segment_sum(data: Value, segment_ids: Any, num_segments: Any) -> Value:
    """The sums of the slices with the same segment number: (num_segments, ...)."""
    return emit_one("UnsortedSegmentSum", data, integers(segment_ids), integers(num_segments))
