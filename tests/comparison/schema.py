"""Checks what `kerasfmt diff --json` says against its published schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema

from kerasfmt.comparison.compared_json import SCHEMA_FILE

_SCHEMA = json.loads(SCHEMA_FILE.read_text())
jsonschema.Draft202012Validator.check_schema(_SCHEMA)
_VALIDATOR = jsonschema.Draft202012Validator(_SCHEMA)


def validate(value: Any) -> None:
    """Raises an error if it is not of the schema, or not JSON."""
    _VALIDATOR.validate(json.loads(json.dumps(value, allow_nan=False)))
