from __future__ import annotations

import time

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value
from tests.graph.ops.test_strings import BROKEN, TEXTS

SAMPLES = Samples()
case = SAMPLES.case

_CONTROLS = np.array([b"ab\x01\x7f\xc2\x85\n\t", b"a\xffb", b"\xef\xbf\xbd"], object)
for _op in ("UnicodeDecode", "UnicodeDecodeWithOffsets"):
    for _texts in (TEXTS, BROKEN, _CONTROLS, np.zeros(0, object), np.array([b"", b""], object)):
        for _attrs in (
            {},
            {"errors": "ignore"},
            {"errors": "replace", "replacement_char": 63},
            {"replace_control_characters": True},
            {"errors": "ignore", "replace_control_characters": True},
        ):
            case(_op, _texts, input_encoding="UTF-8", shape_is_open=True, **_attrs)
    case(_op, TEXTS[0], input_encoding="UTF-8", errors="strict", shape_is_open=True)
# TensorFlow 2.15 replaces noncharacters (U+FFFE), as the kernel does; later releases write them.
_POINTS = i32([97, 0xD800, 0x110000, 0x1F600, -1, 0xFFFC, 0xFDCF, 0x10FFFD, 0, 0xE9])
_SPLITS = np.array([0, 2, 2, 5, 10], np.int64)
case("UnicodeEncode", _POINTS, _SPLITS, output_encoding="UTF-8", errors="replace")
# With "ignore", TensorFlow 2.15 replaces surrogates, as the kernel does; later releases leave them out.
_WHOLE = np.where(_POINTS == 0xD800, i32(0xE000), _POINTS)
case("UnicodeEncode", _WHOLE, _SPLITS, output_encoding="UTF-8", errors="ignore")
case("UnicodeEncode", _POINTS, _SPLITS, output_encoding="UTF-8", replacement_char=63)
case("UnicodeEncode", i32([97, 98]), i32([0, 2]), output_encoding="UTF-8", errors="strict")


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "characters": (
            lambda: ops.unicode_split(value(3, dtype=dtypes.string))[0],
            (4,),
            ["UnicodeDecode", "Size", "Const", "AddV2", "Const", "Range", "Cast", "UnicodeEncode"],
        ),
        "code points": (
            lambda: ops.unicode_decode(value(3, dtype=dtypes.string))[1],
            (None,),
            ["UnicodeDecode"],
        ),
        "strings": (
            lambda: ops.unicode_encode(value(None, dtype=dtypes.int32), np.array([0, 1, 2], np.int64)),
            (2,),
            ["Const", "UnicodeEncode"],
        ),
    }
    refused = {
        "numbers": (lambda: ops.unicode_decode(value(3)), "expected string, got float32"),
    }


@pytest.mark.parametrize(
    ("op", "operands", "attrs", "said"),
    [
        ("UnicodeDecode", (BROKEN,), {"input_encoding": "UTF-8", "errors": "strict"}, "is not UTF-8"),
        ("UnicodeDecode", (BROKEN,), {"input_encoding": "UTF-16-BE"}, "input_encoding: expected UTF-8"),
        ("UnicodeEncode", (_POINTS, _SPLITS), {"output_encoding": "UTF-8", "errors": "strict"}, "55296 is not"),
        ("UnicodeEncode", (_POINTS, _SPLITS), {"output_encoding": "UTF-32-BE"}, "output_encoding: expected"),
        ("UnicodeEncode", (_POINTS, _SPLITS[:2]), {"output_encoding": "UTF-8"}, "row splits that ascend"),
    ],
)  # fmt: skip
def test_what_is_refused(
    op: str, operands: tuple[np.ndarray, ...], attrs: dict[str, object], said: str
) -> None:
    defaults = {"errors": "replace", "replacement_char": 65533, "replace_control_characters": False}
    with pytest.raises(ValueError, match=said):
        find_op(op).run({**defaults, "Tsplits": dtypes.int64, **attrs}, *operands)


def test_broken_text_takes_no_more_time_than_other_text() -> None:
    attrs = {
        "input_encoding": "UTF-8",
        "errors": "replace",
        "replacement_char": 65533,
        "Tsplits": dtypes.int64,
    }
    start = time.perf_counter()
    _, values = find_op("UnicodeDecode").run(
        {**attrs, "replace_control_characters": False}, np.array([b"\xff\xe2\x82" * 100_000], object)
    )
    assert len(values) == 200_000
    assert time.perf_counter() - start < 10
