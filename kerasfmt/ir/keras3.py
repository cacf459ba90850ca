"""What a config of Keras 3 means where the same words mean something else in Keras 2, or nothing.

- The activation `hard_sigmoid` is another function.
- `training` among a layer's call arguments is what the call defaulted to; fit and predict overrule it. In
  Keras 2 it is the user's, and overrules them.
- The operations that compute masks are layers of the model; see keras3_masks.py.

What the options of a layer mean is in the facts of its class; `kerasfmt.ir.from_config` applies them.

Source: keras/src/activations/activations.py; keras/src/models/functional.py, operation_fn (3.0 to 3.15)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.ir.keras3_masks import with_modules, without_masks

_RENAMED_ACTIVATIONS: Final = {"hard_sigmoid": "hard_sigmoid_keras3"}


def meant_by_keras3(config: Mapping[str, Any]) -> dict[str, Any]:
    """A model's class name and config, or that of a layer, with what Keras 3 means by it spelled out."""
    found: dict[str, Any] = _meant(config)
    return found


_ONLY_KERAS2: Final = {"jit_compile": False, "is_legacy_optimizer": False}
_LATER_OPTIONS_OF_OPTIMIZERS: Final = ("loss_scale_factor", "gradient_accumulation_steps")


def optimizer_meant_by_keras3(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of an optimizer of Keras 3 as Keras 2 has them; what Keras 2 has not stays.

    Without the prefix of its own optimizers, Keras 2 takes a name in a SavedModel for one in
    `keras.optimizers.legacy`.
    """
    kind = str(entry.get("class_name")).rpartition(">")[2]
    options = dict(entry.get("config") or {})
    for key in _LATER_OPTIONS_OF_OPTIMIZERS:
        if options.get(key, ...) is None:
            del options[key]
    return {"class_name": f"Custom>{kind}", "config": {**options, "name": kind, **_ONLY_KERAS2}}


def _meant(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_meant(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: _meant(item) for key, item in value.items()}
    if isinstance(found.get("layers"), list) and "input_layers" in found:
        found["layers"] = with_modules(found["layers"])
        found["layers"] = without_masks(found)
    if "class_name" in found and isinstance(found.get("config"), dict):
        found["config"] = {key: _option(key, item) for key, item in found["config"].items()}
    if "args" in found and isinstance(found.get("kwargs"), dict):
        found["kwargs"] = {key: item for key, item in found["kwargs"].items() if key != "training"}
    return found


def _option(key: str, value: Any) -> Any:
    if (key == "activation" or key.endswith("_activation")) and isinstance(value, str):
        return _RENAMED_ACTIVATIONS.get(value, value)
    return value
