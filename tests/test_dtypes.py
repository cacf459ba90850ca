from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes, protos
from kerasfmt.errors import UnsupportedFormatError

ml_dtypes = pytest.importorskip("ml_dtypes")


def in_numpy(row: dtypes.DType) -> bool:
    """Whether the installed ml_dtypes has the type: int2, uint2 and float4_e2m1fn are younger than 0.3."""
    try:
        row.numpy  # noqa: B018
    except UnsupportedFormatError:
        return False
    return True


def test_rows_are_every_value_type_of_tensorflow() -> None:
    values = {number for number in protos.DataType.values() if 0 < number < 100}
    assert [row.enum for row in dtypes.ALL] == sorted(values)


@pytest.mark.parametrize("row", dtypes.ALL, ids=str)
def test_of_accepts_every_spelling(row: dtypes.DType) -> None:
    assert dtypes.of(row) is row
    assert dtypes.of(row.name) is row
    assert dtypes.of(row.enum) is row
    if in_numpy(row):
        assert row.itemsize in (0, row.numpy.itemsize)
        assert dtypes.of(row.numpy) is (dtypes.string if row.numpy.hasobject else row)


@pytest.mark.parametrize(
    ("x", "row"),
    [
        (">f4", dtypes.float32),
        (np.float32, dtypes.float32),
        (bool, dtypes.bool_),
        ("float", dtypes.float32),
        ("double", dtypes.float64),
        ("half", dtypes.float16),
        ("<U3", dtypes.string),
        ("S7", dtypes.string),
        (object, dtypes.string),
        (ml_dtypes.bfloat16, dtypes.bfloat16),
        (np.dtype([("qint32", ">i4")]), dtypes.qint32),
        (np.intp, dtypes.int64),
    ],
)
def test_of_numpy_spellings(x: object, row: dtypes.DType) -> None:
    assert dtypes.of(x) is row  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "x", [0, 34, 101, -1, "floaty", np.dtype("M8[s]"), np.dtype([("a", "i4")]), np.longdouble, "V3"]
)
def test_of_refuses_what_tensorflow_has_not(x: object) -> None:
    with pytest.raises(UnsupportedFormatError):
        dtypes.of(x)  # type: ignore[arg-type]


def test_families() -> None:
    assert dtypes.bfloat16.is_floating and dtypes.float8_e5m2.is_floating
    assert dtypes.int4.is_integer and dtypes.uint64.is_integer
    assert not dtypes.bool_.is_integer and not dtypes.qint8.is_integer
    assert dtypes.qint8.is_quantized
    assert dtypes.complex64.is_complex and not dtypes.complex64.is_floating
    assert str(dtypes.float32) == "float32"


@pytest.mark.parametrize(
    "x", [",", "f4,f4", "f4,(2", "(((((", "f4" * 50, "", "\0", [], {}, ("f4",), {"names": 1}, 1.5]
)
def test_of_refuses_what_names_no_dtype(x: object) -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"dtype .*: (expected the name of|TensorFlow has no such)"
    ):
        dtypes.of(x)  # type: ignore[arg-type]
