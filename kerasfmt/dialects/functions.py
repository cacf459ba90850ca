"""Options that are Python functions; each version of Keras describes them in its own way.

    Keras 2   {"function": "name", "function_type": "function", "module": "module of the function"}
              {"function": [code, defaults, closure], "function_type": "lambda", ...}; other values have the type "raw"
    Keras 3   {"function": {"module": "builtins", "class_name": "function", "config": "name", ...}}
              {"function": {"class_name": "__lambda__", "config": {"code": ..., "defaults": ..., "closure": ...}}}

Source: tf_keras/src/layers/core/lambda_layer.py; keras/src/layers/core/lambda_layer.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.ir.keras_facts import KerasFacts

_CODE: Final = ("code", "defaults", "closure")


def functions_to_keras2(config: Mapping[str, Any], facts: KerasFacts) -> dict[str, Any]:
    """A layer's config with functions as Keras 2 describes them; such descriptions stay as they are."""
    options = facts.functions
    if not any(isinstance(config.get(option), Mapping) for option in options):
        return dict(config)
    found = {**dict.fromkeys(facts.needed_by_keras2), **config}
    for option, module in options.items():
        if option not in found:
            continue
        value, kind = found[option], "raw"
        if isinstance(value, Mapping) and "config" in value:
            value, kind = value["config"], "function"
            if isinstance(value, Mapping):
                value, kind = tuple(value.get(part) for part in _CODE), "lambda"
        found |= {option: value, f"{option}_type": kind, module: None}
    return found


def functions_to_keras3(config: Mapping[str, Any], facts: KerasFacts) -> dict[str, Any]:
    """A layer's config with functions as Keras 3 describes them; it loads code only with `safe_mode=False`."""
    options = facts.functions
    words = {*options.values(), *(f"{option}_type" for option in options)}
    found = {k: v for k, v in config.items() if k not in words and v is not None}
    for option in options.keys() & found.keys():
        value, kind = found[option], config.get(f"{option}_type")
        if kind == "lambda" and isinstance(value, tuple | list):
            found[option] = {"class_name": "__lambda__", "config": dict(zip(_CODE, value, strict=True))}
        elif kind == "function":
            found[option] = wrapped("builtins", "function", value, "function")
    return found
