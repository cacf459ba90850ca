"""Ops that make, move and reshape elements without computing on them.

Source: tensorflow/core/ops/array_ops.cc (shape functions), tensorflow/core/kernels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DTypeLike
from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, normalize_axis, same_shape, unary
from kerasfmt.graph.ops.shape_values import constant_value, partial_value
from kerasfmt.graph.ops.tensor_list import TensorList
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape, known_size, merge_dims, merge_shapes
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

ShapeOperand = Value | Sequence["int | Value | None"]
"""A shape: an integer vector, or its elements; at most one may be None, which the others determine."""

for _name in ("Identity", "StopGradient", "PreventGradient", "Snapshot"):
    declare(_name, same_shape, lambda attrs, x: [x])


def _zeros_like(attrs: Attrs, x: Any) -> list[Any]:
    return [x.zeros() if isinstance(x, TensorList) else np.zeros_like(x)]


declare("ZerosLike", same_shape, _zeros_like)
declare("OnesLike", same_shape, lambda attrs, x: [np.ones_like(x)])

identity = unary("Identity", "`x` itself")
stop_gradient = unary("StopGradient", "`x`, through which no gradient flows")
zeros_like = unary("ZerosLike", "Zeros")
ones_like = unary("OnesLike", "Ones")


@register("IdentityN")
class IdentityN(Op):
    """The same tensors."""

    @staticmethod
    @override
    def infer(attrs: Attrs, values: tuple[Value, ...]) -> list[Shape]:
        return [v.shape for v in values]

    @staticmethod
    @override
    def run(attrs: Attrs, values: tuple[Array, ...]) -> list[Array]:
        return list(values)


def identity_n(values: Sequence[Value]) -> tuple[Value, ...]:
    """The same tensors, as one node. Source: TensorFlow op IdentityN."""
    return emit("IdentityN", list(values))


@register("Const")
class Const(Op):
    """The tensor of the attribute `value`."""

    is_constant = True

    @staticmethod
    @override
    def infer(attrs: Attrs) -> list[Shape]:
        return [attrs["value"].shape]

    @staticmethod
    @override
    def run(attrs: Attrs) -> list[Array]:
        return [attrs["value"]]


@register("Placeholder")
class Placeholder(Op):
    """A tensor that the caller provides; it has no kernel."""

    @staticmethod
    @override
    def infer(attrs: Attrs) -> list[Shape]:
        return [attrs["shape"]]


@register("Cast")
class Cast(Op):
    """The tensor in another dtype; a float that becomes an integer is truncated."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        return [x.shape]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        source, target = attrs["SrcT"], attrs["DstT"]
        if source.is_complex and not target.is_complex:
            x = x.real
        if target is dtypes.bool_:
            return [x != 0]
        if attrs["Truncate"] and target is dtypes.bfloat16 and source is dtypes.float32:
            x = (x.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
        with np.errstate(all="ignore"):
            return [x.astype(target.numpy)]


def cast(x: Value, dtype: DTypeLike) -> Value:
    """`x` as `dtype`, in the same shape; `x` itself if it has that dtype. Source: tf.cast."""
    target = dtypes.of(dtype)
    return x if x.dtype is target else emit_one("Cast", x, DstT=target)


@register("Reshape")
class Reshape(Op):
    """The same elements in another shape; one dimension may be -1, which the others determine."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, shape: Value) -> list[Shape]:
        wanted = partial_value(shape)
        if wanted is None:
            return [None]
        const = shape.node.op == "Const" or constant_value(shape) is not None
        if sum(d == -1 for d in wanted) > 1:
            raise ValueError(f"shape {wanted} has more than one dimension of -1")
        open_dims = [i for i, d in enumerate(wanted) if d is None or d == -1]
        out = [None if i in open_dims else d for i, d in enumerate(wanted)]
        if x.shape is None:
            return [tuple(out)]
        have, known = known_size(x.shape), known_size(d for d in out if d is not None) or 0
        unknown_in = sum(d is None for d in x.shape)
        if have is not None and not open_dims and known_size(out) != have:
            raise ValueError(f"{have} elements do not fit into shape {wanted}")
        if len(open_dims) == 1 and known:
            if have is not None and have % known and const:
                raise ValueError(f"{have} elements do not fit into shape {wanted}")
            if have is not None and have % known == 0:
                out[open_dims[0]] = have // known
        elif not open_dims and unknown_in == 0 and have != known_size(out):
            raise ValueError(f"{have} elements do not fit into shape {wanted}")
        return [tuple(out)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, shape: Array) -> list[Array]:
        return [x.reshape(tuple(int(d) for d in shape))]


def shape_operand(shape: ShapeOperand) -> Operand:
    """The operand for a shape given by its elements: a constant if all are known, else a Pack."""
    if isinstance(shape, Value):
        return shape
    if any(isinstance(d, Value) for d in shape):
        return pack([-1 if d is None else d for d in shape])
    return int32([-1 if d is None else d for d in shape])


def reshape(x: Value, shape: ShapeOperand) -> Value:
    """`x` in another shape with as many elements.

    Args:
      x: any tensor.
      shape: an integer vector; or a sequence of int, int32 scalars and at most one None, which stands for the
        remaining size.

    Source: tf.reshape.
    """
    return emit_one("Reshape", x, shape_operand(shape))


@register("ExpandDims")
class ExpandDims(Op):
    """The tensor with a dimension of 1 inserted before `axis`."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, axis: Value) -> list[Shape]:
        at = constant_value(axis)
        if x.shape is None:
            return [None]
        if at is None:
            return [None]
        i = normalize_axis(int(at.item()), len(x.shape) + 1)
        return [(*x.shape[:i], 1, *x.shape[i:])]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, axis: Array) -> list[Array]:
        return [np.expand_dims(x, int(axis.item()))]


def expand_dims(x: Value, axis: int) -> Value:
    """`x` with a dimension of 1 inserted before `axis`. Source: tf.expand_dims."""
    return emit_one("ExpandDims", x, axis)


@register("Squeeze")
class Squeeze(Op):
    """The tensor without the dimensions of 1 that `squeeze_dims` names, or without any of 1."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        if x.shape is None:
            return [None]
        axes = {normalize_axis(a, len(x.shape)) for a in attrs["squeeze_dims"]}
        for i in axes:
            if x.shape[i] not in (1, None):
                raise ValueError(f"axis {i} of shape {x.shape} is not 1 and cannot be squeezed")
        if not axes and None in x.shape:
            return [None]
        return [tuple(d for i, d in enumerate(x.shape) if (i not in axes if axes else d != 1))]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return [np.squeeze(x, tuple(attrs["squeeze_dims"]) or None)]


def squeeze(x: Value, axis: int | Sequence[int] | None = None) -> Value:
    """`x` without its dimensions `axis`, each of size 1; without all of size 1 if None. Source: tf.squeeze."""
    axes = [] if axis is None else [axis] if isinstance(axis, int) else list(axis)
    return emit_one("Squeeze", x, squeeze_dims=axes)


@register("Pack")
class Pack(Op):
    """Tensors of one shape, stacked along a new axis."""

    @staticmethod
    @override
    def infer(attrs: Attrs, values: tuple[Value, ...]) -> list[Shape]:
        merged: Shape = None
        for value in values:
            merged = merge_shapes(merged, value.shape)
        if merged is None:
            return [None]
        i = normalize_axis(attrs["axis"], len(merged) + 1)
        return [(*merged[:i], len(values), *merged[i:])]

    @staticmethod
    @override
    def run(attrs: Attrs, values: tuple[Array, ...]) -> list[Array]:
        return [np.stack(values, attrs["axis"])]


def pack(values: Sequence[Operand], axis: int = 0) -> Value:
    """Tensors of one shape stacked along the new axis `axis`. Source: tf.stack."""
    return emit_one("Pack", list(values), axis=axis)


@register("Unpack")
class Unpack(Op):
    """The `num` slices of a tensor along an axis."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value) -> list[Shape]:
        if x.shape is None:
            return [None] * attrs["num"]
        i = normalize_axis(attrs["axis"], len(x.shape))
        merge_dims(x.shape[i], attrs["num"])
        return [(*x.shape[:i], *x.shape[i + 1 :])] * attrs["num"]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array) -> list[Array]:
        return [np.asarray(a) for a in np.moveaxis(x, attrs["axis"], 0)]


def unpack(x: Value, axis: int = 0) -> tuple[Value, ...]:
    """The slices of `x` along `axis`, whose length must be known. Source: tf.unstack."""
    num = x.dims[axis]
    if num is None:
        raise ValueError(f"axis {axis} of shape {x.shape} is not known and cannot be unpacked")
    return emit("Unpack", x, num=num, axis=axis)


@register("ConcatV2")
class ConcatV2(Op):
    """Tensors joined along an axis."""

    @staticmethod
    @override
    def infer(attrs: Attrs, values: tuple[Value, ...], axis: Value) -> list[Shape]:
        at = constant_value(axis)
        ranks = {len(v.shape) for v in values if v.shape is not None}
        if len(ranks) > 1:
            raise ValueError(f"the operands have different ranks: {sorted(ranks)}")
        if not ranks:
            return [None]
        (n,) = ranks
        if at is None:
            return [(None,) * n]
        i = normalize_axis(int(at.item()), n)
        out: list[int | None] = [None] * n
        total: int | None = 0
        for value in values:
            dims = (None,) * n if value.shape is None else value.shape
            out = [
                merge_dims(a, b) if j != i else None for j, (a, b) in enumerate(zip(out, dims, strict=True))
            ]
            total = None if total is None or dims[i] is None else total + (dims[i] or 0)
        out[i] = total
        return [tuple(out)]

    @staticmethod
    @override
    def run(attrs: Attrs, values: tuple[Array, ...], axis: Array) -> list[Array]:
        return [np.concatenate(values, int(axis.item()))]


def concat(values: Sequence[Operand], axis: int) -> Value:
    """Tensors of one rank and dtype joined along `axis`; the other dimensions agree. Source: tf.concat."""
    if len(values) == 1:
        return emit_one("Identity", *values, name="concat")
    return emit_one("ConcatV2", list(values), axis)


@register("Transpose")
class Transpose(Op):
    """The tensor with its axes in another order."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, perm: Value) -> list[Shape]:
        order = constant_value(perm)
        if x.shape is None:
            return [None if order is None else (None,) * order.size]
        if order is None:
            return [(None,) * len(x.shape)]
        if sorted(order.tolist()) != list(range(len(x.shape))):
            raise ValueError(f"{order.tolist()} is not an order of the axes of shape {x.shape}")
        return [tuple(x.shape[i] for i in order)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, perm: Array) -> list[Array]:
        return [np.transpose(x, perm.tolist())]


def transpose(x: Value, perm: Sequence[int] | Value) -> Value:
    """`x` with its axes in the order `perm`. Source: tf.transpose."""
    return emit_one("Transpose", x, perm if isinstance(perm, Value) else int32(perm))


@register("Tile")
class Tile(Op):
    """The whole tensor repeated, `multiples` times along each axis."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, multiples: Value) -> list[Shape]:
        times = partial_value(multiples)
        if times is None or x.shape is None:
            known = x.shape if times is None else times
            return [None if known is None else (None,) * len(known)]
        if len(times) != len(x.shape):
            raise ValueError(f"{len(times)} multiples for shape {x.shape}")
        return [tuple(known_size(pair) for pair in zip(x.shape, times, strict=True))]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, multiples: Array) -> list[Array]:
        return [np.tile(x, tuple(multiples.tolist()))]


def tile(x: Value, multiples: ShapeOperand) -> Value:
    """`x` repeated `multiples[i]` times along axis i. Source: tf.tile."""
    return emit_one("Tile", x, shape_operand(multiples))
