"""Tables and constants of lookups; their numbers are tested in `test_lookup.py`."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import KeyValues
from kerasfmt.layers import IntegerLookup, StringLookup


def test_a_given_vocabulary_has_one_table() -> None:
    layer = StringLookup(vocabulary=["a"])
    assert list(layer.tables) == ["lookup_table"]
    assert not layer.listed_weights()
    assert layer.lookup_table.default.value == 0


def test_a_vocabulary_to_learn_has_tables_to_count_in_and_counts_as_a_weight() -> None:
    layer = StringLookup(output_mode="tf_idf")
    assert list(layer.tables) == ["lookup_table", "token_counts", "token_document_counts"]
    assert [table.mutable for table in layer.tables.values()] == [False, True, True]
    assert len(layer.listed_weights()) == 3
    assert list(layer.weight_attributes) == ["idf_weights", "num_documents"]


@pytest.mark.parametrize(
    ("invert", "columns"), [(False, ("tokens", "numbers")), (True, ("numbers", "tokens"))]
)
def test_keys_and_values(invert: bool, columns: tuple[str, str]) -> None:
    layer = IntegerLookup(vocabulary=[7, 5], invert=invert)
    found = layer.lookup_table.initializer
    assert isinstance(found, KeyValues)
    expected = {"tokens": [7, 5], "numbers": [1, 2]}
    assert [a.value.tolist() for a in (found.keys, found.values)] == [expected[c] for c in columns]
    assert layer.tokens().tolist() == [7, 5]


def test_masks_are_constants() -> None:
    layer = StringLookup(mask_token="", output_mode="count")
    assert layer.mask_key is not None
    assert layer.mask_value is not None
    assert layer.mask_key.value.item() == b""
    assert layer.mask_value.value == np.iinfo(np.int64).max


def test_only_its_own_file_is_taken() -> None:
    layer = IntegerLookup(name="it")
    with pytest.raises(InvalidModelError, match=r"layer it .*expected a file vocabulary.txt, got \['x'\]"):
        layer.take_assets({"x": b""})
    with pytest.raises(InvalidModelError, match=r"vocabulary.txt: invalid literal"):
        layer.take_assets({"vocabulary.txt": b"-1\nseven"})
    layer.take_assets({"vocabulary.txt": b"-1\r\n7"})
    assert layer.get_vocabulary() == [-1, 7]
