"""The checks of vocabularies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers.vocabulary import Special, as_tokens, checked_tokens

NONE = Special(None, "[UNK]", 0, 1)
MASKED = Special("", "[UNK]", 1, 2)


@pytest.mark.parametrize(
    "given", [["é", "b"], ("é", "b"), np.array(["é", "b"]), np.array(["é".encode(), b"b"], object)]
)
def test_strings_are_bytes(given: Any) -> None:
    assert as_tokens(given, dtypes.string).tolist() == ["é".encode(), b"b"]


def test_no_token_loses_its_end() -> None:
    assert as_tokens(["a\0", "a"], dtypes.string).tolist() == [b"a\0", b"a"]


def test_integers_have_the_dtype() -> None:
    found = as_tokens([1, -2], dtypes.int32)
    assert (found.dtype, found.tolist()) == (np.int32, [1, -2])


@pytest.mark.parametrize(
    ("given", "dtype", "text"),
    [
        ([], dtypes.string, "expected a list of tokens, got an array of shape (0,)"),
        ([["a"], ["b"]], dtypes.string, "expected texts or bytes, got list"),
        ([1], dtypes.string, "expected texts or bytes, got int"),
        (np.array([["a"]]), dtypes.string, "got an array of shape (1, 1)"),
        (["a"], dtypes.int64, "expected integers, got"),
        ([1.5], dtypes.int64, "expected integers, got float64"),
        ([2**40], dtypes.int32, "expected whole numbers that int32 holds"),
        ("text", dtypes.int64, "got an array of shape ()"),
    ],
)
def test_what_is_no_list_of_tokens(given: Any, dtype: dtypes.DType, text: str) -> None:
    with pytest.raises(InvalidModelError) as caught:
        as_tokens(given, dtype)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("given", "special", "tokens", "with_special"),
    [
        (["a", "b"], NONE, [b"a", b"b"], False),
        (["[UNK]", "a"], NONE, [b"a"], True),
        (["a", "[UNK]"], NONE, [b"a", b"[UNK]"], False),
        (["", "[UNK]", "[UNK]", "a"], MASKED, [b"a"], True),
        (["a"], Special(None, None, 0, 1), [b"a"], False),
    ],
)
def test_special_tokens_may_come_first(
    given: list[str], special: Special, tokens: list[bytes], with_special: bool
) -> None:
    found = checked_tokens(
        as_tokens(given, dtypes.string), special, dtypes.string, False, None, InvalidModelError
    )
    assert (found[0].tolist(), found[1]) == (tokens, with_special)


@pytest.mark.parametrize(
    ("given", "special", "invert", "text"),
    [
        (["a", "b", "a"], NONE, False, "1 tokens come more than once, b'a' the first"),
        (["a", ""], MASKED, False, "it holds the mask token ''"),
        (["a", "[UNK]"], NONE, True, "it holds the oov token '[UNK]'"),
        (["a", "b", "c", "d"], NONE, False, "it has 5 tokens, max_tokens allows 4"),
    ],
)
def test_what_is_refused(given: list[str], special: Special, invert: bool, text: str) -> None:
    with pytest.raises(InvalidModelError) as caught:
        checked_tokens(as_tokens(given, dtypes.string), special, dtypes.string, invert, 4, InvalidModelError)
    assert text in str(caught.value)
