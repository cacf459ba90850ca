"""Category numbers as layers give them: as they are, one-hot, multi-hot, counted or weighted.

Source: tf_keras/src/layers/preprocessing/preprocessing_utils.py.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, ops
from kerasfmt.graph.value import Operand
from kerasfmt.nn.ragged import Ragged

INT: Final = "int"
ONE_HOT: Final = "one_hot"
MULTI_HOT: Final = "multi_hot"
COUNT: Final = "count"
TF_IDF: Final = "tf_idf"


def encode_categories(
    indices: Value,
    output_mode: str,
    depth: int,
    dtype: DType,
    *,
    count_weights: Value | None = None,
    idf_weights: Operand | None = None,
) -> Value:
    """Category numbers in an output mode.

    Args:
      indices: integers (batch, n) or (batch,), at least 0. In mode "int" they may have any shape.
      output_mode: "int" for the numbers themselves; "one_hot" for a 1 at each number; "multi_hot" for a 1 at every
        number of a row; "count" for how often each number occurs in a row; "tf_idf" for that times `idf_weights`.
      depth: the number of categories: the size of the last axis, except in mode "int". Greater numbers count nowhere.
      dtype: of the result.
      count_weights: in mode "count", what each number counts, in the shape of `indices` and of `dtype`.
      idf_weights: in mode "tf_idf", the weight of each category: (depth,), of `dtype`.

    Returns:
      Mode "int": the shape of `indices`. Other modes: (batch, depth); of (n,) numbers in one row, (depth,).

    Raises:
      ValueError: `indices` have too many dimensions, as they also have for Keras 2.
    """
    if output_mode == INT:
        return ops.identity(ops.cast(indices, dtype))
    given = indices.shape
    if indices.rank == 0:
        indices = ops.expand_dims(indices, -1)
    if output_mode == ONE_HOT and indices.dims[-1] != 1:
        indices = ops.expand_dims(indices, -1)
    if indices.rank > 2:
        raise ValueError(
            f"output_mode {output_mode!r}: expected an output of at most 2 dimensions, as Keras 2 allows; "
            f"category numbers of shape {given} give {indices.rank}"
        )
    if not indices.dtype.is_integer:
        indices = ops.cast(indices, dtypes.int32)
    hot = output_mode in (ONE_HOT, MULTI_HOT)
    weights = np.zeros(0, dtype.numpy) if count_weights is None else count_weights
    counts = ops.dense_bincount(indices, depth, weights, binary_output=hot)
    return _weighted(counts, output_mode, idf_weights)


def encode_ragged(
    rows: Ragged, output_mode: str, depth: int, dtype: DType, *, idf_weights: Operand | None = None
) -> Value:
    """Category numbers in rows of different lengths as vectors: (rows, depth), of `dtype`.

    Args:
      rows: integers of at least 0. Those of `depth` and more count nowhere.
      output_mode: "multi_hot", "count" or "tf_idf"; see `encode_categories`.
      depth: the number of categories.
      dtype: of the result.
      idf_weights: in mode "tf_idf", the weight of each category: (depth,), of `dtype`.
    """
    counts = ops.ragged_bincount(
        *(rows.splits, rows.values, depth, np.zeros(0, dtype.numpy)), binary_output=output_mode == MULTI_HOT
    )
    return _weighted(counts, output_mode, idf_weights)


def _weighted(counts: Value, output_mode: str, idf_weights: Operand | None) -> Value:
    if output_mode != TF_IDF:
        return counts
    if idf_weights is None:
        raise ValueError(f"output_mode {output_mode!r}: expected idf_weights, got none")
    return ops.multiply(counts, idf_weights)
