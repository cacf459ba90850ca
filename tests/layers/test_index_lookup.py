"""From tokens to their numbers; the layers themselves are tested in `test_lookup.py`."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import IntegerLookup, StringLookup
from kerasfmt.layers.index_lookup import IndexLookup


def numbers(layer: IndexLookup, *rows: list[object], dtype: str = "string") -> list[list[int]]:
    inputs = kerasfmt.Input((len(rows[0]),), dtype=dtype)
    x = np.array(rows, object if dtype == "string" else dtype)
    found: list[list[int]] = np.asarray(kerasfmt.Model(inputs, layer(inputs)).predict(x)).tolist()
    return found


@pytest.mark.parametrize(
    ("mask_token", "expected"), [(None, [[1, 2, 0], [0, 2, 1]]), ("", [[2, 3, 1], [0, 3, 2]])]
)
def test_the_special_tokens_come_first(mask_token: str | None, expected: list[list[int]]) -> None:
    layer = StringLookup(vocabulary=["a", "\u00e9t\u00e9"], mask_token=mask_token)
    assert numbers(layer, ["a", "\u00e9t\u00e9", "?"], ["", "\u00e9t\u00e9", "a"]) == expected


def test_unknown_integers_share_the_numbers_before_the_vocabulary() -> None:
    layer = IntegerLookup(vocabulary=[7, 12], num_oov_indices=2)
    assert numbers(layer, [7, 12, 4, 5], dtype="int64") == [[2, 3, 0, 1]]


def test_an_unknown_token_is_an_error_without_a_number_for_it() -> None:
    layer = StringLookup(vocabulary=["a"], num_oov_indices=0)
    with pytest.raises(InvalidModelError, match=r"these tokens are not in the vocabulary: ; \[zz\]"):
        numbers(layer, ["a", "zz"])


def test_tokens_of_another_dtype() -> None:
    layer = StringLookup(vocabulary=["a"], name="it")
    with pytest.raises(InvalidModelError, match="input: expected string, got int64"):
        layer(kerasfmt.Input((2,), dtype="int64"))
