"""How a model is compiled, in the dialects of Keras 2 and Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.optimizers import Optimizer

_NOT_LEGACY: Final = {"jit_compile": False, "is_legacy_optimizer": False}


def optimizer_to_keras2(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of an optimizer of Keras 3 as Keras 2 states them; unknown names and options stay.

    Without the prefix of its own optimizers, Keras 2 takes a name in a SavedModel for one in
    `keras.optimizers.legacy`.
    """
    kind = str(entry.get("class_name")).rpartition(">")[2]
    options = dict(entry.get("config") or {})
    for key, implied in Optimizer.facts.implied_by_keras2.items():
        if key in options and options[key] in implied:
            del options[key]
    return {"class_name": f"Custom>{kind}", "config": {**options, "name": kind, **_NOT_LEGACY}}
