"""Ops that hash strings into buckets, and crosses of features into buckets.

Source: tensorflow/core/kernels/string_to_hash_bucket_op.h, string_to_hash_bucket_fast_op.cc, sparse_cross_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, same_shape, with_rank
from kerasfmt.graph.ops.fingerprint64 import fingerprints64, fingerprints_cat64
from kerasfmt.graph.ops.siphash import siphashes
from kerasfmt.graph.spec import Shape, merge_dims
from kerasfmt.graph.strings import strings_of
from kerasfmt.graph.value import Value
from kerasfmt.typing import override

CROSS_KEY: Final = 0xDECAFCAFFE
"""The key of crosses that are given none. Source: tensorflow/python/ops/sparse_ops.py, _DEFAULT_HASH_KEY."""


def _buckets(hashes: Array, attrs: Attrs, shape: tuple[int, ...]) -> list[Array]:
    return [(hashes % np.uint64(attrs["num_buckets"])).astype(np.int64).reshape(shape)]


def _fast(attrs: Attrs, x: Array) -> list[Array]:
    return _buckets(fingerprints64(strings_of(x)), attrs, x.shape)


def _strong(attrs: Attrs, x: Array) -> list[Array]:
    key = attrs["key"]
    if len(key) != 2:
        raise ValueError(f"expected a key of two numbers, got {key}")
    return _buckets(siphashes(strings_of(x), (key[0], key[1])), attrs, x.shape)


declare("StringToHashBucketFast", same_shape, _fast)
declare("StringToHashBucketStrong", same_shape, _strong)


def string_to_hash_bucket_fast(x: Value, num_buckets: int, name: str | None = None) -> Value:
    """The FarmHash of each string, modulo `num_buckets`: int64. Source: tf.strings.to_hash_bucket_fast."""
    return emit_one("StringToHashBucketFast", x, num_buckets=num_buckets, name=name)


def string_to_hash_bucket_strong(
    x: Value, num_buckets: int, key: Sequence[int], name: str | None = None
) -> Value:
    """The SipHash of each string under a key, modulo `num_buckets`: int64.

    Args:
      x: strings of any shape.
      num_buckets: the number of buckets.
      key: two numbers.
      name: the name of the node.

    Source: tf.strings.to_hash_bucket_strong.
    """
    return emit_one("StringToHashBucketStrong", x, num_buckets=num_buckets, key=list(key), name=name)


@register("SparseCross")
class SparseCross(Op):
    """The crosses of features, row by row, hashed into buckets: a sparse matrix.

    A cross of one element of each feature is one element of the row; the last feature varies first. Sparse features
    come before dense ones.
    """

    @staticmethod
    @override
    def infer(
        attrs: Attrs,
        indices: tuple[Value, ...],
        values: tuple[Value, ...],
        shapes: tuple[Value, ...],
        dense: tuple[Value, ...],
    ) -> list[Shape]:
        batch: int | None = None
        for value in dense:
            batch = merge_dims(batch, with_rank(value, 2)[0])
        return [(None, 2), (None,), (2,)]

    @staticmethod
    @override
    def run(
        attrs: Attrs,
        indices: tuple[Array, ...],
        values: tuple[Array, ...],
        shapes: tuple[Array, ...],
        dense: tuple[Array, ...],
    ) -> list[Array]:
        if not attrs["hashed_output"]:
            raise ValueError("expected hashed crosses; others are not supported")
        modulus = np.uint64(attrs["num_buckets"] or 2**63 - 1)
        if indices:
            columns = [_rows(*each) for each in zip(indices, values, shapes, strict=True)]
            columns += [list(_features(column)) for column in dense]
            return _crossed_rows(columns, attrs["hash_key"], modulus)
        rows = dense[0].shape[0]
        crosses = np.full((rows, 1), attrs["hash_key"], np.uint64)
        for column in dense:
            crosses = fingerprints_cat64(crosses[:, :, None], _features(column)[:, None, :])
            crosses = crosses.reshape(rows, crosses.shape[1] * crosses.shape[2])
        places = np.indices(crosses.shape).reshape(2, -1).T.astype(np.int64)
        found = (crosses % modulus).astype(np.int64)
        return [places, found.ravel(), np.array(crosses.shape, np.int64)]


def _rows(places: Array, values: Array, shape: Array) -> list[Array]:
    """The features of a sparse column, row by row."""
    ends = np.searchsorted(places[:, 0], np.arange(1, int(shape[0])))
    return np.split(_features(values), ends) if shape[0] else []


def _crossed_rows(columns: Sequence[Sequence[Array]], key: int, modulus: np.uint64) -> list[Array]:
    found = []
    for features in zip(*columns, strict=True):
        crosses = np.array([key], np.uint64)
        for each in features:
            crosses = fingerprints_cat64(crosses[:, None], each[None, :]).ravel()
        found.append((crosses % modulus).astype(np.int64))
    places = [(row, column) for row, crosses in enumerate(found) for column in range(len(crosses))]
    return [
        np.array(places, np.int64).reshape(-1, 2),
        np.concatenate(found) if found else np.zeros(0, np.int64),
        np.array([len(found), max(map(len, found), default=0)], np.int64),
    ]


def _features(column: Array) -> Array:
    """The features of a column (rows, n) as words: hashes of strings, and integers as they are."""
    if column.dtype == object:
        hashes: Array = fingerprints64(strings_of(column)).reshape(column.shape)
        return hashes
    words: Array = column.astype(np.int64).view(np.uint64)
    return words


def sparse_cross(features: Sequence[Value], num_buckets: int) -> tuple[Value, ...]:
    """The crosses of features in each row, hashed into buckets: a sparse matrix of int64.

    Args:
      features: strings or integers (batch, n), at least one.
      num_buckets: the number of buckets.

    Returns:
      Indices (count, 2), values (count,) and shape (2,), all int64.

    Source: tf.sparse.cross_hashed.
    """
    strings = all(value.dtype is dtypes.string for value in features)
    types = [value.dtype for value in features]
    return emit(
        "SparseCross", [], [], [], list(features),
        hashed_output=True, num_buckets=num_buckets, hash_key=CROSS_KEY, dense_types=types, sparse_types=[],
        out_type=dtypes.int64, internal_type=dtypes.string if strings else dtypes.int64,
    )  # fmt: skip
