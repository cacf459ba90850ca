"""Arrays that lie in files, read when they are used."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers.file_array import FileArray
from kerasfmt.containers.zip.window import Window
from kerasfmt.errors import CorruptFileError

ARRAY = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


def stored(array: Any, dtype: Any = None, *, by_columns: bool = False) -> FileArray:
    data = b"head" + array.tobytes("F" if by_columns else "C")
    window = Window(io.BytesIO(data), 0, len(data))
    native = array.dtype.newbyteorder("=") if dtype is None else dtype
    return FileArray(window, "f: a", 4, array.shape, array.dtype, native, by_columns=by_columns)


@pytest.mark.parametrize("by_columns", [False, True])
@pytest.mark.parametrize("index", [(), slice(1, 3), (slice(2, 9),), slice(None, None, 2), (1, 2), ..., -1])
def test_parts(index: Any, by_columns: bool) -> None:
    found = stored(ARRAY, by_columns=by_columns)
    assert (found.shape, found.dtype) == ((4, 3, 2), np.float32)
    np.testing.assert_array_equal(found[index], ARRAY[index])


def test_dtypes() -> None:
    np.testing.assert_array_equal(np.asarray(stored(ARRAY.astype(">f4"))), ARRAY, strict=True)
    halves = ARRAY.astype(dtypes.bfloat16.numpy)
    found = stored(halves.view("V2"), dtypes.bfloat16.numpy)
    np.testing.assert_array_equal(np.asarray(found), halves, strict=True)
    assert np.asarray(stored(ARRAY), np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="f: a: lies in a file"):
        stored(ARRAY).__array__(copy=False)


def test_a_file_that_was_cut() -> None:
    data = ARRAY.tobytes()[:-1]
    found = FileArray(Window(io.BytesIO(data), 0, len(data)), "f: a", 0, (24,), ARRAY.dtype, ARRAY.dtype)
    with pytest.raises(CorruptFileError, match="f: a: the file ends within its bytes"):
        np.asarray(found)
