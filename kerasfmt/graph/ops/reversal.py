"""ReverseSequence: the beginning of each row in the opposite order.

Source: tensorflow/core/ops/array_ops.cc; tensorflow/core/kernels/reverse_sequence_op.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, normalize_axis, with_rank
from kerasfmt.graph.spec import Shape, merge_dims
from kerasfmt.graph.value import Value
from kerasfmt.typing import override


@register("ReverseSequence")
class ReverseSequence(Op):
    """Along one axis, the first `lengths[i]` elements of row i in the opposite order; the rest stays."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, lengths: Value) -> list[Shape]:
        (rows,) = with_rank(lengths, 1)
        if x.shape is None:
            return [None]
        batch = normalize_axis(attrs["batch_dim"], len(x.shape))
        sequence = normalize_axis(attrs["seq_dim"], len(x.shape))
        if batch == sequence:
            raise ValueError(f"rows and sequences have the same axis {batch}")
        return [(*x.shape[:batch], merge_dims(x.shape[batch], rows), *x.shape[batch + 1 :])]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, lengths: Array) -> list[Array]:
        rows = np.moveaxis(x, (attrs["batch_dim"], attrs["seq_dim"]), (0, 1))
        if lengths.size and not 0 <= lengths.min() <= lengths.max() <= rows.shape[1]:
            raise ValueError(f"expected lengths from 0 to {rows.shape[1]}, got {lengths.tolist()}")
        steps = np.arange(rows.shape[1])
        ends = lengths[:, None]
        places = np.where(steps < ends, ends - 1 - steps, steps)
        chosen = rows[np.arange(len(rows))[:, None], places]
        return [np.ascontiguousarray(np.moveaxis(chosen, (0, 1), (attrs["batch_dim"], attrs["seq_dim"])))]


def reverse_sequence(x: Value, lengths: Value, sequence_axis: int, batch_axis: int = 0) -> Value:
    """`x` with the first `lengths[i]` elements of row i along `sequence_axis` in the opposite order.

    Args:
      x: any tensor.
      lengths: int32 or int64 (rows,).
      sequence_axis: the axis along which the order turns.
      batch_axis: the axis of the rows.

    Source: tf.reverse_sequence.
    """
    return emit_one("ReverseSequence", x, lengths, seq_dim=sequence_axis, batch_dim=batch_axis)
