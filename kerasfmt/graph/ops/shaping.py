"""Ops about shapes: the shape of a tensor, and tensors of a given shape.

Source: tensorflow/core/ops/array_ops.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.array import ShapeOperand, shape_operand
from kerasfmt.graph.ops.declare import Array, Attrs, declare
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape, broadcast_shapes, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


@register("Shape")
class ShapeOf(Op):
    """The shape of a tensor, as a vector."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return [(None if x.shape is None else len(x.shape),)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return [np.array(x.shape, attrs["out_type"].numpy)]


@register("Rank")
class Rank(Op):
    """The number of dimensions of a tensor, int32."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return [()]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return [np.array(x.ndim, np.int32)]


@register("Size")
class Size(Op):
    """The number of elements of a tensor."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return [()]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return [np.array(x.size, attrs["out_type"].numpy)]


def shape(x: Value, out_type: DType = dtypes.int32) -> Value:
    """The shape of `x`: out_type (rank,). Source: tf.shape."""
    return emit_one("Shape", x, out_type=out_type)


def rank(x: Value) -> Value:
    """The number of dimensions of `x`: int32 (). Source: tf.rank."""
    return emit_one("Rank", x)


def size(x: Value, out_type: DType = dtypes.int32) -> Value:
    """The number of elements of `x`: out_type (). Source: tf.size."""
    return emit_one("Size", x, out_type=out_type)


@register("Fill")
class Fill(Op):
    """A tensor with one value everywhere."""

    @staticmethod
    @override
    def infer(attrs: Attrs, dims: Value, value: Value) -> list[Shape]:
        found = partial_value(dims)
        return [None if found is None else tuple(found)]

    @staticmethod
    @override
    def run(attrs: Attrs, dims: Array, value: Array) -> list[Array]:
        return [np.full(tuple(dims.tolist()), value)]


def fill(dims: Value, value: Operand) -> Value:
    """A tensor of shape `dims` (an integer vector) full of the scalar `value`. Source: tf.fill."""
    return emit_one("Fill", dims, value)


@register("BroadcastTo")
class BroadcastTo(Op):
    """The tensor repeated along its dimensions of 1."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, dims: Value) -> list[Shape]:
        found = partial_value(dims)
        if found is None:
            return [None]
        if None not in found:
            merge_shapes(broadcast_shapes(x.shape, tuple(found)), tuple(found))
        return [tuple(found)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, dims: Array) -> list[Array]:
        return [np.broadcast_to(x, tuple(dims.tolist()))]


def broadcast_to(x: Value, dims: ShapeOperand) -> Value:
    """`x` broadcast to the shape `dims`. Source: tf.broadcast_to."""
    return emit_one("BroadcastTo", x, shape_operand(dims))


def _infer_shape_n(attrs: Attrs, values: tuple[Value, ...]) -> list[Shape]:
    return [(None if v.shape is None else len(v.shape),) for v in values]


def _shape_n(attrs: Attrs, values: tuple[Array, ...]) -> list[Array]:
    return [np.array(v.shape, attrs["out_type"].numpy) for v in values]


declare("ShapeN", _infer_shape_n, _shape_n)
declare("EnsureShape", lambda attrs, x: [merge_shapes(x.shape, attrs["shape"])], lambda attrs, x: [x])


def _infer_offsets(attrs: Attrs, axis: Value, shapes: tuple[Value, ...]) -> list[Shape]:
    return [v.shape for v in shapes]


def _offsets(attrs: Attrs, axis: Array, shapes: tuple[Array, ...]) -> list[Array]:
    starts = np.cumsum([0, *(s[int(axis.item())] for s in shapes)])
    out = np.zeros((len(shapes), shapes[0].size), shapes[0].dtype)
    out[:, int(axis.item())] = starts[:-1]
    return list(out)


declare("ConcatOffset", _infer_offsets, _offsets)


def _infer_broadcast_args(attrs: Attrs, a: Value, b: Value) -> list[Shape]:
    lengths = [None if v.shape is None else v.shape[0] for v in (a, b)]
    return [(None if None in lengths else max(n for n in lengths if n is not None),)]


def _broadcast_args(attrs: Attrs, a: Array, b: Array) -> list[Array]:
    return [np.array(np.broadcast_shapes(tuple(a.tolist()), tuple(b.tolist())), a.dtype)]


declare("BroadcastArgs", _infer_broadcast_args, _broadcast_args)
