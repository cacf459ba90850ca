"""What a config of Keras 3 means where the same words mean something else in Keras 2.

- The activation `hard_sigmoid` is another function.
- `training` among a layer's call arguments is what the call defaulted to; fit and predict overrule it. In
  Keras 2 it is the user's, and overrules them.

Source: keras/src/activations/activations.py; keras/src/models/functional.py, operation_fn (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_RENAMED: Final = {"hard_sigmoid": "hard_sigmoid_keras3"}


def meant_by_keras3(config: Mapping[str, Any]) -> dict[str, Any]:
    """A model's class name and config, or that of a layer, with what Keras 3 means by it spelled out."""
    found: dict[str, Any] = _meant(config)
    return found


def _meant(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_meant(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: _meant(item) for key, item in value.items()}
    for key in found:
        if (key == "activation" or key.endswith("_activation")) and isinstance(found[key], str):
            found[key] = _RENAMED.get(found[key], found[key])
    if "args" in found and isinstance(found.get("kwargs"), dict):
        found["kwargs"] = {key: item for key, item in found["kwargs"].items() if key != "training"}
    return found
