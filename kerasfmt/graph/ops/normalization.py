"""Fused batch normalization.

Source: tensorflow/core/ops/nn_ops.cc, tensorflow/core/kernels/fused_batch_norm_op.cc.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kerasfmt.graph.emit import emit
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, widen, with_rank
from kerasfmt.graph.spec import Shape, merge_dims
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _channel_axis(rank: int, data_format: str) -> int:
    return 1 if data_format.startswith("NC") else rank - 1


def _normalize(
    attrs: Attrs, x: Array, scale: Array, offset: Array, mean: Array, variance: Array
) -> list[Array]:
    """The normalized array, the two running statistics, and two statistics that are saved for the gradient."""
    axis = _channel_axis(x.ndim, attrs["data_format"])
    along = tuple(-1 if i == axis else 1 for i in range(x.ndim))
    wide = widen(x)
    carried = saved = [mean, variance]
    if attrs["is_training"]:
        axes = tuple(i for i in range(x.ndim) if i != axis)
        count = max(1, x.size // max(1, x.shape[axis]))
        saved = [np.mean(wide, axes, wide.dtype), np.var(wide, axes, wide.dtype)]
        carried = [saved[0], saved[1] * np.asarray(count / max(1, count - 1), wide.dtype)]
        factor = np.float32(attrs.get("exponential_avg_factor", 1.0))
        if factor != 1:
            old = [mean, variance]
            carried = [(1 - factor) * o + factor * n for o, n in zip(old, carried, strict=True)]
    epsilon = np.asarray(attrs["epsilon"], wide.dtype)
    multiplier = scale / np.sqrt(saved[1] + epsilon)
    y = (wide - saved[0].reshape(along)) * multiplier.reshape(along) + offset.reshape(along)
    return [y.astype(x.dtype, copy=False), *carried, *saved]


@register("FusedBatchNorm", "FusedBatchNormV2")
class FusedBatchNorm(Op):
    """Normalization along all axes but the channels, with given statistics or with the batch's."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, *vectors: Value) -> list[Shape]:
        rank = len(x.shape) if x.shape is not None else 4
        if rank not in (4, 5):
            raise ValueError(f"expected 4 or 5 dimensions, got shape {x.shape}")
        dims = list(with_rank(x, rank))
        axis = _channel_axis(rank, attrs["data_format"])
        used = vectors[:2] if attrs["is_training"] else vectors
        for vector in used:
            dims[axis] = merge_dims(dims[axis], with_rank(vector, 1)[0])
        return [tuple(dims), *[(dims[axis],)] * 4]

    @staticmethod
    @override
    def run(attrs: Attrs, *inputs: Array) -> list[Array]:
        return _normalize(attrs, *inputs)


@register("FusedBatchNormV3")
class FusedBatchNormV3(Op):
    """As FusedBatchNorm, with a sixth output: memory that a gradient kernel may use."""

    @staticmethod
    @override
    def infer(attrs: Attrs, *inputs: Value) -> list[Shape]:
        return [*FusedBatchNorm.infer(attrs, *inputs), None]

    @staticmethod
    @override
    def run(attrs: Attrs, *inputs: Array) -> list[Array]:
        return [*_normalize(attrs, *inputs), np.zeros((), np.float32)]


@register("FusedBatchNormGradV3")
class FusedBatchNormGradV3(Op):
    """The gradients for x, scale and offset, from the statistics with which x was normalized."""

    @staticmethod
    @override
    def infer(attrs: Attrs, grad: Value, x: Value, scale: Value, *saved: Value) -> list[Shape]:
        rank = len(x.shape) if x.shape is not None else 4
        dims = list(with_rank(x, rank))
        axis = _channel_axis(rank, attrs["data_format"])
        dims[axis] = merge_dims(dims[axis], with_rank(grad, rank)[axis])
        for vector in (scale, *saved[:2]):
            dims[axis] = merge_dims(dims[axis], with_rank(vector, 1)[0])
        return [tuple(dims), (dims[axis],), (dims[axis],), (0,), (0,)]

    @staticmethod
    @override
    def run(
        attrs: Attrs, grad: Array, x: Array, scale: Array, mean: Array, variance: Array, scratch: Array
    ) -> list[Array]:
        axis = _channel_axis(x.ndim, attrs["data_format"])
        along = tuple(-1 if i == axis else 1 for i in range(x.ndim))
        axes = tuple(i for i in range(x.ndim) if i != axis)
        wide, grads = widen(x), widen(grad)
        rate = 1 / np.sqrt(variance + np.asarray(attrs["epsilon"], wide.dtype))
        normalized = (wide - mean.reshape(along)) * rate.reshape(along)
        for_offset = np.sum(grads, axes, wide.dtype)
        for_scale = np.sum(grads * normalized, axes, wide.dtype)
        if attrs["is_training"]:
            count = max(1, x.size // max(1, x.shape[axis]))
            grads = grads - (for_offset.reshape(along) + normalized * for_scale.reshape(along)) / count
        for_x = grads * (scale * rate).reshape(along)
        empty = np.zeros(0, np.float32)
        return [for_x.astype(x.dtype, copy=False), for_scale, for_offset, empty, empty]


class BatchNorm(NamedTuple):
    """The result of `fused_batch_norm`: the output, and the mean and variance of the batch, float32 (channels,)."""

    y: Value
    batch_mean: Value
    batch_variance: Value


def fused_batch_norm(
    x: Value,
    scale: Operand,
    offset: Operand,
    mean: Operand,
    variance: Operand,
    *,
    epsilon: float = 0.0001,
    exponential_avg_factor: float = 1.0,
    data_format: str = "NHWC",
    is_training: bool = True,
) -> BatchNorm:
    """`x` normalized along all axes but the channels.

    Args:
      x: (batch, height, width, channels), or channels first; float16, bfloat16 or float32.
      scale: float32 (channels,), the factor after normalization.
      offset: float32 (channels,), added after scaling.
      mean: float32 (channels,), the mean to use when not training.
      variance: float32 (channels,), the variance to use when not training.
      epsilon: added to the variance.
      exponential_avg_factor: weight of the batch in the statistics that are returned when training.
      data_format: "NHWC", "NCHW", "NDHWC" or "NCDHW".
      is_training: whether to use the statistics of the batch; the variance returned is then Bessel-corrected.

    Source: tf.raw_ops.FusedBatchNormV3.
    """
    outputs = emit(
        "FusedBatchNormV3",
        x,
        scale,
        offset,
        mean,
        variance,
        epsilon=epsilon,
        exponential_avg_factor=exponential_avg_factor,
        data_format=data_format,
        is_training=is_training,
    )
    return BatchNorm(*outputs[:3])
