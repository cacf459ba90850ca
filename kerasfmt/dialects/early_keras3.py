"""What Keras 3.0 to 3.10 call otherwise than later versions.

The ends of a functional model are a list there, even if it has one. Later versions give a list of outputs then, so that
one config cannot serve both.

Source: keras/src/models/functional.py, functional_from_config;
keras/src/initializers/random_initializers.py (3.0 to 3.10)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.ir.own_modules import holds_operations

_ENDS: Final = ("input_layers", "output_layers")
_INITIALIZERS: Final = {"Orthogonal": "OrthogonalInitializer"}
"""Initializers by the names of later versions, which know both."""


def to_early_keras3(value: Any) -> Any:
    """The config of a model of Keras 3, or anything in it, in the words of Keras 3.0 to 3.10."""
    if isinstance(value, list):
        return [to_early_keras3(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: to_early_keras3(item) for key, item in value.items()}
    if found.get("module") == "keras.initializers":
        found["class_name"] = _INITIALIZERS.get(found["class_name"], found["class_name"])
    if holds_operations(str(found.get("module"))) and isinstance(found.get("config"), Mapping):
        # Some operations take no name there; the entry beside the config has it.
        found["config"] = {key: item for key, item in found["config"].items() if key != "name"}
    if "layers" in found:
        for key in _ENDS:
            if key in found and _is_reference(found[key]):
                found[key] = [found[key]]
    return found


def _is_reference(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str)
