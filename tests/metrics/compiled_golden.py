"""Models that real Keras compiled and trained; `python tools/make_compiled_golden.py` wrote what became of them."""

from __future__ import annotations

from typing import Any

from kerasfmt.metrics.per_output import Output
from tests.losses.keras_golden import KERAS_2, KERAS_3, golden

CASES: dict[tuple[str, str], dict[str, Any]] = {
    (keras, name): case
    for keras in (*KERAS_2, KERAS_3)
    for name, case in golden("metrics", f"{keras}_compiled")["cases"].items()
}
"""The cases by Keras and name."""


def outputs_in(case: dict[str, Any]) -> list[Output]:
    """The outputs of a case."""
    return [Output(name, tuple(shape), *key) for name, shape, *key in case["outputs"]]
