"""Operations that reshape, split, join and rearrange tensors.

Source: keras/src/ops/numpy.py, core.py, einops.py.
"""

from __future__ import annotations

import math
from typing import Any

from kerasfmt import dtypes
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, leaves, register_operation


@register_operation("Reshape")
def _reshape(op: Operation, x: Any, newshape: Any) -> Translated:
    shape = [-1 if d is None else d for d in (newshape if isinstance(newshape, list) else [newshape])]
    if shape.count(-1) > 1:
        raise op.unsupported(f"newshape {newshape} has more than one unknown dimension")
    return "reshape", x, {"shape": shape}


@register_operation("Ravel")
def _ravel(op: Operation, x: Any) -> Translated:
    return "reshape", x, {"shape": [-1]}


@register_operation("Transpose")
def _transpose(op: Operation, x: Any, axes: Any = None) -> Translated:
    return "transpose", x, {"perm": axes}


@register_operation("Swapaxes")
def _swapaxes(op: Operation, x: Tensor, axis1: int, axis2: int) -> Translated:
    perm = list(range(op.rank(x)))
    perm[axis1], perm[axis2] = perm[axis2], perm[axis1]
    return "transpose", x, {"perm": perm}


@register_operation("Moveaxis")
def _moveaxis(op: Operation, x: Tensor, source: Any, destination: Any) -> Translated:
    rank = op.rank(x)
    sources, targets = (
        [a % rank for a in (v if isinstance(v, list) else [v])] for v in (source, destination)
    )
    perm = [axis for axis in range(rank) if axis not in sources]
    for target, moved in sorted(zip(targets, sources, strict=True)):
        perm.insert(target, moved)
    return "transpose", x, {"perm": perm}


@register_operation("ExpandDims")
def _expand_dims(op: Operation, x: Tensor, axis: Any) -> Translated:
    axes = axis if isinstance(axis, list) else [axis]
    rank = op.rank(x) + len(axes)
    *before, last = sorted(a % rank for a in axes)
    for at in before:
        x = op.helper("expand_dims", x, axis=at)
    return "expand_dims", x, {"axis": last if isinstance(axis, list) else axis}


@register_operation("Squeeze")
def _squeeze(op: Operation, x: Any, axis: Any = None) -> Translated:
    return "squeeze", x, {"axis": axis}


@register_operation("Concatenate")
def _concatenate(op: Operation, xs: Any, axis: int = 0) -> Translated:
    return "concat", op.promote(*xs), {"axis": axis}


@register_operation("Stack")
def _stack(op: Operation, x: Any, axis: int = 0) -> Translated:
    return "stack", op.promote(*x), {"axis": axis}


@register_operation("Unstack", module="core")
def _unstack(op: Operation, x: Any, num: int | None = None, axis: int = 0) -> Translated:
    return "unstack", x, {"num": num, "axis": axis}


@register_operation("Split")
def _split(op: Operation, x: Tensor, indices_or_sections: Any, axis: int = 0) -> Translated:
    parts = indices_or_sections
    if isinstance(parts, list):
        size = None if x.shape is None else x.shape[axis]
        ends = [*parts, size]
        if size is None or any(end < 0 for end in parts):
            raise op.unsupported(f"indices {parts} of an axis of {size} are not supported")
        parts = [end - start for start, end in zip([0, *parts], ends, strict=True)]
    return "split", x, {"num_or_size_splits": parts, "axis": axis}


@register_operation("Tile")
def _tile(op: Operation, x: Tensor, repeats: Any) -> Translated:
    listed = repeats if isinstance(repeats, list) else [repeats]
    rank = op.rank(x)
    if len(listed) > rank:
        raise op.unsupported(f"{len(listed)} repeats for {rank} dimensions are not supported")
    return "tile", x, {"multiples": [1] * (rank - len(listed)) + listed}


@register_operation("Repeat")
def _repeat(op: Operation, x: Any, repeats: Any, axis: int | None = None) -> Translated:
    return "repeat", x, {"repeats": repeats, "axis": axis}


@register_operation("Pad")
def _pad(
    op: Operation, x: Tensor, pad_width: Any, mode: str = "constant", constant_values: Any = None
) -> Translated:
    rank = op.rank(x)
    widths = [pad_width] if isinstance(pad_width, int) else list(pad_width)
    pairs = [[w, w] if isinstance(w, int) else w for w in widths]
    if len(widths) == 2 and all(isinstance(w, int) for w in widths):
        pairs = [widths]
    full = pairs * rank if len(pairs) == 1 else pairs
    given = {"paddings": full, "mode": mode.upper(), "constant_values": constant_values or 0}
    return "pad", x, given


@register_operation("Flip")
def _flip(op: Operation, x: Tensor, axis: Any = None) -> Translated:
    axes = list(range(op.rank(x))) if axis is None else axis if isinstance(axis, list) else [axis]
    return "reverse", x, {"axis": axes}


@register_operation("Roll")
def _roll(op: Operation, x: Any, shift: Any, axis: Any = None) -> Translated:
    if axis is None:
        raise op.unsupported("axis=None is not supported")
    return "roll", x, {"shift": shift, "axis": axis}


@register_operation("BroadcastTo")
def _broadcast_to(op: Operation, x: Any, shape: Any) -> Translated:
    if None in shape:
        raise op.unsupported(f"shape {shape} has an unknown dimension")
    return "broadcast_to", x, {"shape": shape}


@register_operation("GetItem")
def _get_item(op: Operation, x: Any, key: Any) -> Translated:
    return "__operators__.getitem", x, {"slice_spec": key}


@register_operation("Slice", module="core")
def _slice(op: Operation, inputs: Any, start_indices: Any, shape: Any) -> Translated:
    return "slice", inputs, {"begin": start_indices, "size": [-1 if d is None else d for d in shape]}


@register_operation("Rot90")
def _rot90(op: Operation, array: Tensor, k: int = 1, axes: Any = (0, 1)) -> Translated:
    first, second = (op.axis(array, a) for a in axes)
    perm = list(range(op.rank(array)))
    perm[first], perm[second] = second, first
    turns = k % 4
    if turns == 0:
        return "identity", array, {}
    if turns == 2:
        return "reverse", array, {"axis": [first, second]}
    if turns == 1:
        return "transpose", op.helper("reverse", array, axis=[second]), {"perm": perm}
    return "reverse", op.helper("transpose", array, perm=perm), {"axis": [second]}


@register_operation("Fliplr")
def _fliplr(op: Operation, x: Any) -> Translated:
    return "reverse", x, {"axis": [1]}


@register_operation("Flipud")
def _flipud(op: Operation, x: Any) -> Translated:
    return "reverse", x, {"axis": [0]}


@register_operation("Append")
def _append(op: Operation, x1: Any, x2: Any, axis: int | None = None) -> Translated:
    parts = op.promote(x1, x2)
    if axis is None:
        parts = [
            op.helper("reshape", part, shape=[-1]) if isinstance(part, Tensor) else leaves(part)
            for part in parts
        ]
    return "concat", parts, {"axis": axis or 0}


@register_operation("Hstack", "Vstack", "Dstack")
def _joined(op: Operation, xs: Any) -> Translated:
    least = {"Hstack": 1, "Vstack": 2, "Dstack": 3}[op.kind]
    axis = {"Hstack": 1, "Vstack": 0, "Dstack": 2}[op.kind]
    parts = op.promote(*xs)
    rank = op.rank(parts[0])
    if rank == 1 and op.kind == "Hstack":
        axis = 0
    if rank < least:
        if rank < least - 1 or not all(isinstance(part, Tensor) for part in parts):
            raise op.unsupported(f"tensors of {rank} dimensions are not supported")
        parts = [op.helper("expand_dims", part, axis=0 if op.kind == "Vstack" else -1) for part in parts]
    return "concat", parts, {"axis": axis}


@register_operation("Hsplit", "Vsplit", "Dsplit")
def _split_along(op: Operation, x: Tensor, indices_or_sections: Any) -> Translated:
    axis = {"Hsplit": 0 if op.rank(x) == 1 else 1, "Vsplit": 0, "Dsplit": 2}[op.kind]
    return _split(op, x, indices_or_sections, axis)


@register_operation("ArraySplit")
def _array_split(op: Operation, x: Tensor, indices_or_sections: Any, axis: int = 0) -> Translated:
    parts = indices_or_sections
    if not isinstance(parts, int):
        return _split(op, x, parts, axis)
    size, more = divmod(op.size(x, axis), parts)
    return "split", x, {"num_or_size_splits": [size + (i < more) for i in range(parts)], "axis": axis}


@register_operation("Size")
def _size(op: Operation, x: Any) -> Translated:
    return "size", x, {}


@register_operation("Linspace", "Logspace")
def _linspace(
    op: Operation,
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    base: float = 10,
    dtype: Any = None,
    axis: int = 0,
) -> Translated:
    if retstep:
        raise op.unsupported("retstep=True is not supported")
    one, other = (op.as_floats(v) for v in op.promote(start, stop))
    first, end = op.broadcast_like(one, other), op.broadcast_like(other, one)
    if not endpoint:
        step = op.binary("math.divide", op.binary("math.subtract", end, first), float(num))
        end = op.binary("math.subtract", end, step)
    if op.kind == "Linspace" and dtype is None:
        return "linspace", first, {"stop": end, "num": num, "axis": axis}
    found = op.helper("linspace", first, stop=end, num=num, axis=axis)
    if op.kind == "Logspace":
        found = op.helper("math.pow", float(base), y=found)
    return ("identity", found, {}) if dtype is None else ("cast", found, {"dtype": dtypes.of(dtype).name})


@register_operation("SliceUpdate", module="core")
def _slice_update(op: Operation, inputs: Tensor, start_indices: Any, updates: Tensor) -> Translated:
    if isinstance(start_indices, Tensor) or not isinstance(updates, Tensor):
        raise op.unsupported("expected constants as start_indices and a tensor as updates")
    margins = []
    for axis, start in enumerate(start_indices):
        whole, part = (None if t.shape is None else t.shape[axis] for t in (inputs, updates))
        if whole is None and part is None and start == 0:
            margins.append([0, 0])
            continue
        room = op.size(inputs, axis) - op.size(updates, axis)
        before = min(max(start, 0), room)
        margins.append([before, room - before])
    there = op.helper("pad", op.helper("ones_like", updates, dtype="int32"), paddings=margins)
    values = op.helper("pad", op.cast(updates, inputs.dtype), paddings=margins)
    return "where", op.helper("cast", there, dtype="bool"), {"x": values, "y": inputs}


@register_operation("UnravelIndex")
def _unravel_index(op: Operation, indices: Tensor, shape: Any) -> Translated:
    parts, size = [], 1
    for dim in reversed(shape):
        scaled = op.binary("math.floordiv", indices, size) if size > 1 else indices
        parts.append(op.binary("math.floormod", scaled, dim))
        size *= dim
    return "unstack", op.helper("stack", parts[::-1], axis=0), {"axis": 0, "num": len(parts)}


@register_operation("Rearrange", module="einops")
def _rearrange(op: Operation, tensor: Tensor, pattern: str, **axes_lengths: int) -> Translated:
    left, right = (_axes_of(op, side) for side in pattern.split("->"))
    if len(left) != op.rank(tensor):
        raise op.unsupported(f"pattern {pattern!r} does not fit {op.rank(tensor)} dimensions")
    sizes: dict[str, int] = dict(axes_lengths)
    for group, whole in zip(left, op.sizes(tensor), strict=True):
        unknown = [name for name in group if name not in sizes]
        if len(unknown) > 1:
            raise op.unsupported(f"the sizes of {unknown} in {pattern!r} must be given")
        known = math.prod(sizes[name] for name in group if name in sizes)
        for name in unknown:
            sizes[name] = -1 if whole == -1 else whole // known
    given = [name for group in left for name in group]
    wanted = [name for group in right for name in group]
    if sorted(given) != sorted(wanted):
        raise op.unsupported(f"the sides of pattern {pattern!r} differ in their names")
    apart = op.helper("reshape", tensor, shape=[sizes[name] for name in given])
    moved = op.helper("transpose", apart, perm=[given.index(name) for name in wanted])
    shape = [
        -1 if any(sizes[n] == -1 for n in group) else math.prod(sizes[n] for n in group) for group in right
    ]
    return "reshape", moved, {"shape": shape}


def _axes_of(op: Operation, side: str) -> list[list[str]]:
    """The groups of names on one side of a pattern."""
    groups: list[list[str]] = []
    inside = False
    for word in side.replace("(", " ( ").replace(")", " ) ").split():
        if word in "()":
            inside = word == "("
            if inside:
                groups.append([])
        elif not word.isidentifier():
            raise op.unsupported(f"{word!r} in a pattern is not supported")
        elif inside:
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups
