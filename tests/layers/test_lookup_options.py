"""Options of lookups and what follows from them; what is refused is tested in `test_lookup.py`."""

from __future__ import annotations

from typing import Any

import pytest

from kerasfmt.errors import KerasfmtError
from kerasfmt.layers import IntegerLookup, StringLookup


@pytest.mark.parametrize(
    ("options", "starts"),
    [
        ({}, (0, 1)),
        ({"mask_token": ""}, (1, 2)),
        ({"mask_token": "", "num_oov_indices": 0}, (1, 1)),
        ({"mask_token": "", "num_oov_indices": 3, "output_mode": "count"}, (0, 3)),
    ],
)
def test_where_numbers_start(options: dict[str, Any], starts: tuple[int, int]) -> None:
    layer = StringLookup(**options)
    assert (layer.oov_start, layer.token_start) == starts


def test_the_dtype_follows_from_the_output_mode() -> None:
    assert StringLookup().policy.name == "int64"
    assert StringLookup(output_mode="count").policy.name == "float32"
    assert IntegerLookup(dtype="int32", vocabulary_dtype="int32").policy.name == "int32"


@pytest.mark.parametrize(
    ("value", "held"), [(None, None), (7, [7, 7]), ([1, 2], [1, 2]), ((-1, 2**63 - 1), [-1, 2**63 - 1])]
)
def test_salt(value: Any, held: Any) -> None:
    assert StringLookup(salt=value).salt == held


@pytest.mark.parametrize("value", ["x", [1], [1, 2, 3], 1.5, [1, "a"], 2**63, True])
def test_what_is_no_salt(value: Any) -> None:
    with pytest.raises(KerasfmtError, match="option salt: expected"):
        StringLookup(salt=value)


def test_options_that_only_keras_3_has_are_in_its_configs_alone() -> None:
    assert "salt" not in StringLookup().get_config()
    assert StringLookup(salt=1).get_config()["salt"] == [1, 1]
    assert StringLookup(salt=1).keras_name == "Keras3>StringLookup"
