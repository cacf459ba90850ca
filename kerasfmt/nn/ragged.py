"""Ragged matrices in graphs: flat values, and the places at which rows begin and end.

Source: tensorflow/python/ops/ragged/row_partition.py, ragged_string_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops


@dataclass(frozen=True)
class Ragged:
    """A ragged matrix.

    Attributes:
      splits: int64 (rows + 1,), where each row begins and where the last one ends.
      values: (n,), the rows one after the other.
    """

    splits: Value
    values: Value

    def with_values(self, values: Value) -> Ragged:
        """The matrix with other values in the same rows."""
        return Ragged(self.splits, values)


def split_words(x: Value) -> Ragged:
    """The words of strings (n,), between ASCII whitespace. Source: tf.strings.split."""
    indices, values, shape = ops.string_split(x)
    rows = ops.getitem(ops.transpose(indices, [1, 0]), 0)
    lengths = ops.segment_sum(ops.ones_like(rows), rows, ops.getitem(shape, 0))
    zero = x.graph.constant(np.zeros(1, np.int64))
    return Ragged(ops.concat([zero, ops.cumsum(lengths)], 0), values)


def split_characters(x: Value) -> Ragged:
    """The characters of strings in UTF-8 (n,). Source: tf.strings.unicode_split."""
    return Ragged(*ops.unicode_split(x))


def join_neighbours(x: Ragged, widths: Sequence[int]) -> Ragged:
    """Strings joined with those that follow them in their row, a space between them. Source: tf.strings.ngrams."""
    values, splits = ops.string_ngrams(x.values, x.splits, widths)
    return Ragged(splits, values)


def join_columns(x: Value, widths: Sequence[int]) -> Value:
    """Strings (rows, n) joined with those that follow them in their row: (rows, m), filled with empty strings."""
    shape = ops.cast(ops.shape(x), dtypes.int64)
    rows, columns = ops.getitem(shape, 0), ops.getitem(shape, 1)
    zero = np.zeros((), np.int64)
    splits = ops.range_(zero, rows + np.int64(1), np.int64(1)) * columns
    joined = join_neighbours(Ragged(splits, ops.reshape(x, [-1])), widths)
    return to_dense(joined, np.array(b"", object), None)


def to_dense(x: Ragged, default: np.ndarray[tuple[()], np.dtype[np.generic]], length: int | None) -> Value:
    """A ragged matrix as a dense one: (rows, length).

    Args:
      x: the matrix.
      default: what fills short rows.
      length: the length of each row, to which long ones are cut; None for that of the longest.
    """
    return ops.ragged_to_tensor(x.splits, x.values, default, (-1, -1 if length is None else length))
