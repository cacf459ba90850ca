"""A description as JSON, of the form that `description.schema.json` states.

The field `schema` names the form: "kerasfmt.inspect/1". A number changes only where a reader of the old form would
fail. What a form does not know is null; fields are never left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from kerasfmt.formats.description import Description, Row, StoredOptimizer, StoredSignature, StoredWeight
from kerasfmt.formats.statistics import Statistics

SCHEMA: Final = "kerasfmt.inspect/1"
SCHEMA_FILE: Final = Path(__file__).with_name("description.schema.json")
"""The JSON Schema of the form."""
_WRITERS: Final = ("keras", "backend", "tensorflow")

Measure = Callable[[StoredWeight], Statistics | None]


def to_json(found: Description, ops: Mapping[str, int] | None, measure: Measure | None) -> dict[str, Any]:
    """A description in JSON values.

    Args:
      found: the description.
      ops: the ops of its graph with their numbers; None where nobody asks.
      measure: gives the statistics of a weight; None where nobody asks.
    """
    return {
        "schema": SCHEMA,
        "path": str(found.path),
        "format": found.format,
        "title": found.title,
        "bytes": found.bytes_on_disk,
        "files": [{"name": name, "bytes": size} for name, size in found.members.items()],
        "written_by": {by: found.writers.get(by) for by in _WRITERS},
        "model": {"class_name": found.kind or None, "name": found.name or None}
        if found.kind or found.name
        else None,
        "facts": list(found.facts),
        "owned_by": found.owners,
        "owners": [_row(row, measure) for row in found.rows],
        "elements": found.size,
        "weight_bytes": found.nbytes,
        "signatures": None if found.signatures is None else [_signature(each) for each in found.signatures],
        "compiled": None if found.compiled is None else plain(found.compiled),
        "optimizer": None if found.optimizer is None else _optimizer(found.optimizer, measure),
        "ops": None if ops is None else dict(sorted(ops.items())),
    }


def _row(row: Row, measure: Measure | None) -> dict[str, Any]:
    return {
        "name": row.owner,
        "class_name": row.kind or None,
        "path": row.path or None,
        "elements": row.size,
        "bytes": row.nbytes,
        "weights": _weights(row.weights, measure),
    }


def _weights(weights: Iterable[StoredWeight], measure: Measure | None) -> list[dict[str, Any]]:
    return [
        {
            "name": weight.name,
            "dtype": weight.dtype,
            "shape": list(weight.shape),
            "elements": weight.size,
            "bytes": weight.nbytes,
            "statistics": _statistics(measure(weight) if measure else None),
        }
        for weight in weights
    ]


def _statistics(found: Statistics | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "min": found.smallest,
        "max": found.largest,
        "mean": found.mean,
        "std": found.std,
        "zeros": found.zeros,
        "non_finite": found.non_finite,
    }


def _signature(found: StoredSignature) -> dict[str, Any]:
    ends = {"inputs": found.inputs, "outputs": found.outputs}
    return {
        "name": found.name,
        **{
            which: [
                {
                    "name": end.name,
                    "dtype": end.dtype,
                    "shape": None if end.shape is None else list(end.shape),
                }
                for end in held
            ]
            for which, held in ends.items()
        },
    }


def _optimizer(found: StoredOptimizer, measure: Measure | None) -> dict[str, Any]:
    return {
        "class_name": found.kind or None,
        "config": plain(found.config),
        "slots": list(found.slots),
        "bytes": found.nbytes,
        "variables": _weights(found.weights, measure),
    }


def plain(value: Any) -> Any:
    """A value of a config in JSON: infinities and what JSON does not know become texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if (
        value is None
        or isinstance(value, str | bool | int)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    return str(value)
