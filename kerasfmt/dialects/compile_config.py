"""How a model is compiled, in words of Keras 2 and Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_ONLY_KERAS2: Final = {"jit_compile": False, "is_legacy_optimizer": False}
_LATER_OPTIONS_OF_OPTIMIZERS: Final = ("loss_scale_factor", "gradient_accumulation_steps")


def optimizer_to_keras2(entry: Mapping[str, Any]) -> dict[str, Any]:
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
