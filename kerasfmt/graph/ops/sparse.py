"""Products with matrices that are mostly zeros, and sparse tensors made dense.

Source: tensorflow/core/ops/math_ops.cc (SparseMatMul), tensorflow/core/ops/sparse_ops.cc.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, widen, with_rank
from kerasfmt.graph.ops.shape_values import partial_value
from kerasfmt.graph.spec import Shape, merge_dims
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override


@register("SparseMatMul")
class SparseMatMul(Op):
    """The float32 product of two dense matrices, one of them with many zeros."""

    @staticmethod
    @override
    def infer(attrs: Attrs, a: Value, b: Value) -> list[Shape]:
        rows, inner_a = with_rank(a, 2)[:: -1 if attrs["transpose_a"] else 1]
        inner_b, columns = with_rank(b, 2)[:: -1 if attrs["transpose_b"] else 1]
        merge_dims(inner_a, inner_b)
        return [(rows, columns)]

    @staticmethod
    @override
    def run(attrs: Attrs, a: Array, b: Array) -> list[Array]:
        a = a.T if attrs["transpose_a"] else a
        b = b.T if attrs["transpose_b"] else b
        return [widen(a) @ widen(b)]


def sparse_matmul(a: Value, b: Operand, *, a_is_sparse: bool = False, b_is_sparse: bool = False) -> Value:
    """The product of two float32 or bfloat16 matrices: float32. Source: tf.matmul, with a sparse operand."""
    return emit_one("SparseMatMul", a, b, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse)


@register("SparseTensorDenseMatMul")
class SparseTensorDenseMatMul(Op):
    """The product of a sparse matrix, given by its elements, and a dense matrix."""

    @staticmethod
    @override
    def infer(attrs: Attrs, indices: Value, values: Value, shape: Value, b: Value) -> list[Shape]:
        with_rank(indices, 2), with_rank(values, 1)
        found = partial_value(shape) or [None, None]
        if len(found) != 2:
            raise ValueError(f"the sparse operand has {len(found)} dimensions, expected 2")
        rows, inner_a = found[:: -1 if attrs["adjoint_a"] else 1]
        inner_b, columns = with_rank(b, 2)[:: -1 if attrs["adjoint_b"] else 1]
        merge_dims(inner_a, inner_b)
        return [(rows, columns)]

    @staticmethod
    @override
    def run(attrs: Attrs, indices: Array, values: Array, shape: Array, b: Array) -> list[Array]:
        rows, columns = indices.T
        values, height = widen(values), int(shape[0])
        if attrs["adjoint_a"]:
            rows, columns, values, height = columns, rows, values.conj(), int(shape[1])
        dense = widen(b.conj().T if attrs["adjoint_b"] else b)
        out = np.zeros((height, dense.shape[1]), dense.dtype)
        np.add.at(out, rows, values[:, None] * dense[columns])
        return [out.astype(b.dtype, copy=False)]


def sparse_dense_matmul(
    indices: Operand,
    values: Operand,
    shape: Operand,
    b: Value,
    *,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
) -> Value:
    """The product of a sparse and a dense matrix.

    Args:
      indices: int64 (n, 2), row and column of each element.
      values: (n,), the elements.
      shape: int64 (2,), the shape of the sparse matrix.
      b: the dense matrix.
      adjoint_a: whether the sparse matrix is transposed and conjugated.
      adjoint_b: whether the dense matrix is transposed and conjugated.

    Source: tf.sparse.sparse_dense_matmul.
    """
    return emit_one(
        "SparseTensorDenseMatMul", indices, values, shape, b, adjoint_a=adjoint_a, adjoint_b=adjoint_b
    )


@register("SparseToDense")
class SparseToDense(Op):
    """A dense tensor of a default, with some elements set."""

    @staticmethod
    @override
    def infer(attrs: Attrs, indices: Value, shape: Value, values: Value, default: Value) -> list[Shape]:
        found = partial_value(shape)
        if found is not None:
            return [tuple(found)]
        return [None if not shape.shape or shape.shape[0] is None else (None,) * shape.shape[0]]

    @staticmethod
    @override
    def run(attrs: Attrs, indices: Array, shape: Array, values: Array, default: Array) -> list[Array]:
        sizes = tuple(shape.tolist())
        places = np.reshape(indices, (-1, len(sizes)))
        if places.size and (places.min() < 0 or np.any(places >= shape)):
            raise ValueError(f"an index is not within the shape {sizes}")
        if attrs["validate_indices"] and len(places) > 1:
            flat = np.ravel_multi_index(tuple(places.T), sizes)
            if np.any(np.diff(flat) <= 0):
                raise ValueError("the indices are not in order, or one of them is there twice")
        out = np.full(sizes, default, values.dtype)
        out[tuple(places.T)] = values
        return [out]


def sparse_to_dense(indices: Operand, shape: Operand, values: Value, default: Operand) -> Value:
    """A tensor of `shape` whose elements are `default`, but `values` at `indices`.

    Args:
      indices: int64 (n, rank), in ascending order.
      shape: int64 (rank,).
      values: (n,).
      default: a scalar of the dtype of `values`.

    Source: tf.sparse.to_dense.
    """
    return emit_one("SparseToDense", indices, shape, values, default)
