"""A description as JSON, and the schema that is published for it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from kerasfmt.formats import FORMATS
from kerasfmt.formats.described_json import SCHEMA, SCHEMA_FILE, plain, to_json
from kerasfmt.formats.description import Description, StoredOptimizer, rows_of, weights_of
from tests.formats.schema import measure, validate

KERNEL = np.array([[1, 2], [3, np.nan]], np.float32)


def described() -> Description:
    return Description(
        path=Path("m"),
        format="h5",
        title="Keras HDF5",
        members={"m": 5},
        kind="Functional",
        rows=rows_of([("dense", [("kernel", KERNEL)])], {"dense": "Dense"}),
        compiled={"loss": "mse", "big": math.inf},
        optimizer=StoredOptimizer("Adam", {"rate": 0.5}, ("m",), weights_of([("i", KERNEL)])),
    )


def test_what_is_not_asked_for_is_null() -> None:
    found = to_json(described(), None, None)
    validate(found)
    assert found["ops"] is None
    assert found["signatures"] is None
    assert found["owners"][0]["weights"][0]["statistics"] is None


def test_everything() -> None:
    found = to_json(described(), {"MatMul": 2, "Add": 1}, measure)
    validate(found)
    assert list(found["ops"]) == ["Add", "MatMul"]
    assert found["model"] == {"class_name": "Functional", "name": None}
    assert found["compiled"] == {"loss": "mse", "big": "inf"}
    (owner,) = found["owners"]
    assert (owner["class_name"], owner["elements"], owner["bytes"]) == ("Dense", 4, 16)
    (weight,) = owner["weights"]
    assert (weight["dtype"], weight["shape"]) == ("float32", [2, 2])
    assert (weight["statistics"]["max"], weight["statistics"]["non_finite"]) == (3, 1)
    assert found["optimizer"]["variables"][0]["name"] == "i"


def test_the_schema_leaves_nothing_open() -> None:
    schema = json.loads(SCHEMA_FILE.read_text())
    assert schema["$defs"]["description"]["properties"]["schema"]["const"] == SCHEMA
    assert set(schema["$defs"]["description"]["required"]) == set(
        schema["$defs"]["description"]["properties"]
    )
    names = schema["$defs"]["description"]["properties"]["format"]["enum"]
    assert set(names) == {found.name for found in FORMATS}
    whole = to_json(described(), None, None)
    for key in whole:
        with pytest.raises(jsonschema.ValidationError):
            validate({name: value for name, value in whole.items() if name != key})
    with pytest.raises(jsonschema.ValidationError):
        validate({**whole, "other": 1})


def test_plain() -> None:
    assert plain({1: (True, None, "a", 2, 0.5, -math.inf, b"x")}) == {
        "1": [True, None, "a", 2, 0.5, "-inf", "b'x'"]
    }
