"""A comparison as JSON, and the schema that is published for it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import pytest

from kerasfmt.comparison.compared_json import SCHEMA, SCHEMA_FILE, to_json
from kerasfmt.comparison.records import (
    CHANGED,
    ONLY_A,
    ArrayChange,
    ArrayComparison,
    Change,
    Comparison,
    FunctionChange,
)
from tests.comparison.schema import validate

NOTHING = Comparison(a=Path("a"), b=Path("b"), formats=("x", "y"))


def test_nothing() -> None:
    found = to_json(NOTHING)
    validate(found)
    assert found["same"] is True
    assert found["weights"] == {"compared": 0, "differences": []}


def test_everything() -> None:
    changes = (Change("x", CHANGED, math.inf, (1, 2)), Change("y", ONLY_A, {"z": None}))
    arrays = ArrayComparison(
        2,
        (
            ArrayChange("w", ONLY_A, "float32[2]", ""),
            ArrayChange("v", CHANGED, "int8[]", "int8[]", 1, 2.0, 0.5),
        ),
    )
    functions = (FunctionChange("f", CHANGED, {"Add": (1, 0)}, changes, 3),)
    found = to_json(
        Comparison(
            a=Path("a"),
            b=Path("b"),
            formats=("x", "y"),
            tolerance=0.5,
            config=changes,
            weights=arrays,
            optimizer=changes,
            optimizer_weights=arrays,
            signatures=changes,
            functions=functions,
            not_compared=("a sentence",),
        )
    )
    validate(found)
    assert found["same"] is False
    assert found["config"][0] == {"where": "x", "kind": "changed", "a": "inf", "b": [1, 2]}
    assert found["weights"]["differences"][0]["b"] is None
    assert found["functions"][0]["ops"] == {"Add": {"only_in_a": 1, "only_in_b": 0}}


def test_the_schema_leaves_nothing_open() -> None:
    schema = json.loads(SCHEMA_FILE.read_text())["$defs"]["comparison"]
    assert schema["properties"]["schema"]["const"] == SCHEMA
    assert set(schema["required"]) == set(schema["properties"])
    whole = to_json(NOTHING)
    for key in whole:
        with pytest.raises(jsonschema.ValidationError):
            validate({name: value for name, value in whole.items() if name != key})
    with pytest.raises(jsonschema.ValidationError):
        validate({**whole, "other": 1})
