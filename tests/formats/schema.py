"""Checks what `kerasfmt inspect --json` says against its published schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from kerasfmt.formats.described_json import SCHEMA_FILE
from kerasfmt.formats.description import StoredWeight
from kerasfmt.formats.statistics import Statistics, statistics

_SCHEMA = json.loads(SCHEMA_FILE.read_text())
jsonschema.Draft202012Validator.check_schema(_SCHEMA)
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)


def validate(value: Any) -> None:
    """Raises an error if it is not of the schema, or not JSON."""
    _VALIDATOR.validate(json.loads(json.dumps(value, allow_nan=False)))


def measure(weight: StoredWeight) -> Statistics | None:
    """The statistics of a weight, which is read."""
    return statistics(weight.array)
