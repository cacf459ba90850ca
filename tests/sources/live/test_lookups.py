"""Vocabularies of live lookups; real ones are compared in conformance/test_lookup_numpy.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.layers import StringLookup
from kerasfmt.sources.live.lookups import take_lookup, without_path


class Tensor:
    def __init__(self, *items: Any, dtype: Any = object) -> None:
        self.array = np.array(items, dtype)

    def numpy(self) -> np.ndarray:
        return self.array


class Live:
    """A live lookup: its table gives keys in any order."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        self.lookup_table = self
        self.idf_weights_const = np.array([0.5, 1, 2], np.float32)
        self._exported = (keys, values)

    def export(self) -> tuple[Tensor, Tensor]:
        return self._exported

    def get_vocabulary(self, include_special_tokens: bool) -> list[Any]:
        assert not include_special_tokens
        return [np.str_("a"), np.str_("b")]


TOKENS, NUMBERS = Tensor(b"b", b"a"), Tensor(2, 1, dtype=np.int64)


@pytest.mark.parametrize("invert", [False, True])
def test_tokens_come_by_their_numbers(invert: bool) -> None:
    layer = StringLookup(vocabulary_size=3, invert=invert)
    take_lookup(layer, Live(NUMBERS, TOKENS) if invert else Live(TOKENS, NUMBERS))
    assert layer.get_vocabulary() == ["[UNK]", "a", "b"]


def test_weights_are_those_that_the_live_layer_uses() -> None:
    layer = StringLookup(vocabulary_size=3, output_mode="tf_idf")
    take_lookup(layer, Live(TOKENS, NUMBERS))
    assert layer.idf.numpy().tolist() == [0.5, 1, 2]


def test_a_layer_that_knows_no_tokens_stays_so() -> None:
    layer = StringLookup()
    take_lookup(layer, Live(TOKENS, NUMBERS))
    assert layer.lookup_table.initializer is None


def test_tokens_take_the_place_of_a_path() -> None:
    live = Live(TOKENS, NUMBERS)
    found = without_path({"vocabulary": "/words.txt", "name": "x"}, live)
    assert found == {"vocabulary": ["a", "b"], "name": "x"}
    assert {type(token) for token in found["vocabulary"]} == {str}
    assert without_path({"vocabulary": ["c"]}, live) == {"vocabulary": ["c"]}
    assert without_path({"vocabulary": "/words.txt"}, object()) == {"vocabulary": "/words.txt"}
