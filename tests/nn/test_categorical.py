from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec
from kerasfmt.graph.run import run
from kerasfmt.nn.categorical import encode_categories, encode_ragged
from kerasfmt.nn.ragged import Ragged

ROWS = np.array([[0, 2, 2], [3, 0, 9]], np.int64)
CASES: dict[str, tuple[Any, str, Any]] = {
    "int": (ROWS, "int", ROWS),
    "multi-hot": (ROWS, "multi_hot", [[1, 0, 1, 0], [1, 0, 0, 1]]),
    "count": (ROWS, "count", [[1, 0, 2, 0], [1, 0, 0, 1]]),
    "one row": (ROWS[0], "count", [1, 0, 2, 0]),
    "one-hot scalars": (ROWS[0], "one_hot", [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]]),
    "one-hot columns": (ROWS[:, :1], "one_hot", [[1, 0, 0, 0], [0, 0, 0, 1]]),
    "of no dimension": (np.int64(2), "multi_hot", [0, 0, 1, 0]),
    "floats": (ROWS.astype(np.float32), "count", [[1, 0, 2, 0], [1, 0, 0, 1]]),
    "int32": (ROWS.astype(np.int32), "count", [[1, 0, 2, 0], [1, 0, 0, 1]]),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("open_sizes", [False, True])
def test_every_output_mode(name: str, open_sizes: bool) -> None:
    given, mode, expected = CASES[name]
    array = np.asarray(given)
    graph = Builder("encoded")
    shape = (None, *array.shape[1:]) if open_sizes and array.ndim else array.shape
    value = graph.input(Spec(shape, dtypes.of(array.dtype)))
    dtype = dtypes.int64 if mode == "int" else dtypes.float32
    outputs = encode_categories(value, mode, 4, dtype)
    (found,) = run(graph.finish([outputs]), [array], {})
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == dtype.numpy
    assert outputs.shape is not None
    assert all(known in (None, size) for known, size in zip(outputs.shape, found.shape, strict=True))


def test_weights() -> None:
    graph = Builder("encoded")
    value = graph.input(Spec((None, 3), dtypes.int64))
    weights = graph.input(Spec((None, 3), dtypes.float32))
    counts = encode_categories(value, "count", 4, dtypes.float32, count_weights=weights)
    idf = encode_categories(
        value, "tf_idf", 4, dtypes.float32, idf_weights=np.array([1, 2, 3, 4], np.float32)
    )
    given = np.array([[1, 0.5, 0.25], [2, 4, 8]], np.float32)
    found = run(graph.finish([counts, idf]), [ROWS, given], {})
    assert found[0].tolist() == [[1, 0, 0.75, 0], [4, 0, 0, 2]]
    assert found[1].tolist() == [[1, 0, 6, 0], [1, 0, 0, 4]]


def test_what_is_refused() -> None:
    value = Builder("encoded").input(Spec((None, 3), dtypes.int64))
    with pytest.raises(ValueError, match="at most 2 dimensions, as Keras 2 allows"):
        encode_categories(value, "one_hot", 4, dtypes.float32)
    with pytest.raises(ValueError, match="expected idf_weights, got none"):
        encode_categories(value, "tf_idf", 4, dtypes.float32)
    graph = Builder("encoded")
    value = graph.input(Spec((None, 3), dtypes.int64))
    function = graph.finish([encode_categories(value, "count", 4, dtypes.float32)])
    with pytest.raises(InvalidModelError, match="a value to count is negative"):
        run(function, [-ROWS], {})


def test_rows_of_different_lengths() -> None:
    graph = Builder("encoded")
    rows = Ragged(*(graph.input(Spec((None,), dtypes.int64)) for _ in range(2)))
    weights = np.array([1, 2, 3, 4], np.float32)
    outputs = [
        encode_ragged(rows, mode, 4, dtypes.float32, idf_weights=weights)
        for mode in ("multi_hot", "count", "tf_idf")
    ]
    assert {output.shape for output in outputs} == {(None, 4)}
    found = run(graph.finish(outputs), [np.array([0, 3, 3, 5]), np.array([0, 2, 2, 3, 9])], {})
    assert found[0].tolist() == [[1, 0, 1, 0], [0] * 4, [0, 0, 0, 1]]
    assert found[1].tolist() == [[1, 0, 2, 0], [0] * 4, [0, 0, 0, 1]]
    assert found[2].tolist() == [[1, 0, 6, 0], [0] * 4, [0, 0, 0, 4]]
