"""Mean and variance along axes, and normalization by them."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops


def positive_axes(axis: int | list[int], rank: int) -> list[int]:
    """The axes as a list, each counted from the front.

    Raises:
      ValueError: there is no such axis, or one is given twice.

    Source: tf_keras/src/utils/tf_utils.py, validate_axis.
    """
    given = [axis] if isinstance(axis, int) else list(axis)
    found = [a + rank if a < 0 else a for a in given]
    if any(not 0 <= a < rank for a in found):
        raise ValueError(f"option axis: expected axes of inputs with {rank} dimensions, got {axis}")
    if len(set(found)) < len(found):
        raise ValueError(f"option axis: expected each axis once, got {axis}")
    return found


def moments(x: Value, axes: list[int], keepdims: bool) -> tuple[Value, Value]:
    """Mean and variance of `x` along `axes`, in its dtype; `keepdims` keeps the axes as 1.

    Source: tensorflow/python/ops/nn_impl.py, moments.
    """
    y = _widened(x)
    mean = ops.reduce_mean(y, axes, keepdims=True)
    variance = ops.reduce_mean(ops.squared_difference(y, ops.stop_gradient(mean)), axes, keepdims=True)
    return _finish(mean, variance, x, axes, keepdims)


def weighted_moments(x: Value, weights: Value, axes: list[int], keepdims: bool) -> tuple[Value, Value]:
    """Mean and variance of `x` along `axes`, with weighted elements; `weights` broadcasts to the shape of `x`.

    Source: tensorflow/python/ops/nn_impl.py, weighted_moments.
    """
    y = _widened(x)
    weights = ops.cast(weights, y.dtype)
    total = ops.reduce_sum(weights * y, axes, keepdims=True)
    count = ops.reduce_sum(weights + ops.zeros_like(y), axes, keepdims=True)
    mean = ops.div_no_nan(total, count)
    spread = ops.reduce_sum(weights * ops.squared_difference(y, mean), axes, keepdims=True)
    return _finish(mean, ops.div_no_nan(spread, count), x, axes, keepdims)


def synchronized_moments(
    x: Value, mask: Value | None, axes: list[int], keepdims: bool
) -> tuple[Value, Value]:
    """Mean and variance, computed from sums over all replicas; here there is one replica.

    Source: tf_keras/src/layers/normalization/batch_normalization.py, _sync_calculate_mean_and_var.
    """
    y = _widened(x)
    if mask is None:
        ones = ops.ones_like(y)
    else:
        weights = ops.expand_dims(ops.cast(mask, y.dtype), -1)
        y = y * weights
        ones = ops.broadcast_to(weights, ops.shape(y))
    total = ops.reduce_sum(y, axes, keepdims=True)
    squares = ops.reduce_sum(ops.square(y), axes, keepdims=True)
    count = ops.reduce_sum(ones, axes, keepdims=True)
    mean = total / count
    return _finish(mean, squares / count - ops.square(mean), x, axes, keepdims)


def _widened(x: Value) -> Value:
    """The value in a dtype in which it can be summed up; `_finish` casts back."""
    return ops.cast(x, "float32") if x.dtype is dtypes.float16 else x


def _finish(mean: Value, variance: Value, x: Value, axes: list[int], keepdims: bool) -> tuple[Value, Value]:
    if not keepdims:
        mean, variance = ops.squeeze(mean, axes), ops.squeeze(variance, axes)
    if x.dtype is dtypes.float16:
        return ops.cast(mean, x.dtype), ops.cast(variance, x.dtype)
    return mean, variance


def normalize(
    x: Value, mean: Value, variance: Value, offset: Value | None, scale: Value | None, epsilon: float
) -> Value:
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`; the operands broadcast to the shape of `x`.

    Source: tensorflow/python/ops/nn_impl.py, batch_normalization.
    """
    inverse = ops.rsqrt(variance + epsilon)
    if scale is not None:
        inverse = inverse * scale
    shift = -mean * inverse if offset is None else offset - mean * inverse
    return x * ops.cast(inverse, x.dtype) + ops.cast(shift, x.dtype)
