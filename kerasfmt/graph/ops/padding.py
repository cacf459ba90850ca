"""Ops that pad a tensor, or move its elements between axes and the batch.

Source: tensorflow/core/ops/array_ops.cc, tensorflow/core/kernels/pad_op.cc, spacetobatch_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, with_rank
from kerasfmt.graph.ops.shape_values import partial_array
from kerasfmt.graph.ops.window import assemble
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.spec import Shape, known_size
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def _infer_pad(attrs: Attrs, x: Value, paddings: Value, *_: Value) -> list[Shape]:
    pairs = partial_array(paddings)
    if pairs is None or x.shape is None:
        rank = paddings.shape[0] if paddings.shape else None
        return [None if rank is None else (None,) * rank] if x.shape is None else [(None,) * len(x.shape)]
    if pairs.shape != (len(x.shape), 2):
        raise ValueError(f"paddings of shape {pairs.shape} for shape {x.shape}")
    out: list[int | None] = []
    for dim, (before, after) in zip(x.shape, pairs.tolist(), strict=True):
        if any(p is not None and p < 0 for p in (before, after)):
            raise ValueError(f"a padding is negative: {before}, {after}")
        out.append(None if dim is None or before is None or after is None else dim + before + after)
    return [tuple(out)]


def _pad(x: Array, paddings: Array, value: Any) -> Array:
    return np.pad(x, [(int(b), int(a)) for b, a in paddings], constant_values=value)


def _mirror(attrs: Attrs, x: Array, paddings: Array) -> list[Array]:
    mode: Any = "reflect" if attrs["mode"] == "REFLECT" else "symmetric"
    for dim, pair in zip(x.shape, paddings, strict=True):
        if max(pair) > dim - (mode == "reflect"):
            raise ValueError(f"a mirrored padding of {pair.tolist()} is larger than an axis of {dim}")
    return [np.pad(x, [(int(b), int(a)) for b, a in paddings], mode=mode)]


declare("Pad", _infer_pad, lambda attrs, x, paddings: [_pad(x, paddings, 0)])
declare("PadV2", _infer_pad, lambda attrs, x, paddings, value: [_pad(x, paddings, value)])
declare("MirrorPad", _infer_pad, _mirror)


def pad(x: Value, paddings: Operand, mode: str = "CONSTANT", value: float = 0) -> Value:
    """`x` with elements added around it.

    Args:
      x: any tensor.
      paddings: integers (rank, 2): the number of elements before and after along each axis.
      mode: "CONSTANT", "REFLECT" or "SYMMETRIC".
      value: the constant.

    Source: tf.pad.
    """
    counts = int32(paddings) if isinstance(paddings, list | tuple) else paddings
    if mode != "CONSTANT":
        return emit_one("MirrorPad", x, counts, mode=mode)
    if value:
        return emit_one("PadV2", x, counts, value)
    return emit_one("Pad", x, counts)


@register("SpaceToBatchND")
class SpaceToBatchND(Op):
    """Blocks of the spatial axes moved into the batch, after zero padding."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, block: Value, paddings: Value) -> list[Shape]:
        sizes, pairs = partial_array(block), partial_array(paddings)
        if x.shape is None or sizes is None or pairs is None:
            return [None if x.shape is None else (None,) * len(x.shape)]
        dims = list(x.shape)
        dims[0] = known_size([dims[0], *sizes])
        for i, (size, (before, after)) in enumerate(zip(sizes, pairs.tolist(), strict=True), 1):
            dim = dims[i]
            if None in (dim, size, before, after):
                dims[i] = None
                continue
            padded = (dim or 0) + before + after
            if padded % size:
                raise ValueError(f"blocks of {size} do not divide a padded axis of {padded}")
            dims[i] = padded // size
        return [tuple(dims)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, block: Array, paddings: Array) -> list[Array]:
        sizes = [int(s) for s in block]
        m = len(sizes)
        rest = x.ndim - 1 - m
        x = np.pad(x, [(0, 0), *((int(b), int(a)) for b, a in paddings), *[(0, 0)] * rest])
        split = [n for dim, s in zip(x.shape[1:], sizes, strict=False) for n in (dim // s, s)]
        x = x.reshape(x.shape[0], *split, *x.shape[1 + m :])
        inner, outer = [2 * i + 2 for i in range(m)], [2 * i + 1 for i in range(m)]
        x = x.transpose(*inner, 0, *outer, *range(2 * m + 1, x.ndim))
        return [x.reshape(-1, *x.shape[m + 1 :])]


@register("BatchToSpaceND")
class BatchToSpaceND(Op):
    """The inverse of SpaceToBatchND, with `crops` in place of the paddings."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, block: Value, crops: Value) -> list[Shape]:
        sizes, pairs = partial_array(block), partial_array(crops)
        if x.shape is None or sizes is None or pairs is None:
            return [None if x.shape is None else (None,) * len(x.shape)]
        dims = list(x.shape)
        blocks = known_size(sizes)
        if dims[0] is not None and blocks and dims[0] % blocks:
            raise ValueError(f"{blocks} blocks do not divide a batch of {dims[0]}")
        dims[0] = None if dims[0] is None or blocks is None else dims[0] // blocks
        for i, (size, (before, after)) in enumerate(zip(sizes, pairs.tolist(), strict=True), 1):
            dim = dims[i]
            dims[i] = None if None in (dim, size, before, after) else (dim or 0) * size - before - after
        return [tuple(dims)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, block: Array, crops: Array) -> list[Array]:
        sizes = [int(s) for s in block]
        m = len(sizes)
        batch = x.shape[0] // int(np.prod(sizes))
        x = x.reshape(*sizes, batch, *x.shape[1:])
        pairs = [axis for i in range(m) for axis in (m + 1 + i, i)]
        x = x.transpose(m, *pairs, *range(2 * m + 1, x.ndim))
        joined = [x.shape[1 + 2 * i] * x.shape[2 + 2 * i] for i in range(m)]
        x = x.reshape(batch, *joined, *x.shape[2 * m + 1 :])
        index = (slice(None), *(slice(int(b), x.shape[i + 1] - int(a)) for i, (b, a) in enumerate(crops)))
        return [x[index]]


def space_to_batch(x: Value, block: Sequence[int], paddings: Sequence[Sequence[int]]) -> Value:
    """Blocks of the spatial axes moved into the batch, after zero padding. Source: tf.space_to_batch."""
    return emit_one("SpaceToBatchND", x, int32(block), int32(paddings))


def batch_to_space(x: Value, block: Sequence[int], crops: Sequence[Sequence[int]]) -> Value:
    """The inverse of `space_to_batch`, with `crops` in place of the paddings. Source: tf.batch_to_space."""
    return emit_one("BatchToSpaceND", x, int32(block), int32(crops))


def _infer_depth(attrs: Attrs, x: Value, to_depth: bool) -> list[Shape]:
    layout, block = attrs["data_format"], attrs["block_size"]
    if layout == "NCHW_VECT_C":
        raise ValueError("data_format NCHW_VECT_C is not supported")
    n, *dims = with_rank(x, 4)
    c, h, w = (dims[0], dims[1], dims[2]) if layout == "NCHW" else (dims[2], dims[0], dims[1])
    if to_depth:
        if any(d is not None and d % block for d in (h, w)):
            raise ValueError(f"blocks of {block} do not divide shape {x.shape}")
        h, w = (None if d is None else d // block for d in (h, w))
        c = None if c is None else c * block * block
    else:
        if c is not None and c % (block * block):
            raise ValueError(f"blocks of {block} do not divide the channels of shape {x.shape}")
        h, w = (None if d is None else d * block for d in (h, w))
        c = None if c is None else c // (block * block)
    return [assemble(n, (h, w), c, layout)]


def _space_to_depth(attrs: Attrs, x: Array) -> list[Array]:
    s, first = attrs["block_size"], attrs["data_format"] == "NCHW"
    x = np.moveaxis(x, 1, -1) if first else x
    n, h, w, c = x.shape
    x = (
        x.reshape(n, h // s, s, w // s, s, c)
        .transpose(0, 1, 3, 2, 4, 5)
        .reshape(n, h // s, w // s, s * s * c)
    )
    return [np.ascontiguousarray(np.moveaxis(x, -1, 1) if first else x)]


def _depth_to_space(attrs: Attrs, x: Array) -> list[Array]:
    s, first = attrs["block_size"], attrs["data_format"] == "NCHW"
    x = np.moveaxis(x, 1, -1) if first else x
    n, h, w, c = x.shape
    x = (
        x.reshape(n, h, w, s, s, c // (s * s))
        .transpose(0, 1, 3, 2, 4, 5)
        .reshape(n, h * s, w * s, c // (s * s))
    )
    return [np.ascontiguousarray(np.moveaxis(x, -1, 1) if first else x)]


declare("SpaceToDepth", lambda attrs, x: _infer_depth(attrs, x, True), _space_to_depth)
declare("DepthToSpace", lambda attrs, x: _infer_depth(attrs, x, False), _depth_to_space)


def space_to_depth(x: Value, block_size: int, data_format: str = "NHWC") -> Value:
    """Blocks of height and width moved into the channels. Source: tf.nn.space_to_depth."""
    return emit_one("SpaceToDepth", x, block_size=block_size, data_format=data_format)


def depth_to_space(x: Value, block_size: int, data_format: str = "NHWC") -> Value:
    """Channels moved into blocks of height and width. Source: tf.nn.depth_to_space."""
    return emit_one("DepthToSpace", x, block_size=block_size, data_format=data_format)
