"""Ops on ragged tensors: flat values, and for each ragged axis the places at which its rows begin and end.

    splits    int (rows + 1,): row i holds the values from splits[i] up to splits[i + 1]
    rowids    int (n,), in ascending order: the row of each value; the number of rows is given beside them

Source: tensorflow/core/kernels/ragged_tensor_to_tensor_op.cc, ragged_tensor_to_sparse_kernel.cc.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape, known_size
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


def row_numbers(splits: Array, count: int) -> Array:
    """The row of each of `count` values.

    Raises:
      ValueError: the splits do not begin at 0, end at `count` and ascend.
    """
    lengths = np.diff(splits)
    if splits.ndim != 1 or not len(splits) or splits[0] != 0 or splits[-1] != count or np.any(lengths < 0):
        raise ValueError(f"expected row splits that ascend from 0 to {count}")
    return np.repeat(np.arange(len(lengths)), lengths)


def _value_rows(rowids: Array, rows: int) -> Array:
    """The row numbers, checked."""
    ascending = rowids.ndim == 1 and not np.any(np.diff(rowids) < 0)
    if not ascending or (len(rowids) and not 0 <= rowids[0] <= rowids[-1] < rows):
        raise ValueError(f"expected row numbers in ascending order, from 0 to {rows - 1}")
    return rowids


@register("RaggedTensorToTensor")
class RaggedTensorToTensor(Op):
    """A ragged tensor as a dense one: rows are cut at the end, or filled with a default."""

    @staticmethod
    @override
    def infer(
        attrs: Attrs, shape: Value, values: Value, default: Value, partitions: tuple[Value, ...]
    ) -> list[Shape]:
        ragged = sum(kind != "FIRST_DIM_SIZE" for kind in attrs["row_partition_types"])
        rank = None if values.shape is None else len(values.shape) + ragged
        found = partial_value(shape) if shape.shape else None
        if found is None:
            found = None if rank is None else [None] * rank
        if found is None:
            return [None]
        sizes = [None if size is None or size < 0 else int(size) for size in found]
        if rank is not None and len(sizes) != rank:
            raise ValueError(f"expected a shape of {rank} sizes, got {len(sizes)}")
        inner = values.shape[1:] if values.shape is not None else ()
        for place, size in enumerate(inner, len(sizes) - len(inner)):
            sizes[place] = size if sizes[place] is None else sizes[place]
        return [tuple(sizes)]

    @staticmethod
    @override
    def run(
        attrs: Attrs, shape: Array, values: Array, default: Array, partitions: tuple[Array, ...]
    ) -> list[Array]:
        kinds, tensors = list(attrs["row_partition_types"]), list(partitions)
        rows = int(tensors.pop(0).item()) if kinds[0] == "FIRST_DIM_SIZE" else len(tensors[0]) - 1
        count, levels = rows, []
        for kind, tensor in zip(kinds[len(kinds) - len(tensors) :], tensors, strict=True):
            if kind == "ROW_SPLITS":
                levels.append(row_numbers(tensor, int(tensor[-1])))
            elif kind == "VALUE_ROWIDS":
                levels.append(_value_rows(tensor, count))
            else:
                raise ValueError(f"row partition {kind!r} is not supported")
            count = len(levels[-1])
        if count != len(values):
            raise ValueError(f"expected {count} values, as the rows have, got {len(values)}")
        return [_dense(values, default, shape, rows, levels)]


def _dense(values: Array, default: Array, shape: Array, count: int, levels: Sequence[Array]) -> Array:
    wanted = shape.tolist() if shape.ndim else [-1] * (len(levels) + values.ndim)
    sizes = [count if wanted[0] < 0 else wanted[0]]
    places = np.arange(count)
    places = np.where(places < sizes[0], places, -1)
    for level, numbers in enumerate(levels, 1):
        starts = np.searchsorted(numbers, numbers, "left")
        within = np.arange(len(numbers)) - starts
        longest = int(within.max()) + 1 if len(within) else 0
        sizes.append(longest if wanted[level] < 0 else wanted[level])
        parents = places[numbers]
        places = np.where((parents >= 0) & (within < sizes[level]), parents * sizes[level] + within, -1)
    inner = values.shape[1:]
    if tuple(wanted[len(sizes) :]) not in (inner, (-1,) * len(inner)):
        raise ValueError(f"expected the last sizes {inner}, got {wanted[len(sizes) :]}")
    out = np.empty((int(np.prod(sizes)), *inner), values.dtype)
    out[...] = default
    kept = places >= 0
    out[places[kept]] = values[kept]
    return out.reshape(*sizes, *inner)


def ragged_to_tensor(splits: Value, values: Value, default: Operand, shape: Sequence[int]) -> Value:
    """A ragged matrix as a dense one: rows are cut at the end, or filled with a default.

    Args:
      splits: int64 (rows + 1,), where each row begins and where the last one ends.
      values: (n,), the rows one after the other.
      default: what fills a row, of the dtype of `values`.
      shape: the number of rows and the length of each; -1 for what the ragged matrix has.

    Source: tf.RaggedTensor.to_tensor.
    """
    sizes = np.array(shape, np.int64)
    return emit_one(
        "RaggedTensorToTensor", sizes, values, default, [splits], row_partition_types=["ROW_SPLITS"]
    )


@register("RaggedTensorToSparse")
class RaggedTensorToSparse(Op):
    """A ragged tensor as a sparse one."""

    @staticmethod
    @override
    def infer(attrs: Attrs, splits: tuple[Value, ...], values: Value) -> list[Shape]:
        if values.shape is None:
            return [(None, None), (None,), (None,)]
        rank, count = len(splits) + len(values.shape), known_size(values.shape)
        return [(count, rank), (count,), (rank,)]

    @staticmethod
    @override
    def run(attrs: Attrs, splits: tuple[Array, ...], values: Array) -> list[Array]:
        count, inner = len(values), values.shape[1:]
        places = np.indices(inner).reshape(len(inner), math.prod(inner)).T
        numbers = np.arange(count)
        columns: list[Array] = []
        sizes: list[int] = []
        for level in reversed(splits):
            rows = row_numbers(level, count)
            columns.insert(0, (np.arange(count) - level[rows])[numbers])
            sizes.insert(0, int(np.diff(level).max(initial=0)))
            numbers, count = rows[numbers], len(level) - 1
        outer = np.stack([numbers, *columns], 1)
        repeated = np.repeat(outer, len(places), 0)
        indices = np.concatenate([repeated, np.tile(places, (len(outer), 1))], 1).astype(np.int64)
        return [indices, values.ravel(), np.array([count, *sizes, *inner], np.int64)]
