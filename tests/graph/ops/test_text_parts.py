"""Parts of strings, strings joined, and patterns that match."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import KernelTests, Samples, texts

SAMPLES = Samples()
case = SAMPLES.case


words = texts(b"hello", b"\xc3\xa9t\xc3\xa9s", b"worlds", b"\xe6\xbc\xa2\xe5\xad\x97ab")
case("Substr", words, np.int32(1), np.int32(3))
case("Substr", words, np.int32([0, 1, -2, -4]), np.int32([2, 9, 1, 2]))
case("Substr", words, np.int64(1), np.int64(2), unit="UTF8_CHAR")
case("Substr", words, np.int32([-1, -3, 0, 2]), np.int32([1, 1, 0, 5]), unit="UTF8_CHAR")
table = texts(b"a", b"b", b"c", b"d", b"", b"f").reshape(2, 3)
case("ReduceJoin", table, np.int32([1]), separator="-", shape_is_open=True)
case("ReduceJoin", table, np.int32([0]), keep_dims=True, shape_is_open=True)
case("ReduceJoin", table, np.int32([0, 1]), separator="|", shape_is_open=True)
case("ReduceJoin", table, np.int32([-1, 0]), separator="|", shape_is_open=True)
case("ReduceJoin", table, np.zeros(0, np.int32), shape_is_open=True)
case("RegexFullMatch", texts(b"abc", b"ab", b"xabc", b"abcc"), np.array(b"ab[cd]+", object))
case("RegexFullMatch", texts(b"a\xc3\xa9", b"a", b"b"), np.array("a\u00e9|b".encode(), object))


class TestKernels(KernelTests):
    samples = SAMPLES


@pytest.mark.parametrize(
    ("op", "inputs", "attrs", "said"),
    [
        (
            "Substr",
            [texts(b"abc"), 4, 1],
            {"unit": "BYTE"},
            "position 4 is out of range for a string of 3 bytes",
        ),
        (
            "Substr",
            [texts(b"abc"), -4, 1],
            {"unit": "UTF8_CHAR"},
            "out of range for a string of 3 characters",
        ),
    ],
)
def test_what_is_refused(op: str, inputs: list[Any], attrs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_op(op).run(attrs, *map(np.asarray, inputs))
