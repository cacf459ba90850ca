"""Functions that select elements: by conditions, masks, indices and order.

Source: tensorflow/python/ops/array_ops.py, sort_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit, emit_one, ops
from kerasfmt.nn.shapes import dims_of, reshape_to
from kerasfmt.nn.tf import table
from kerasfmt.nn.tf.table import (
    axes_of,
    dtype_of,
    first_value,
    function,
    integers,
    leaves,
    operand,
    operands,
    register,
    tensor,
)


@function("where", "where_v2")
def where(condition: Any, x: Any = None, y: Any = None) -> Value:
    """`x` where the condition is true, else `y`; without both, the indices, int64 (n, rank), where it is true."""
    if x is None and y is None:
        return ops.nonzero(condition)
    if x is None or y is None:
        raise ValueError("expected x and y, or neither of them; got one")
    values = [v for v in (x, y) if isinstance(v, Value)]
    chosen = tensor(condition, first_value(condition, x, y), dtypes.bool_)
    if not values:
        floats = any(isinstance(v, float) for v in (x, y))
        arrays = [np.asarray(v, np.float32 if floats else np.int32) for v in (x, y)]
        return ops.where(chosen, *arrays)
    return ops.where(chosen, *operands(x, y))


@function("gather", "compat.v1.gather")
def gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: int | None = None, batch_dims: int = 0
) -> Value:
    """The slices `indices` of `params` along an axis."""
    beside = first_value(params, indices)
    floats = any(isinstance(leaf, float) for leaf in leaves(params))
    source = tensor(params, beside, beside.dtype if isinstance(params, Value) else _plain(floats))
    return ops.gather(source, integers(indices), batch_dims if axis is None else axis, batch_dims)


def _plain(floats: bool) -> dtypes.DType:
    return dtypes.float32 if floats else dtypes.int32


@function("nn.embedding_lookup", "compat.v1.nn.embedding_lookup")
def embedding_lookup(params: Any, ids: Any, **options: Any) -> Value:
    """The rows `ids` of a table."""
    if options.get("max_norm") is not None:
        raise ValueError("max_norm is not supported")
    return gather(params, ids)


@function("gather_nd", "compat.v1.gather_nd")
def gather_nd(params: Any, indices: Any, batch_dims: int = 0, bad_indices_policy: str = "") -> Value:
    """The slices of `params` at the index vectors in the last axis of `indices`."""
    if bad_indices_policy:
        raise ValueError(f"bad_indices_policy {bad_indices_policy!r} is not supported")
    beside = first_value(params, indices)
    source = tensor(params, beside)
    if not batch_dims:
        return ops.gather_nd(source, integers(indices))
    at = tensor(indices, beside, dtypes.int32)
    if not 0 < batch_dims < at.rank:
        raise ValueError(
            f"expected batch_dims below the {at.rank} dimensions of the indices, got {batch_dims}"
        )
    lead = [*dims_of(at)[:-1], 1]
    places = []
    for axis in range(batch_dims):
        size = ops.cast(ops.getitem(ops.shape(source), axis), at.dtype)
        zero, one = np.zeros((), at.dtype.numpy), np.ones((), at.dtype.numpy)
        numbers = ops.reshape(ops.range_(zero, size, one), [-1 if i == axis else 1 for i in range(at.rank)])
        places.append(ops.broadcast_to(numbers, lead))
    return ops.gather_nd(source, ops.concat([*places, at], at.rank - 1))


@function("one_hot")
def one_hot(
    indices: Value,
    depth: int,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
) -> Value:
    """Vectors of `depth` along an axis, `on_value` at the index and `off_value` elsewhere."""
    given = [v for v in (on_value, off_value) if v is not None]
    plain = dtypes.float32 if not given or any(isinstance(v, float) for v in given) else dtypes.int32
    on, off = (default if v is None else v for v, default in ((on_value, 1), (off_value, 0)))
    return ops.one_hot(indices, depth, -1 if axis is None else axis, dtype_of(dtype, plain), on, off)


@function("sequence_mask")
def sequence_mask(lengths: Value, maxlen: Any = None, dtype: Any = None) -> Value:
    """True for the first `lengths` of `maxlen` elements: (*lengths.shape, maxlen)."""
    most = (
        ops.maximum(ops.reduce_max(lengths), np.zeros((), lengths.dtype.numpy)) if maxlen is None else maxlen
    )
    end = most if isinstance(most, Value) else tensor(most, lengths)
    row = ops.range_(np.zeros((), end.dtype.numpy), end, np.ones((), end.dtype.numpy))
    mask = ops.less(row, ops.cast(ops.expand_dims(lengths, -1), end.dtype))
    return ops.cast(mask, dtype_of(dtype, dtypes.bool_))


def _scattered(op: str) -> Callable[..., Value]:
    def scatter(tensor: Any, indices: Any, updates: Any, bad_indices_policy: str = "") -> Value:
        if bad_indices_policy:
            raise ValueError(f"bad_indices_policy {bad_indices_policy!r} is not supported")
        dtype = first_value(tensor, updates).dtype
        x, at, new = operand(tensor, dtype), integers(indices), operand(updates, dtype)
        return emit_one(op, x, at, new)

    return scatter


for _kind in ("update", "add", "sub", "max", "min"):
    register(_scattered(f"TensorScatter{_kind.capitalize()}"), f"tensor_scatter_nd_{_kind}")


@function("scatter_nd")
def scatter_nd(indices: Any, updates: Any, shape: Any, bad_indices_policy: str = "") -> Value:
    """Zeros of a shape with `updates` added at index vectors."""
    if bad_indices_policy:
        raise ValueError(f"bad_indices_policy {bad_indices_policy!r} is not supported")
    dtype = first_value(updates, indices).dtype if isinstance(updates, Value) else dtypes.float32
    beside = first_value(indices, updates, shape)
    at = tensor(indices, beside, dtypes.int32)
    sizes = tensor(shape, beside, at.dtype)
    return ops.scatter_nd(at, tensor(updates, beside, dtype), ops.cast(sizes, at.dtype))


@function("boolean_mask", "compat.v1.boolean_mask")
def boolean_mask(tensor: Value, mask: Any, axis: int | None = None) -> Value:
    """The slices of `tensor` where `mask` is true; it covers the axes from `axis` on."""
    chosen = table.tensor(mask, tensor, dtypes.bool_)
    (at,) = axes_of(axis or 0, tensor.rank)
    if not 0 < chosen.rank <= tensor.rank - at:
        raise ValueError(f"a mask of {chosen.rank} dimensions at axis {at} of a tensor of {tensor.rank}")
    sizes, end = dims_of(tensor), at + chosen.rank
    for i, (given, size) in enumerate(zip(chosen.dims, tensor.dims[at:end], strict=True)):
        if None not in (given, size) and given != size:
            raise ValueError(f"axis {i} of the mask: expected size {size}, got {given}")
    flat = tensor if chosen.rank == 1 else reshape_to(tensor, [*sizes[:at], -1, *sizes[end:]])
    places = ops.nonzero(ops.reshape(chosen, [-1]))
    return ops.gather(flat, ops.squeeze(places, [1]), at)


@function("argsort")
def argsort(values: Value, axis: int = -1, direction: str = "ASCENDING", stable: bool = False) -> Value:
    """The int32 indices that sort an axis; equal elements keep their order."""
    return _sorted(values, axis, direction)[1]


@function("sort")
def sort(values: Value, axis: int = -1, direction: str = "ASCENDING") -> Value:
    """`values` sorted along an axis."""
    return _sorted(values, axis, direction)[0]


def _sorted(x: Value, axis: int, direction: str) -> tuple[Value, Value]:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"expected direction 'ASCENDING' or 'DESCENDING', got {direction!r}")
    if x.dtype.kind == "unsigned" and direction == "ASCENDING":
        raise ValueError(f"unsigned integers ({x.dtype.name}) are not supported")
    (at,) = axes_of(axis, x.rank)
    perm = [i for i in range(x.rank) if i != at] + [at]
    back = [perm.index(i) for i in range(x.rank)]
    last = x if at == x.rank - 1 else ops.transpose(x, perm)
    up = direction == "ASCENDING"
    size = last.dims[-1] if last.dims[-1] is not None else ops.getitem(ops.shape(last), -1)
    values, order = emit("TopKV2", ops.negative(last) if up else last, size)
    values = ops.negative(values) if up else values
    if at == x.rank - 1:
        return values, order
    return ops.transpose(values, back), ops.transpose(order, back)
