from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import ops
from kerasfmt.graph.op import find_op
from kerasfmt.graph.ops import regex
from tests.graph.ops.op_tests import FrontendTests, KernelTests, Samples, value
from tests.graph.ops.test_re2_subset import LEFT, TAKEN
from tests.graph.ops.test_strings import BROKEN, TEXTS

SAMPLES = Samples()
case = SAMPLES.case

MIXED = np.array(
    [b"", b"<br />a<br />b", b"x.y, z! \xc2\xbf?", "é😀aa bbb  c\n\td".encode(), b"\xffab\xe2\x82c\x00 \x0b",
     b"aaa abc ]-_7 xaa", b"]" * 5, b"b" * 7],
    object,
)  # fmt: skip
REWRITES = ("", "-", r" \0 ", "\\\\", "é")
for _pattern in TAKEN:
    for _rewrite in REWRITES if _pattern in (r"\s+", r"([?.!,¿])") else ("", r"<\0>"):
        for _everywhere in (True, False):
            case(
                *("StaticRegexReplace", MIXED),
                pattern=_pattern,
                rewrite=_rewrite,
                replace_global=_everywhere,
            )
for _texts in (TEXTS, np.delete(BROKEN, [2, 4, 11])):  # but what only RE2 takes
    for _pattern in ("[^a-z]", ".", r"[\W]+", "[é-\U0001f6ff]"):
        case("StaticRegexReplace", _texts, pattern=_pattern, rewrite=r"(\0)")
case("StaticRegexReplace", MIXED, pattern="(a)(b)", rewrite=r"\2\1\2")
case("StaticRegexReplace", MIXED, pattern="(a)", rewrite=r"\2")
case("StaticRegexReplace", MIXED, pattern="(a)|b", rewrite=r"[\1]")
case("RegexReplace", MIXED, np.array(rb"\s+", object), np.array(b"_", object))
case(
    "RegexReplace",
    MIXED,
    np.array("([aé])".encode(), object),
    np.array(rb"\1\1", object),
    replace_global=False,
)


class TestKernels(KernelTests):
    samples = SAMPLES


class TestFrontends(FrontendTests):
    uses = {
        "constants": (
            lambda: ops.regex_replace(value(None, 3, dtype=dtypes.string), "a", "b"),
            (None, 3),
            ["StaticRegexReplace"],
        ),
        "values": (
            lambda: ops.regex_replace(value(3, dtype=dtypes.string), np.array("a", object), "b"),
            (3,),
            ["Const", "Const", "RegexReplace"],
        ),
    }
    refused = {"numbers": (lambda: ops.regex_replace(value(3), "a", "b"), "expected string, got float32")}


def replaced(pattern: str | bytes, rewrite: str, *texts: bytes, everywhere: bool = True) -> list[bytes]:
    attrs = {"pattern": pattern, "rewrite": rewrite, "replace_global": everywhere}
    return list(find_op("StaticRegexReplace").run(attrs, np.array(texts, object))[0])


def test_without_re2_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    regex._replacing.cache_clear()
    with pytest.raises(UnsupportedLayerError, match=r"a part \('\*' .*pip install 'kerasfmt\[text\]'"):
        replaced("a*b", "", b"aab")
    assert replaced("ab", "x", b"aab") == [b"ax"]
    with pytest.raises(UnsupportedLayerError, match="a text holds what is no character"):
        replaced("[^a]", "x", b"\xed\xa0\x80")


def test_what_is_no_pattern_and_no_rewrite() -> None:
    with pytest.raises(ValueError, match="rewrite: expected a digit or a backslash after a backslash"):
        replaced("a", r"\n", b"a")
    with pytest.raises(ValueError, match="pattern: expected UTF-8"):
        replaced(b"\xff", "", b"a")


re2_cases: dict[str, tuple[str, str, bytes, bytes]] = {
    "empty matches": ("a*", "-", b"baac", b"-b-c-"),
    "empty matches beside broken text": ("x*", "-", "é".encode() + b"\xff", b"-\xc3\xa9-\xff-"),
    "nested groups": ("((a)b)+", r"\2", b"ababc", b"ac"),
    "a group that does not match": ("(a)?b", r"[\1]", b"bab", b"[][a]"),
    "flags": ("(?i)AB", "x", b"abAb", b"xx"),
    "boundaries": (r"\bab\b", "x", b"ab abc ab", b"x abc x"),
    "too many groups": ("a*", r"\1", b"aa", b"aa"),
}  # fmt: skip


@pytest.mark.parametrize("name", re2_cases)
def test_what_re2_finds(name: str) -> None:
    pytest.importorskip("re2")
    pattern, rewrite, text, expected = re2_cases[name]
    assert replaced(pattern, rewrite, text) == [expected]


def test_patterns_that_re2_refuses() -> None:
    pytest.importorskip("re2")
    with pytest.raises(ValueError, match=r"pattern 'a\(': .*missing"):
        replaced("a(", "", b"a")
    assert replaced("(a*)(b)", r"\2\1", b"aab aab", everywhere=False) == [b"baa aab"]


@pytest.mark.parametrize("pattern", TAKEN)
def test_the_subset_finds_what_re2_finds(pattern: str) -> None:
    pytest.importorskip("re2")
    assert pattern not in LEFT
    parts = regex._parsed(rb"<\0>")
    theirs: Any = regex._by_re2(pattern, parts, "")
    ours = regex._replacing(pattern.encode(), rb"<\0>")
    for text in (*MIXED, *BROKEN, *TEXTS.ravel()):
        for everywhere in (True, False):
            assert ours(text, everywhere) == theirs(text, everywhere)
