"""Ops on padded sequences, whose lengths are a tensor.

Source: tensorflow/core/ops/array_ops.cc; tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.array import expand_dims
from kerasfmt.graph.ops.declare import Array, Attrs, normalize_axis
from kerasfmt.graph.ops.math import less
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


@register("ReverseSequence")
class ReverseSequence(Op):
    """Along one axis, the first elements in reverse order, for each index of another axis so many of them."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, lengths: Value) -> list[Shape]:
        if x.shape is None:
            return [None]
        for axis in (attrs["seq_dim"], attrs["batch_dim"]):
            normalize_axis(axis, len(x.shape))
        if attrs["seq_dim"] == attrs["batch_dim"]:
            raise ValueError(f"seq_dim and batch_dim are both {attrs['seq_dim']}")
        return [x.shape]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, lengths: Array) -> list[Array]:
        steps = np.moveaxis(x, (attrs["batch_dim"], attrs["seq_dim"]), (0, 1))
        if lengths.shape != steps.shape[:1]:
            raise ValueError(f"expected a length for each of {len(steps)} sequences, got {lengths.shape}")
        if lengths.size and (lengths.min() < 0 or lengths.max() > steps.shape[1]):
            raise ValueError(f"expected lengths from 0 to {steps.shape[1]}, got {lengths.tolist()}")
        places = np.arange(steps.shape[1])[None, :]
        mirrored = lengths[:, None].astype(np.int64) - 1 - places
        order = np.where(mirrored >= 0, mirrored, places)
        reversed_ = steps[np.arange(len(steps))[:, None], order]
        return [np.moveaxis(reversed_, (0, 1), (attrs["batch_dim"], attrs["seq_dim"]))]


def reverse_sequence(x: Value, lengths: Value, seq_axis: int, batch_axis: int) -> Value:
    """`x` with the first `lengths[i]` elements along `seq_axis` in reverse order, for each index `i` of `batch_axis`.

    Args:
      x: a tensor with both axes.
      lengths: int (batch,).
      seq_axis: the axis along which is reversed.
      batch_axis: the axis that has a length for each index.

    Source: tf.reverse_sequence.
    """
    return emit_one("ReverseSequence", x, lengths, seq_dim=seq_axis, batch_dim=batch_axis)


def sequence_mask(lengths: Value, longest: Operand) -> Value:
    """Which steps a sequence has: bool (batch, longest).

    Args:
      lengths: int32 (batch,).
      longest: int32 (), the number of steps.

    Source: tf.sequence_mask.
    """
    (steps,) = lengths.graph.emit("Range", 0, longest, 1)
    return less(steps, expand_dims(lengths, -1))
