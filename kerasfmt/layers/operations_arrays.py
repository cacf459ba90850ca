"""Operations of Keras 3 on shapes, parts, arrangements, products and windows.

Source: keras/src/ops/numpy.py, core.py, nn.py, image.py.
"""

from __future__ import annotations

from typing import Any

from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.operations import Operation, Translated, operation


@operation("Reshape")
def _reshape(op: Operation, x: Any, newshape: Any) -> Translated:
    shape = [-1 if d is None else d for d in (newshape if isinstance(newshape, list) else [newshape])]
    if shape.count(-1) > 1:
        raise op.unsupported(f"newshape {newshape} has more than one unknown dimension")
    return "reshape", x, {"shape": shape}


@operation("Ravel")
def _ravel(op: Operation, x: Any) -> Translated:
    return "reshape", x, {"shape": [-1]}


@operation("Transpose")
def _transpose(op: Operation, x: Any, axes: Any = None) -> Translated:
    return "transpose", x, {"perm": axes}


@operation("Swapaxes")
def _swapaxes(op: Operation, x: Tensor, axis1: int, axis2: int) -> Translated:
    perm = list(range(_rank(op, x)))
    perm[axis1], perm[axis2] = perm[axis2], perm[axis1]
    return "transpose", x, {"perm": perm}


@operation("Moveaxis")
def _moveaxis(op: Operation, x: Tensor, source: Any, destination: Any) -> Translated:
    rank = _rank(op, x)
    sources, targets = (
        [a % rank for a in (v if isinstance(v, list) else [v])] for v in (source, destination)
    )
    perm = [axis for axis in range(rank) if axis not in sources]
    for target, moved in sorted(zip(targets, sources, strict=True)):
        perm.insert(target, moved)
    return "transpose", x, {"perm": perm}


def _rank(op: Operation, x: Tensor) -> int:
    if x.shape is None:
        raise op.unsupported("the rank of its input is not known")
    return len(x.shape)


@operation("ExpandDims")
def _expand_dims(op: Operation, x: Tensor, axis: Any) -> Translated:
    axes = axis if isinstance(axis, list) else [axis]
    rank = _rank(op, x) + len(axes)
    *before, last = sorted(a % rank for a in axes)
    for at in before:
        x = op.helper("expand_dims", x, axis=at)
    return "expand_dims", x, {"axis": last if isinstance(axis, list) else axis}


@operation("Squeeze")
def _squeeze(op: Operation, x: Any, axis: Any = None) -> Translated:
    return "squeeze", x, {"axis": axis}


@operation("Concatenate")
def _concatenate(op: Operation, xs: Any, axis: int = 0) -> Translated:
    return "concat", op.alike(*xs), {"axis": axis}


@operation("Stack")
def _stack(op: Operation, x: Any, axis: int = 0) -> Translated:
    return "stack", op.alike(*x), {"axis": axis}


@operation("Unstack")
def _unstack(op: Operation, x: Any, num: int | None = None, axis: int = 0) -> Translated:
    return "unstack", x, {"num": num, "axis": axis}


@operation("Split")
def _split(op: Operation, x: Tensor, indices_or_sections: Any, axis: int = 0) -> Translated:
    parts = indices_or_sections
    if isinstance(parts, list):
        size = None if x.shape is None else x.shape[axis]
        ends = [*parts, size]
        if size is None or any(end < 0 for end in parts):
            raise op.unsupported(f"indices {parts} of an axis of {size} are not supported")
        parts = [end - start for start, end in zip([0, *parts], ends, strict=True)]
    return "split", x, {"num_or_size_splits": parts, "axis": axis}


@operation("Tile")
def _tile(op: Operation, x: Tensor, repeats: Any) -> Translated:
    listed = repeats if isinstance(repeats, list) else [repeats]
    rank = _rank(op, x)
    if len(listed) > rank:
        raise op.unsupported(f"{len(listed)} repeats for {rank} dimensions are not supported")
    return "tile", x, {"multiples": [1] * (rank - len(listed)) + listed}


@operation("Repeat")
def _repeat(op: Operation, x: Any, repeats: Any, axis: int | None = None) -> Translated:
    return "repeat", x, {"repeats": repeats, "axis": axis}


@operation("Pad")
def _pad(
    op: Operation, x: Tensor, pad_width: Any, mode: str = "constant", constant_values: Any = None
) -> Translated:
    rank = _rank(op, x)
    widths = [pad_width] if isinstance(pad_width, int) else list(pad_width)
    pairs = [[w, w] if isinstance(w, int) else w for w in widths]
    if len(widths) == 2 and all(isinstance(w, int) for w in widths):
        pairs = [widths]
    full = pairs * rank if len(pairs) == 1 else pairs
    given = {"paddings": full, "mode": mode.upper(), "constant_values": constant_values or 0}
    return "pad", x, given


@operation("Flip")
def _flip(op: Operation, x: Tensor, axis: Any = None) -> Translated:
    axes = list(range(_rank(op, x))) if axis is None else axis if isinstance(axis, list) else [axis]
    return "reverse", x, {"axis": axes}


@operation("Roll")
def _roll(op: Operation, x: Any, shift: Any, axis: Any = None) -> Translated:
    if axis is None:
        raise op.unsupported("axis=None is not supported")
    return "roll", x, {"shift": shift, "axis": axis}


@operation("Take")
def _take(op: Operation, x: Tensor, indices: Any, axis: int | None = None) -> Translated:
    if axis is None:
        x = op.helper("reshape", x, shape=[-1])
    size = None if x.shape is None else x.shape[axis or 0]
    if not isinstance(indices, Tensor) and any(i < 0 for i in _flat(indices)):
        if size is None:
            raise op.unsupported("negative indices of an axis of unknown size are not supported")
        indices = _positive(indices, size)
    return "gather", x, {"indices": indices, "axis": axis or 0}


def _flat(value: Any) -> list[Any]:
    return [leaf for item in value for leaf in _flat(item)] if isinstance(value, list) else [value]


def _positive(value: Any, size: int) -> Any:
    return [_positive(item, size) for item in value] if isinstance(value, list) else value % size


@operation("BroadcastTo")
def _broadcast_to(op: Operation, x: Any, shape: Any) -> Translated:
    if None in shape:
        raise op.unsupported(f"shape {shape} has an unknown dimension")
    return "broadcast_to", x, {"shape": shape}


@operation("GetItem")
def _get_item(op: Operation, x: Any, key: Any) -> Translated:
    return "__operators__.getitem", x, {"slice_spec": key}


@operation("Slice")
def _slice(op: Operation, inputs: Any, start_indices: Any, shape: Any) -> Translated:
    return "slice", inputs, {"begin": start_indices, "size": [-1 if d is None else d for d in shape]}


@operation("Matmul")
def _matmul(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.alike(x1, x2)
    for operand in (left, right):
        if isinstance(operand, Tensor) and operand.shape is not None and len(operand.shape) < 2:
            raise op.unsupported("vectors are not supported")
    return "linalg.matmul", left, {"b": right}


@operation("Dot")
def _dot(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.alike(x1, x2)
    rank = _rank(op, right) if isinstance(right, Tensor) else _depth(right)
    if rank == 0:
        return "math.multiply", left, {"y": right}
    return "tensordot", left, {"b": right, "axes": [[-1], [max(rank - 2, 0)]]}


def _depth(value: Any) -> int:
    return 1 + _depth(value[0]) if isinstance(value, list) else 0


@operation("Tensordot")
def _tensordot(op: Operation, x1: Any, x2: Any, axes: Any = 2) -> Translated:
    left, right = op.alike(x1, x2)
    return "tensordot", left, {"b": right, "axes": axes}


@operation("Triu")
def _triu(op: Operation, x: Any, k: int = 0) -> Translated:
    if k > 0:
        raise op.unsupported(f"k={k} is not supported")
    return "linalg.band_part", x, {"num_lower": -k, "num_upper": -1}


@operation("Tril")
def _tril(op: Operation, x: Any, k: int = 0) -> Translated:
    if k < 0:
        raise op.unsupported(f"k={k} is not supported")
    return "linalg.band_part", x, {"num_lower": -1, "num_upper": k}


@operation("Resize")
def _resize(
    op: Operation,
    images: Tensor,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    data_format: str | None = None,
    **options: Any,
) -> Translated:
    if data_format == "channels_first" or any(options.get(f"{n}_to_aspect_ratio") for n in ("crop", "pad")):
        raise op.unsupported("channels_first and aspect ratios are not supported")
    return "image.resize", images, {"size": size, "method": interpolation, "antialias": antialias}


@operation("MaxPool")
def _max_pool(op: Operation, inputs: Tensor, **options: Any) -> Translated:
    return "nn.max_pool2d", inputs, _window(op, inputs, **options)


@operation("AveragePool")
def _average_pool(op: Operation, inputs: Tensor, **options: Any) -> Translated:
    return "nn.avg_pool2d", inputs, _window(op, inputs, **options)


def _window(
    op: Operation,
    inputs: Tensor,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> dict[str, Any]:
    if _rank(op, inputs) != 4 or data_format == "channels_first":
        raise op.unsupported("only images with channels_last are supported")
    steps = pool_size if strides is None else strides
    return {"ksize": pool_size, "strides": steps, "padding": padding.upper()}


@operation("DepthToSpace")
def _depth_to_space(op: Operation, x: Any, block_size: int, data_format: str | None = None) -> Translated:
    return "nn.depth_to_space", x, _blocks(op, block_size, data_format)


@operation("SpaceToDepth")
def _space_to_depth(op: Operation, x: Any, block_size: int, data_format: str | None = None) -> Translated:
    return "nn.space_to_depth", x, _blocks(op, block_size, data_format)


def _blocks(op: Operation, block_size: int, data_format: str | None) -> dict[str, Any]:
    if data_format == "channels_first":
        raise op.unsupported("channels_first is not supported")
    return {"block_size": block_size}
