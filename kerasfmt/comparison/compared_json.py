"""A comparison as JSON, of the form that `comparison.schema.json` states: "kerasfmt.diff/1"."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from kerasfmt.comparison.records import ArrayComparison, Change, Comparison, FunctionChange
from kerasfmt.formats.described_json import plain

SCHEMA: Final = "kerasfmt.diff/1"
SCHEMA_FILE: Final = Path(__file__).with_name("comparison.schema.json")
"""The JSON Schema of the form."""


def to_json(found: Comparison) -> dict[str, Any]:
    """A comparison in JSON values."""
    return {
        "schema": SCHEMA,
        "same": found.same,
        "a": {"path": str(found.a), "title": found.formats[0]},
        "b": {"path": str(found.b), "title": found.formats[1]},
        "tolerance": found.tolerance,
        "config": _changes(found.config),
        "weights": _arrays(found.weights),
        "optimizer": _changes(found.optimizer),
        "optimizer_variables": _arrays(found.optimizer_weights),
        "signatures": _changes(found.signatures),
        "functions": [_function(each) for each in found.functions],
        "not_compared": list(found.not_compared),
    }


def _changes(found: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {"where": each.where, "kind": each.kind, "a": plain(each.a), "b": plain(each.b)} for each in found
    ]


def _arrays(found: ArrayComparison) -> dict[str, Any]:
    return {
        "compared": found.count,
        "differences": [
            {
                "name": each.name,
                "kind": each.kind,
                "a": each.a or None,
                "b": each.b or None,
                "elements": each.elements,
                "largest_absolute": each.largest_absolute,
                "largest_relative": each.largest_relative,
            }
            for each in found.changes
        ],
    }


def _function(found: FunctionChange) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": found.kind,
        "ops": {op: {"only_in_a": a, "only_in_b": b} for op, (a, b) in found.ops.items()},
        "attributes": _changes(found.attributes),
        "rewired": found.rewired,
    }
