"""Operations that select elements: by conditions, indices and order.

Source: keras/src/ops/numpy.py, core.py, math.py, nn.py.
"""

from __future__ import annotations

from typing import Any

from kerasfmt import dtypes
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, leaves, register_operation


@register_operation("Where")
def _where(op: Operation, condition: Any, x1: Any = None, x2: Any = None) -> Translated:
    if x1 is None or x2 is None:
        raise op.unsupported("without x1 and x2 Keras gives another structure than it declares; use nonzero")
    chosen = op.cast(condition, dtypes.bool_)
    if isinstance(x1, Tensor) or isinstance(x2, Tensor):
        x1, x2 = op.promote(x1, x2)
    return "where", chosen, {"x": x1, "y": x2}


@register_operation("OneHot", module="nn")
def _one_hot(
    op: Operation, x: Any, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Translated:
    if sparse:
        raise op.unsupported("sparse=True is not supported")
    return "one_hot", x, {"depth": num_classes, "axis": axis, "dtype": dtypes.of(dtype or "float32").name}


@register_operation("TopK", module="math")
def _top_k(op: Operation, x: Any, k: int, sorted: bool = True) -> Translated:
    return "math.top_k", x, {"k": k, "sorted": sorted}


@register_operation("Take")
def _take(op: Operation, x: Tensor, indices: Any, axis: int | None = None) -> Translated:
    if axis is None:
        x = op.helper("reshape", x, shape=[-1])
    size = None if x.shape is None else x.shape[axis or 0]
    if not isinstance(indices, Tensor) and any(i < 0 for i in leaves(indices)):
        if size is None:
            raise op.unsupported("negative indices of an axis of unknown size are not supported")
        indices = _positive(indices, size)
    elif isinstance(indices, Tensor):
        indices = _wrapped(op, indices, x, axis or 0)
    return "gather", x, {"indices": indices, "axis": axis or 0}


def _positive(value: Any, size: int) -> Any:
    return [_positive(item, size) for item in value] if isinstance(value, list) else value % size


def _wrapped(op: Operation, indices: Tensor, x: Tensor, axis: int) -> Tensor:
    """Indices of an axis, with negative ones counted from its end."""
    if indices.dtype.kind != "signed":
        return indices
    shape = op.helper("shape", x, out_type=indices.dtype.name if indices.dtype.itemsize > 4 else "int32")
    size = op.cast(op.helper("gather", shape, indices=axis, axis=0), indices.dtype)
    return op.where(op.binary("math.less", indices, 0), op.binary("math.add", indices, size), indices)


@register_operation("TakeAlongAxis")
def _take_along_axis(op: Operation, x: Tensor, indices: Any, axis: int | None = None) -> Translated:
    if not isinstance(indices, Tensor):
        raise op.unsupported("expected a tensor as indices, got a constant")
    if axis is None:
        x, indices = (op.helper("reshape", t, shape=[-1]) for t in (x, indices))
    at, rank = op.axis(x, axis or 0), op.rank(x)
    for i, (size, count) in enumerate(zip(x.shape or (), indices.shape or (), strict=True)):
        if i != at and None not in (size, count) and size != count:
            raise op.unsupported(f"indices of shape {indices.shape} for shape {x.shape} are not supported")
    indices = _wrapped(op, indices, x, at)
    last = rank - 1
    if at == last:
        return "gather", x, {"indices": indices, "axis": last, "batch_dims": last}
    perm = [i for i in range(rank) if i != at] + [at]
    moved, places = (op.helper("transpose", t, perm=perm) for t in (x, indices))
    found = op.helper("gather", moved, indices=places, axis=last, batch_dims=last)
    return "transpose", found, {"perm": [perm.index(i) for i in range(rank)]}


@register_operation("Sort")
def _sort(op: Operation, x: Tensor, axis: int | None = -1) -> Translated:
    return "sort", *_ordered(op, x, axis)


@register_operation("Argsort")
def _argsort(op: Operation, x: Tensor, axis: int | None = -1) -> Translated:
    return "argsort", *_ordered(op, x, axis)


def _ordered(op: Operation, x: Tensor, axis: int | None) -> tuple[Tensor, dict[str, Any]]:
    value = op.helper("reshape", x, shape=[-1]) if axis is None else x
    return value, {"axis": -1 if axis is None else axis}


@register_operation("Select")
def _select(op: Operation, condlist: Any, choicelist: Any, default: Any = 0) -> Translated:
    *choices, found = op.promote(*choicelist, default)
    conditions = [op.cast(condition, dtypes.bool_) for condition in condlist]
    for condition, choice in list(zip(conditions, choices, strict=True))[:0:-1]:
        found = op.where(condition, choice, found)
    choice, found = op.promote(choices[0], found)
    return "where", conditions[0], {"x": choice, "y": found}


def _counted(op: Operation, function: str, x: Tensor, borders: Any) -> Translated:
    """For each element, the number of borders that it exceeds."""
    if op.rank(borders) != 1:
        raise op.unsupported(f"expected a sequence of one dimension, got {op.rank(borders)}")
    beyond = op.binary(function, op.helper("expand_dims", x, axis=-1), borders)
    return "math.reduce_sum", op.helper("cast", beyond, dtype="int32"), {"axis": -1}


@register_operation("SearchSorted")
def _search_sorted(op: Operation, sorted_sequence: Any, values: Any, side: str = "left") -> Translated:
    if not isinstance(values, Tensor):
        raise op.unsupported("expected a tensor as values, got a constant")
    return _counted(op, "math.greater" if side == "left" else "math.greater_equal", values, sorted_sequence)


@register_operation("Digitize")
def _digitize(op: Operation, x: Any, bins: Any) -> Translated:
    return _counted(op, "math.greater_equal", x, bins)


@register_operation("IsIn")
def _is_in(
    op: Operation, x1: Tensor, x2: Any, assume_unique: bool = False, invert: bool = False
) -> Translated:
    if not isinstance(x1, Tensor):
        raise op.unsupported("expected a tensor as x1, got a constant")
    others = op.helper("reshape", x2, shape=[-1]) if isinstance(x2, Tensor) else leaves(x2)
    same = op.binary("math.equal", op.helper("expand_dims", x1, axis=-1), others)
    if not invert:
        return "math.reduce_any", same, {"axis": -1}
    return "math.logical_not", op.helper("math.reduce_any", same, axis=-1), {}


@register_operation("InTopK", module="math")
def _in_top_k(op: Operation, targets: Tensor, predictions: Tensor, k: int) -> Translated:
    places = op.helper("expand_dims", targets, axis=-1)
    chosen = op.helper("gather", predictions, indices=places, axis=1, batch_dims=1)
    better = op.helper("cast", op.binary("math.greater", predictions, chosen), dtype="int32")
    known = op.helper("math.reduce_all", op.helper("math.is_finite", predictions), axis=-1)
    few = op.binary("math.less", op.helper("math.reduce_sum", better, axis=-1), k)
    return "math.logical_and", few, {"y": known}


@register_operation("MultiHot", module="nn")
def _multi_hot(
    op: Operation,
    inputs: Tensor,
    num_classes: Any = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
) -> Translated:
    if sparse or not isinstance(num_classes, int):
        raise op.unsupported(f"sparse={sparse} with num_classes={num_classes!r} is not supported")
    given = {"depth": num_classes, "axis": axis, "dtype": dtypes.of(dtype or "float32").name}
    found = op.helper("one_hot", op.cast(inputs, dtypes.int32), **given)
    return "math.reduce_max", found, {"axis": 1 if op.rank(inputs) > 1 else 0}


@register_operation("SegmentSum", module="math")
def _segment_sum(
    op: Operation, data: Any, segment_ids: Any, num_segments: int | None = None, sorted: bool = False
) -> Translated:
    if num_segments is None:
        return "keras.ops.SegmentSum", data, {"segment_ids": segment_ids, "sorted": sorted}
    return "math.unsorted_segment_sum", data, {"segment_ids": segment_ids, "num_segments": num_segments}


@register_operation("Scatter", module="core")
def _scatter(op: Operation, indices: Any, values: Any, shape: Any) -> Translated:
    return "scatter_nd", indices, {"updates": values, "shape": shape}


@register_operation("ScatterUpdate", module="core")
def _scatter_update(
    op: Operation, inputs: Any, indices: Any, updates: Any, reduction: str | None = None
) -> Translated:
    if reduction not in (None, "add", "max", "min"):
        raise op.unsupported(f"reduction={reduction!r} is not supported")
    given = {"indices": indices, "updates": op.cast(updates, inputs.dtype)}
    return f"tensor_scatter_nd_{reduction or 'update'}", inputs, given


@register_operation("ExtractSequences", module="math")
def _extract_sequences(op: Operation, x: Tensor, sequence_length: int, sequence_stride: int) -> Translated:
    last = op.rank(x) - 1
    starts = range(0, op.size(x, last) - sequence_length + 1, sequence_stride)
    return "gather", x, {"indices": [[s + i for i in range(sequence_length)] for s in starts], "axis": last}
