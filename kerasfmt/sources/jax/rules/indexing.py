"""Gather and scatter in full generality: one GatherNd or one TensorScatter op on the indexed axes.

The operand is transposed so that its indexed axes come first. An index of each of them is computed for every element
of the windows along these axes; the other axes are whole.

Source: XLA's operation semantics, Gather and Scatter; jax/_src/lax/slicing.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.sources.jax.dimensions import minus, product
from kerasfmt.sources.jax.rule import Equation, Size, UnsupportedPrimitiveError, pack_sizes, reshape, rule
from kerasfmt.sources.jax.rules.slicing import as_int32

_CLIP: Final = ("CLIP", "PROMISE_IN_BOUNDS")


@dataclass(frozen=True)
class Indexing:
    """How indices point into an operand.

    Attributes:
      operand: the sizes of the operand.
      batch: the sizes of the indices without their last axis.
      window: the size of the window along each axis of the operand.
      mapped: the axis of the operand that each part of an index is of.
      operand_batch: the axes of the operand that go along with axes of the indices.
      indices_batch: these axes of the indices.
      indexed: the axes of the operand that are indexed, or are not taken whole.
      whole: the others.
    """

    operand: Sequence[Size]
    batch: Sequence[Size]
    window: Sequence[Size]
    mapped: Sequence[int]
    operand_batch: Sequence[int]
    indices_batch: Sequence[int]
    indexed: Sequence[int]
    whole: Sequence[int]


def _indexing(
    equation: Equation, window: Sequence[Any], mapped: Any, operand_batch: Any, indices_batch: Any
) -> Indexing:
    shape, indices = equation.operands[0].shape, equation.operands[1].shape
    taken = set(map(int, (*mapped, *operand_batch)))
    indexed = [
        axis
        for axis, (dim, size) in enumerate(zip(shape, window, strict=True))
        if axis in taken or str(dim) != str(size)
    ]
    sizes = equation.sizes
    return Indexing(
        sizes(shape),
        sizes(indices[:-1]),
        sizes(window),
        [int(axis) for axis in mapped],
        [int(axis) for axis in operand_batch],
        [int(axis) for axis in indices_batch],
        indexed,
        [axis for axis in range(len(shape)) if axis not in indexed],
    )


def _along(count: Value | int, rank: int, axis: int, like: Value) -> Value:
    """0, 1, 2, ... along one of `rank` axes."""
    numbers = ops.range_(
        like.graph.constant(np.int32(0)),
        count if isinstance(count, Value) else like.graph.constant(np.int32(count)),
        like.graph.constant(np.int32(1)),
    )
    return reshape(numbers, [1] * axis + [count] + [1] * (rank - axis - 1))


def _points(equation: Equation, at: Indexing, indices: Value, *, clip: bool) -> tuple[Value, Value | None]:
    """The indices of every element, (*batch, *windows of the indexed axes, indexed axes), and whether they are inside.

    Whether a window is inside is bool (*batch, 1, ...); None where all are clamped.
    """
    lowers = equation.lowers
    batch, windows = len(at.batch), len(at.indexed)
    rank = batch + windows
    parts: list[Value] = []
    inside: Value | None = None
    for place, axis in enumerate(at.indexed):
        size, width = at.operand[axis], at.window[axis]
        found: Value | None = None
        if axis in at.mapped:
            begin = as_int32(ops.getitem(indices, (Ellipsis, at.mapped.index(axis))))
            begin = reshape(begin, [*at.batch, *[1] * windows])
            most = minus(size, width)
            last = most if isinstance(most, Value) else np.int32(most)
            if clip:
                found = lowers.folded(ops.maximum(ops.minimum(begin, last), np.int32(0)))
            else:
                fits = ops.logical_and(ops.greater_equal(begin, np.int32(0)), ops.less_equal(begin, last))
                fits = lowers.folded(fits)
                if not _is_true(fits):
                    inside = fits if inside is None else ops.logical_and(inside, fits)
                    begin = ops.maximum(ops.minimum(begin, last), np.int32(0))
                found = begin
        elif axis in at.operand_batch:
            along = at.indices_batch[at.operand_batch.index(axis)]
            found = _along(at.batch[along], rank, along, indices)
        if not (isinstance(width, int) and width == 1):
            offset = _along(width, rank, batch + place, indices)
            found = offset if found is None else ops.add(found, offset)
        parts.append(indices.graph.constant(np.zeros((1,) * rank, np.int32)) if found is None else found)
    shape = pack_sizes(indices.graph, [*at.batch, *(at.window[axis] for axis in at.indexed)])
    spread = [lowers.folded(emit_one("BroadcastTo", part, shape)) for part in parts]
    return lowers.folded(ops.pack(spread, rank)), inside


def _is_true(value: Value) -> bool:
    """Whether it is a constant that is true everywhere."""
    found: Any = value.node.attrs["value"] if value.node.op == "Const" else False
    return bool(np.all(found))


def _mode(equation: Equation) -> str:
    mode = equation.params.get("mode")
    name = getattr(mode, "name", str(mode)).upper()
    return "FILL_OR_DROP" if name in ("NONE", "FILL", "DROP", "FILL_OR_DROP") else name


@rule("gather")
def _gather(equation: Equation, x: Value, indices: Value) -> Value:
    numbers = equation.params["dimension_numbers"]
    batching = [int(a) for a in getattr(numbers, "operand_batching_dims", ())]
    collapsed = [int(a) for a in numbers.collapsed_slice_dims]
    mode = _mode(equation)
    at = _indexing(
        equation,
        equation.params["slice_sizes"],
        numbers.start_index_map,
        batching,
        getattr(numbers, "start_indices_batching_dims", ()),
    )
    clip = mode in _CLIP
    offsets = [int(a) for a in numbers.offset_dims]
    if not at.mapped:
        raise UnsupportedPrimitiveError("no axis that is indexed")
    simple = _taken(equation, x, indices, at, collapsed, offsets, clip=clip)
    if simple is not None:
        return simple
    points, inside = _points(equation, at, indices, clip=clip)
    order = [*at.indexed, *at.whole]
    found = ops.gather_nd(x if order == sorted(order) else ops.transpose(x, order), points)
    kept = [axis for axis in range(len(at.operand)) if axis not in (*collapsed, *batching)]
    batch = len(at.batch)
    places = {axis: batch + place for place, axis in enumerate(order)}
    return _arranged(equation, found, inside, [places[axis] for axis in kept], offsets, at)


def _arranged(
    equation: Equation, found: Value, inside: Value | None, kept: list[int], offsets: list[int], at: Indexing
) -> Value:
    """Puts the axes of the windows where the result has them, and fills what lies outside."""
    shape = equation.result.shape
    batch = iter(range(len(at.batch)))
    windows = dict(zip(offsets, kept, strict=True))
    order = [windows[axis] if axis in windows else next(batch) for axis in range(len(shape))]
    dropped = [axis for axis in range(found.rank) if axis not in order]
    moved = [*order, *dropped]
    if moved != sorted(moved):
        found = ops.transpose(found, moved)
    found = equation.reshape(found, shape)
    if inside is None:
        return found
    of_batch = [d if axis not in windows else 1 for axis, d in enumerate(shape)]
    return ops.where(equation.reshape(inside, of_batch), found, _fill(equation))


def _fill(equation: Equation) -> Value:
    """What is taken from outside: NaN, or the extreme of an integer dtype."""
    dtype = equation.result.dtype
    given = equation.params.get("fill_value")
    if given is None:
        if dtype.is_floating or dtype.is_complex:
            given = np.nan
        elif dtype.is_integer:
            info = np.iinfo(dtype.numpy)
            given = info.max if dtype.kind == "unsigned" else info.min
        else:
            given = True
    return equation.constant(np.asarray(given).astype(dtype.numpy), dtype)


def _taken(
    equation: Equation,
    x: Value,
    indices: Value,
    at: Indexing,
    collapsed: list[int],
    offsets: list[int],
    *,
    clip: bool,
) -> Value | None:
    """A GatherV2 along one axis, where the indices choose whole slices along it; else None."""
    if (
        len(at.indexed) != 1
        or at.operand_batch
        or at.window[at.indexed[0]] != 1
        or collapsed != list(at.indexed)
    ):
        return None
    (axis,) = at.indexed
    shape = equation.result.shape
    batch = len(at.batch)
    if offsets != [*range(axis), *range(axis + batch, len(shape))]:
        return None
    index = as_int32(reshape(indices, at.batch))
    most = minus(at.operand[axis], 1)
    last = most if isinstance(most, Value) else np.int32(most)
    lowers = equation.lowers
    if clip:
        held = lowers.folded(ops.maximum(ops.minimum(index, last), np.int32(0)))
        return ops.gather(x, held, axis)
    fits = ops.logical_and(ops.greater_equal(index, np.int32(0)), ops.less_equal(index, last))
    fits = lowers.folded(fits)
    if _is_true(fits):
        return ops.gather(x, index, axis)
    held = ops.maximum(ops.minimum(index, last), np.int32(0))
    found = ops.gather(x, held, axis)
    spread: list[Size] = [1] * axis + list(at.batch) + [1] * (len(shape) - axis - batch)
    return ops.where(reshape(fits, spread), found, _fill(equation))


_SCATTERS: Final = {
    "scatter": "TensorScatterUpdate",
    "scatter-add": "TensorScatterAdd",
    "scatter-sub": "TensorScatterSub",
    "scatter-min": "TensorScatterMin",
    "scatter-max": "TensorScatterMax",
    "scatter-mul": "",
    "scatter_add": "TensorScatterAdd",
    "scatter_sub": "TensorScatterSub",
    "scatter_min": "TensorScatterMin",
    "scatter_max": "TensorScatterMax",
    "scatter_mul": "",
}


@rule(*_SCATTERS, close=True)
def _scatter(equation: Equation, x: Value, indices: Value, updates: Value) -> Value:
    """Updates of what lies outside go to a row behind the operand, which is dropped."""
    numbers = equation.params["dimension_numbers"]
    batching = [int(a) for a in getattr(numbers, "operand_batching_dims", ())]
    inserted = [int(a) for a in numbers.inserted_window_dims]
    own = [int(a) for a in numbers.update_window_dims]
    rank = len(equation.operands[0].shape)
    windows = iter(own)
    shape = equation.operands[2].shape
    width = [1 if a in (*inserted, *batching) else shape[next(windows)] for a in range(rank)]
    at = _indexing(
        equation,
        width,
        numbers.scatter_dims_to_operand_dims,
        batching,
        getattr(numbers, "scatter_indices_batching_dims", ()),
    )
    if not at.indexed:
        combined = {"TensorScatterAdd": ops.add, "TensorScatterSub": ops.subtract, "": ops.multiply,
                    "TensorScatterMin": ops.minimum, "TensorScatterMax": ops.maximum}  # fmt: skip
        op = _SCATTERS[equation.primitive]
        held = equation.reshape(updates, equation.result.shape)
        return held if op == "TensorScatterUpdate" else combined[op](x, held)
    points, inside = _points(equation, at, indices, clip=_mode(equation) in _CLIP)
    return _put(equation, x, points, inside, _rows(equation, updates, at, own), at)


def _rows(equation: Equation, updates: Value, at: Indexing, own: list[int]) -> Value:
    """The updates as (points, *whole axes)."""
    batch = [axis for axis in range(len(equation.operands[2].shape)) if axis not in own]
    kept = [a for a in range(len(at.operand)) if a not in at.operand_batch]
    kept = [a for a in kept if a not in equation.params["dimension_numbers"].inserted_window_dims]
    of_axis = dict(zip(kept, own, strict=True))
    order = [*batch, *(of_axis[a] for a in at.indexed if a in of_axis), *(of_axis[a] for a in at.whole)]
    if order != sorted(order):
        updates = ops.transpose(updates, order)
    count = product([*at.batch, *(at.window[a] for a in at.indexed)])
    return reshape(updates, [count, *(at.operand[a] for a in at.whole)])


def _put(
    equation: Equation, x: Value, points: Value, inside: Value | None, rows: Value, at: Indexing
) -> Value:
    order = [*at.indexed, *at.whole]
    moved = x if order == sorted(order) else ops.transpose(x, order)
    depth = len(at.indexed)
    sizes = [at.operand[a] for a in at.indexed]
    count = product(sizes)
    rest = [at.operand[a] for a in at.whole]
    flat = reshape(moved, [count, *rest])
    total = product([*at.batch, *(at.window[a] for a in at.indexed)])
    points = reshape(points, [total, depth])
    place = _linear(points, sizes)
    if inside is not None:
        held = pack_sizes(x.graph, [*at.batch, *(at.window[a] for a in at.indexed)])
        spread = ops.reshape(emit_one("BroadcastTo", inside, held), [None])
        behind = count if isinstance(count, Value) else np.int32(count)
        place = ops.where(spread, place, behind)
        zeros = emit_one("Fill", pack_sizes(x.graph, [1, *rest]), equation.like(x, 0))
        flat = ops.concat([flat, zeros], 0)
    found = _scattered(equation, flat, place, rows)
    if inside is not None:
        found = emit_one(
            "Slice", found, pack_sizes(x.graph, [0] * (1 + len(rest))), pack_sizes(x.graph, [count, *rest])
        )
    found = reshape(found, [at.operand[a] for a in order])
    if order == sorted(order):
        return found
    return ops.transpose(found, [order.index(a) for a in range(len(order))])


def _linear(points: Value, sizes: Sequence[Size]) -> Value:
    """Indices of several axes as indices of their product."""
    place: Value | None = None
    for axis, size in enumerate(sizes):
        part = ops.getitem(points, (slice(None), axis))
        if place is None:
            place = part
        else:
            place = ops.add(ops.multiply(place, size if isinstance(size, Value) else np.int32(size)), part)
    assert place is not None
    return place


def _scattered(equation: Equation, flat: Value, place: Value, rows: Value) -> Value:
    op = _SCATTERS[equation.primitive]
    dtype = flat.dtype
    if op == "":
        count = ops.getitem(ops.shape(flat), 0)
        return ops.multiply(flat, emit_one("UnsortedSegmentProd", rows, place, count))
    index = ops.expand_dims(place, 1)
    if dtype is dtypes.bool_ and op != "TensorScatterUpdate":
        op = {"TensorScatterAdd": "TensorScatterMax"}.get(op, op)
        found = emit_one(op, ops.cast(flat, dtypes.int32), index, ops.cast(rows, dtypes.int32))
        return ops.cast(found, dtypes.bool_)
    return emit_one(op, flat, index, rows)
