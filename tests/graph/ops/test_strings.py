from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value

SAMPLES = Samples()
case, floats, ints = SAMPLES.case, SAMPLES.floats, SAMPLES.ints

for _dtype in (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16):
    case("AsString", np.array([[0, 7], [100, 3]], _dtype))
case("AsString", np.array([-(2**63), 2**63 - 1, -5], np.int64), width=6, fill="0")
case("AsString", np.array([True, False]))
_FLOATS = np.array([0.0, -0.0, 1.5, 1e10, 1e-7, np.inf, -np.inf, np.nan])
for _dtype in (np.float32, np.float64):
    case("AsString", _FLOATS.astype(_dtype))
    case("AsString", _FLOATS.astype(_dtype), shortest=True)
    case("AsString", _FLOATS.astype(_dtype), scientific=True, precision=3, width=12, fill=" ")
case("AsString", np.array([1 + 2j, -0.5j], np.complex64), precision=2)

TEXTS = np.array(
    [
        [b"", b"Plain ASCII, 12!", "ÄÖÜ grüße ΑΣ ΣΑ ΑΣ.".encode(), "İI ǅ ẞ ﬁ ŉ".encode()],
        [b"\xff\xfeBroken \xe2\x82", b" \t\n\x0b\x0c\rA b\x00 \r\n", "日本語 😀".encode(), b"X" * 300],
    ],
    object,
)
BROKEN = np.array(
    [b"\xe2\x82", b"\xe2\x82A", b"\xed\xa0\x80", b"\xf0\x90\x80", b"\xf4\x90\x80\x80", b"\xc0\x80",
     b"\xe2A\x82", b"\xf8\x88\x80\x80\x80", b"\xf0\x90A", b"\xf1\x80\x80", b"\x80\xbf", b"\xe0\x80\xaf"],
    object,
)  # fmt: skip
"""Strings that are not UTF-8, in every way."""
for _texts in (TEXTS, BROKEN, np.zeros((0, 2), object)):
    for _op in ("StringLower", "StringUpper"):
        case(_op, _texts)
        case(_op, _texts, encoding="utf-8")
    case("StringStrip", _texts)
    case("StringLength", _texts)
    case("StringLength", _texts, unit="UTF8_CHAR")
_WHOLE = np.array([b"1", b" -12 ", b"007", b"\t5\n"], object)
_REAL = np.array(
    [b"1", b" 1.5 ", b"+2", b"1e3", b".5", b"5.", b"-INF", b"nan", b"0x10", b"1e400", b"-1e-400"], object
)
for _dtype in (dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64):
    case("StringToNumber", _WHOLE, out_type=_dtype)
for _dtype in (dtypes.float32, dtypes.float64):
    case("StringToNumber", _REAL, out_type=_dtype)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "numbers": (lambda: ops.as_string(value(None, 3, dtype=dtypes.int32)), (None, 3), ["AsString"]),
        "lower": (lambda: ops.string_lower(value(3, dtype=dtypes.string)), (3,), ["StringLower"]),
        "upper": (lambda: ops.string_upper(value(3, dtype=dtypes.string), "utf-8"), (3,), ["StringUpper"]),
        "strip": (lambda: ops.string_strip(value(3, dtype=dtypes.string)), (3,), ["StringStrip"]),
        "length": (lambda: ops.string_length(value(None, dtype=dtypes.string)), (None,), ["StringLength"]),
    }
    refused = {"handle": (lambda: ops.as_string(value(3, dtype=dtypes.resource)), "T: expected one of")}


@pytest.mark.parametrize(
    ("array", "given", "said"),
    [
        (np.zeros(1, np.int32), {"precision": 2}, "integers have no precision"),
        (np.zeros(1), {"fill": "x"}, "fill: expected one of"),
        (np.zeros(1), {"scientific": True, "shortest": True}, "expected one of scientific and shortest"),
    ],
    ids=["precision", "fill", "form"],
)
def test_forms_that_no_number_has(array: np.ndarray, given: dict[str, object], said: str) -> None:
    attrs = {"precision": -1, "scientific": False, "shortest": False, "width": -1, "fill": "", **given}
    with pytest.raises(ValueError, match=said):
        find_op("AsString").run(attrs, array)


@pytest.mark.parametrize("dtype", [dtypes.int32, dtypes.int64, dtypes.float32], ids=str)
@pytest.mark.parametrize("text", [b"", b"1.5abc", b"1_0", b"- 1", b"infinity", b"0x", b"1 2", b"e5"], ids=str)
def test_texts_that_are_no_numbers(text: bytes, dtype: dtypes.DType) -> None:
    with pytest.raises(ValueError, match=r"expected a (whole )?number, got"):
        find_op("StringToNumber").run({"out_type": dtype}, np.array([text], object))


def test_numbers_that_do_not_fit() -> None:
    for text, dtype in ((b"2147483648", dtypes.int32), (b"9223372036854775808", dtypes.int64)):
        with pytest.raises(ValueError, match=f"a number that {dtype} does not hold"):
            find_op("StringToNumber").run({"out_type": dtype}, np.array([text], object))
    with pytest.raises(ValueError, match="expected a whole number"):
        find_op("StringToNumber").run({"out_type": dtypes.int64}, np.array([b"1" * 10000], object))
    with pytest.raises(ValueError, match="encoding: expected utf-8 or none"):
        find_op("StringLower").run({"encoding": "latin-1"}, np.array([b"A"], object))
