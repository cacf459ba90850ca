from __future__ import annotations

import re
import time
import warnings

import pytest

from kerasfmt.graph.ops.re2_subset import NotInSubset, translate

# Pattern -> texts that it matches as a whole, and texts in which it matches nothing.
TAKEN: dict[str, tuple[list[str], list[str]]] = {
    r'[!"#$%&()\*\+,-\./:;<=>?@\[\\\]^_`{|}~\']': (list("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"), ["a b1"]),
    r"<br />": (["<br />"], ["<br/>"]),
    r"\s+": ([" ", "\t\n\f\r "], ["\v", "\u00a0"]),
    r"([?.!,¿])": (["?", "¿"], ["a"]),
    r"[^a-z]+": (["A1 ¿\n😀"], ["abc"]),
    r"[\s\S]": (["a", "\n", "😀"], []),
    r".": (["a", "é"], ["\n"]),
    r"^a|b{3}": (["a", "bbb"], ["ca", "bb"]),
    r"ab$": (["ab"], ["ab\n"]),
    r"a{2,}": (["aa", "aaaa"], ["a"]),
    r"xa{1,2}": (["xa", "xaa"], ["x"]),
    r"[]a-]": (["]", "a", "-"], ["b"]),
    r"[\d_\-]": (["7", "_", "-"], ["٣", "a"]),
    r"\D\W\.\t": (["a .\t"], ["1a.\t"]),
    r"[a-cb-f]": (["a", "f"], ["g"]),
    r"(ab)(c)": (["abc"], ["ab"]),
    r"(a+)|b": (["aaa", "b"], ["c"]),
}
LEFT = {
    "a*": "'\\*' at character 1",
    "a?b": "'\\?' at character 1",
    "a+b": "something follows an atom that repeats",
    "(a+)b": "something follows an atom that repeats",
    "(a+b)": "something follows an atom that repeats",
    r"\s+$": "an end follows an atom that repeats",
    "a+?": "a repetition is repeated, or is as short",
    "a{1}{2}": "a repetition is repeated",
    "(a){2}": "a group repeats",
    "(a|b)": "'\\|' at character 2",
    "((a))": "'\\(' at character 1",
    "(?i)a": "'\\?' at character 1",
    "(a": "a group is not closed",
    "a)": "'\\)' at character 1",
    "[a": "a class is not closed",
    "[": "a class is not closed",
    "[a-": "a class is not closed",
    "[b-a]": "a range of characters",
    r"[\d-z]": "a range of characters",
    "[[:alpha:]]": "a class with a name",
    r"\bword": "the escape \\\\b",
    r"\pL": "the escape \\\\p",
    "\\": "the escape \\\\ is",
    "a{x}": "hold no count",
    "a{2": "hold no count",
    "a{3,2}": "a count ends before it begins",
    "a{1001}": "hold no count",
    "a{900}b{900}": "more than 1000 characters",
    "": "it matches the empty text",
    "a|": "it matches the empty text",
    "^": "it matches the empty text",
    "a{0,2}": "it matches the empty text",
    "a^": "'\\^' at character 1",
    "$a": "matches the empty text|'a' at character 1",
}


@pytest.mark.parametrize("pattern", TAKEN)
def test_patterns_of_the_subset(pattern: str) -> None:
    whole, nothing = TAKEN[pattern]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = re.compile(translate(pattern).text)
    assert all(found.fullmatch(text) for text in whole)
    assert not any(found.search(text) for text in nothing)
    assert found.groups == translate(pattern).groups


def test_which_patterns_match_ascii_alone() -> None:
    kinds = {pattern: translate(pattern).is_ascii for pattern in (r"\s+", "é", "[^a]", ".", "[a-é]", r"\D")}
    assert list(kinds.values()) == [True, False, False, False, False, False]


@pytest.mark.parametrize("pattern", LEFT)
def test_patterns_that_are_left_to_re2(pattern: str) -> None:
    with pytest.raises(NotInSubset, match=LEFT[pattern]):
        translate(pattern)


@pytest.mark.parametrize("pattern", [r"\s{2,}", "[^a]+", "a{20}b", "(x[ab]+)|a{9}"])
def test_matches_are_found_in_linear_time(pattern: str) -> None:
    found = re.compile(translate(pattern).text)
    start = time.perf_counter()
    for text in (" " * 300_000, "a" * 300_000, "xa" * 150_000, " a" * 150_000):
        found.sub("", text)
    assert time.perf_counter() - start < 5
