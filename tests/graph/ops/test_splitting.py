from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, i32, value
from tests.graph.ops.test_strings import BROKEN, TEXTS

SAMPLES = Samples()
case = SAMPLES.case

_TEXTS = np.array(
    [b" a  b ", b"a", b"a ", b" a", b"", b"a\x00b\x0bc", "a\u00a0b\u2003c".encode(), b"x,,y,", b",", b"aaa"], object
)  # fmt: skip
for _texts in (_TEXTS, BROKEN, TEXTS.ravel(), np.zeros(0, object)):
    for _separator in (b"", b",", b"aa"):
        for _most in (-1, 0, 1, 2):
            case(*("StringSplitV2", _texts, np.array(_separator, object)), maxsplit=_most, shape_is_open=True)
    for _separator in (b"", b",", b"a", b", ", b"\x0b\xc2"):
        for _skip in (False, True):
            case(*("StringSplit", _texts, np.array(_separator, object)), skip_empty=_skip, shape_is_open=True)
_TOKENS = np.array([b"a", b"b", b"c", b"", "ü".encode()], object)
_SPLITS = np.array([0, 3, 3, 4, 5], np.int64)
for _widths in ([1], [2], [1, 3], [4], [2, 4, 1]):
    for _pad in (0, -1, 1, 5):
        for _short in (False, True):
            case(
                *("StringNGrams", _TOKENS, _SPLITS),
                separator=" ",
                ngram_widths=_widths,
                left_pad="L",
                right_pad="RR",
                pad_width=_pad,
                preserve_short_sequences=_short,
                shape_is_open=True,
            )
case(
    *("StringNGrams", _TOKENS, i32([0, 5])),
    separator="",
    ngram_widths=[2],
    left_pad="",
    right_pad="",
    pad_width=0,
    preserve_short_sequences=False,
    shape_is_open=True,
)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "tokens": (
            lambda: ops.string_split(value(3, dtype=dtypes.string))[1],
            (None,),
            ["Const", "StringSplitV2"],
        ),
        "n-grams": (
            lambda: ops.string_ngrams(value(None, dtype=dtypes.string), np.array([0, 2], np.int64), [1, 2])[
                1
            ],
            (2,),
            ["Const", "StringNGrams"],
        ),
    }
    refused = {
        "dimensions": (lambda: ops.string_split(value(3, 1, dtype=dtypes.string)), "expected 1 dimensions"),
    }


def test_rows_that_do_not_fit_the_tokens() -> None:
    with pytest.raises(ValueError, match="row splits that ascend from 0 to 5"):
        find_op("StringNGrams").run({}, _TOKENS, i32([0, 4]))


@pytest.mark.parametrize(
    ("text", "delimiter", "skip_empty", "tokens"),
    [
        (b"a, b", b", ", True, [b"a", b"b"]),
        (b"a, b", b", ", False, [b"a", b"", b"b"]),
        (b"", b",", False, []),
        ("ü".encode(), b"", True, [b"\xc3", b"\xbc"]),
    ],
)
def test_split_at_bytes(text: bytes, delimiter: bytes, skip_empty: bool, tokens: list[bytes]) -> None:
    op = find_op("StringSplit")
    assert op is not None
    texts, any_of = np.array([text, b"x"], object), np.array(delimiter, object)
    indices, values, shape = op.run({"skip_empty": skip_empty}, texts, any_of)
    assert values.tolist() == [*tokens, b"x"]
    assert indices.tolist() == [*([0, n] for n in range(len(tokens))), [1, 0]]
    assert shape.tolist() == [2, max(len(tokens), 1)]
