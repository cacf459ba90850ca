"""Reshapes, broadcasts, transposes, slices with constant bounds, padding, joining.

Source: jax/_src/lax/lax.py, jax/_src/lax/slicing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.sources.jax.dimensions import minus, times
from kerasfmt.sources.jax.rule import Equation, Size, mirrored, pack_sizes, rule


@rule("reshape")
def _reshape(equation: Equation, x: Value, *dynamic: Value) -> Value:
    compact = equation.lowers.compact.get(x)
    if compact is not None and compact.shape == ():
        return equation.broadcast(compact, equation.result.shape)
    order = equation.params.get("dimensions")
    if order is not None and list(order) != sorted(order):
        x = ops.transpose(x, [int(axis) for axis in order])
    return equation.reshape(x, equation.result.shape)


@rule("squeeze", "expand_dims")
def _squeeze(equation: Equation, x: Value) -> Value:
    compact = equation.lowers.compact.get(x)
    if compact is not None and compact.shape == ():
        return equation.broadcast(compact, equation.result.shape)
    return equation.reshape(x, equation.result.shape)


@rule("broadcast_in_dim")
def _broadcast_in_dim(equation: Equation, x: Value, *dynamic: Value) -> Value:
    shape = equation.result.shape
    axes = [int(axis) for axis in equation.params["broadcast_dimensions"]]
    compact = equation.lowers.compact.get(x)
    if compact is not None and compact.shape == ():
        return equation.broadcast(compact, shape)
    own = equation.operands[0].shape
    if not axes:
        return equation.broadcast(x, shape)
    first = axes[0]
    spread: list[Any] = [1] * (len(shape) - first)
    for axis, dim in zip(axes, own, strict=True):
        spread[axis - first] = dim
    small = x if len(spread) == len(own) else equation.reshape(x, spread)
    if first == 0 and all(str(a) == str(b) for a, b in zip(spread, shape, strict=True)):
        return small
    return equation.broadcast(small, shape)


@rule("broadcast_to")
def _broadcast_to(equation: Equation, x: Value) -> Value:
    return equation.broadcast(x, equation.result.shape)


@rule("transpose")
def _transpose(equation: Equation, x: Value) -> Value:
    order = [int(axis) for axis in equation.params["permutation"]]
    if order == sorted(order):
        return x
    compact = equation.lowers.compact.get(x)
    if compact is not None and compact.shape == ():
        return equation.broadcast(compact, equation.result.shape)
    return ops.transpose(x, order)


@rule("rev")
def _rev(equation: Equation, x: Value) -> Value:
    axes = [int(axis) for axis in equation.params["dimensions"]]
    return mirrored(x, axes)


def sliced(x: Value, begin: Sequence[Size], end: Sequence[Size], strides: Sequence[int]) -> Value:
    """A slice with constant steps."""
    graph = x.graph
    if not begin:
        return x
    if all(step == 1 for step in strides):
        sizes = [minus(b, a) for a, b in zip(begin, end, strict=True)]
        return emit_one("Slice", x, pack_sizes(graph, begin), pack_sizes(graph, sizes))
    return emit_one(
        "StridedSlice", x, pack_sizes(graph, begin), pack_sizes(graph, end), graph.constant(int32(strides))
    )


@rule("slice")
def _slice(equation: Equation, x: Value) -> Value:
    params = equation.params
    begin, end = equation.sizes(params["start_indices"]), equation.sizes(params["limit_indices"])
    strides = [int(step) for step in params["strides"] or [1] * len(begin)]
    compact = equation.lowers.compact.get(x)
    if compact is not None and compact.shape == ():
        return equation.broadcast(compact, equation.result.shape)
    return sliced(x, begin, end, strides)


def padded(equation: Equation, x: Value, value: Value, config: Sequence[tuple[Size, Size, int]]) -> Value:
    """Padding at both ends of each axis, which may be negative, and between elements.

    Args:
      equation: the equation that pads.
      x: the operand.
      value: the scalar that is added.
      config: what is added before, after and between the elements of each axis.
    """
    if any(between for *_, between in config):
        x = _spread(equation, x, value, [between for *_, between in config])
    graph = x.graph
    grow: list[tuple[Size, Size]] = []
    cut = False
    for before, after, _ in config:
        grow.append((_grown(before), _grown(after)))
        cut = cut or any(not isinstance(v, int) or v < 0 for v in (before, after))
    if any(not isinstance(v, int) or v for pair in grow for v in pair):
        rows = [pack_sizes(graph, pair) for pair in grow]
        known = all(isinstance(v, int) for pair in grow for v in pair)
        amounts = graph.constant(int32([list(pair) for pair in grow])) if known else ops.pack(rows)
        x = emit_one("PadV2", x, amounts, value)
    if not cut:
        return x
    shape = ops.shape(x)
    begin: list[Size] = [_cut(before) for before, *_ in config]
    end: list[Size] = []
    for axis, (_, after, _) in enumerate(config):
        dim = x.dims[axis]
        end.append(minus(ops.getitem(shape, axis) if dim is None else dim, _cut(after)))
    return sliced(x, begin, end, [1] * len(begin))


def _grown(amount: Size) -> Size:
    return max(amount, 0) if isinstance(amount, int) else ops.maximum(amount, int32(0))


def _cut(amount: Size) -> Size:
    return max(-amount, 0) if isinstance(amount, int) else ops.maximum(ops.negative(amount), int32(0))


def _spread(equation: Equation, x: Value, value: Value, between: Sequence[int]) -> Value:
    """Elements with others between them: each axis is padded as a pair of axes, then cut."""
    for axis, count in enumerate(between):
        if not count:
            continue
        dims: list[Size] = [
            ops.getitem(ops.shape(x), place) if dim is None else dim for place, dim in enumerate(x.dims)
        ]
        length = dims[axis]
        paired = ops.expand_dims(x, axis + 1)
        amounts = [[0, 0] for _ in range(len(dims) + 1)]
        amounts[axis + 1][1] = count
        wide = emit_one("PadV2", paired, x.graph.constant(int32(amounts)), value)
        whole = times(length, count + 1)
        flat = ops.reshape(wide, pack_sizes(x.graph, [*dims[:axis], whole, *dims[axis + 1 :]]))
        if isinstance(length, int):
            left: Size = max(whole - count, 0) if isinstance(whole, int) else 0
        else:
            left = ops.maximum(minus(whole, count), int32(0))
        x = sliced(flat, [0] * len(dims), [*dims[:axis], left, *dims[axis + 1 :]], [1] * len(dims))
    return x


@rule("pad")
def _pad(equation: Equation, x: Value, value: Value) -> Value:
    config = [
        (equation.lowers.size(low), equation.lowers.size(high), int(between))
        for low, high, between in equation.params["padding_config"]
    ]
    return padded(equation, x, value, config)


@rule("concatenate")
def _concatenate(equation: Equation, *operands: Value) -> Value:
    return operands[0] if len(operands) == 1 else ops.concat(operands, int(equation.params["dimension"]))


@rule("split")
def _split(equation: Equation, x: Value) -> Sequence[Value]:
    axis = int(equation.params["axis"])
    sizes = pack_sizes(equation.graph, equation.sizes(equation.params["sizes"]))
    count = len(equation.params["sizes"])
    return x.graph.emit("SplitV", x, sizes, equation.constant(int32(axis)), num_split=count)


@rule("stack")
def _stack(equation: Equation, *operands: Value) -> Value:
    return ops.pack(operands, int(equation.params.get("axis", equation.params.get("dimension", 0))))


@rule("unstack")
def _unstack(equation: Equation, x: Value) -> Sequence[Value]:
    return ops.unpack(x, int(equation.params.get("axis", equation.params.get("dimension", 0))))


@rule("tile")
def _tile(equation: Equation, x: Value) -> Value:
    return emit_one("Tile", x, equation.vector(equation.params["reps"]))
