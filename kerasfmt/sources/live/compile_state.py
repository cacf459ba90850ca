"""The compile state of a live model: losses, metrics, and the optimizer with its variables, in Keras 2's terms.

    Keras 3's variable of an optimizer        Keras 2's
    adam/iteration (int32)                    iteration (int64)
    adam/learning_rate                        (none: it is in the optimizer's config)
    adam/dense_kernel_momentum                Adam/m/dense/kernel
    adam/dense_kernel_velocity                Adam/v/dense/kernel

Both keep them in the same order. What else the Kerases disagree on is in the tables below.

Source: keras/src/saving/legacy/saving_utils.py, model_metadata (2.15); keras/src/optimizers/base_optimizer.py
and keras/src/trainers/trainer.py, get_compile_config (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.sources.live.arrays import LiveArray, variable_name
from kerasfmt.sources.live.objects import described, is_keras, is_keras3, registered_name, to_json

_SLOTS: Final[dict[str, dict[str, str]]] = {
    "Adadelta": {
        "_accumulated_grads": "accumulated_grad",
        "_accumulated_delta_vars": "accumulated_delta_var",
    },
    "Adagrad": {"_accumulators": "accumulator"},
    "Adam": {"_momentums": "m", "_velocities": "v", "_velocity_hats": "vhat"},
    "AdamW": {"_momentums": "m", "_velocities": "v", "_velocity_hats": "vhat"},
    "Adamax": {"_m": "m", "_u": "u"},
    "Ftrl": {"_accumulators": "accumulator", "_linears": "linear"},
    "Lion": {"_momentums": "m"},
    "Nadam": {"_momentums": "m", "_velocities": "v"},
    "RMSprop": {
        "_velocities": "velocity",
        "_momentums": "momentum",
        "_average_gradients": "average_gradient",
    },
    "SGD": {"momentums": "m"},
}
"""Optimizer of Keras 3 -> the attribute that lists the slots of one kind -> Keras 2's name of the kind."""

_AVERAGES: Final = "_model_variables_moving_average"
_REGISTERED: Final = "Custom"
"""Keras 2.15's prefix of its own optimizers; without it, a name is that of one in keras.optimizers.legacy."""

_ONLY_KERAS2: Final = {"jit_compile": False, "is_legacy_optimizer": False}
_ONLY_KERAS3: Final = ("loss_scale_factor", "gradient_accumulation_steps")
_WITHOUT: Final = "leave the compile state out with include_optimizer=False (in from_keras: compile=False)"


def training_config(model: Any, weights: Mapping[int, Weight]) -> TrainingConfig | None:
    """The compile state of a live model; None where it is not compiled.

    Args:
      model: the model.
      weights: by the id of each variable of the model, the weight that it has become.

    Raises:
      UnsupportedLayerError: the optimizer has no counterpart in Keras 2.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not is_keras(optimizer):
        return None
    if is_keras3(model):
        return _keras3(model, optimizer, weights)
    if not getattr(model, "_compile_was_called", True):
        return None
    arguments = dict(model._get_compile_args(user_metrics=False))
    arguments.pop("optimizer", None)
    config = {key: _nested(value) for key, value in arguments.items()}
    config["optimizer_config"] = {
        "class_name": registered_name(type(optimizer)),
        "config": to_json(optimizer.get_config()),
    }
    return TrainingConfig(config, [_weight(v, variable_name(v)) for v in _keras2_variables(optimizer)])


def _keras2_variables(optimizer: Any) -> list[Any]:
    """An optimizer's variables; those of `keras.optimizers.legacy` are its weights."""
    variables = getattr(optimizer, "variables", None)
    return list(variables if isinstance(variables, list | tuple) else optimizer.weights)


def _nested(value: Any) -> Any:
    """Losses or metrics in lists and dicts, each as Keras 2 describes it.

    Source: keras/src/saving/legacy/saving_utils.py, _serialize_nested_config
    """
    if isinstance(value, Mapping):
        return {key: _nested(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_nested(item) for item in value]
    if hasattr(value, "get_config"):
        return described(value)
    if callable(value):
        return registered_name(value)
    return to_json(value)


def _keras3(model: Any, optimizer: Any, weights: Mapping[int, Weight]) -> TrainingConfig | None:
    compiled = model.get_compile_config() if getattr(model, "compiled", True) else None
    if not compiled:
        return None
    keys = ("loss", "metrics", "weighted_metrics", "loss_weights")
    config = {key: _legacy(to_json(compiled.get(key))) for key in keys}
    kind = type(optimizer).__name__
    if kind not in _SLOTS or not type(optimizer).__module__.startswith("keras."):
        raise UnsupportedLayerError(
            f"model {model.name}: optimizer {kind}: expected one of {', '.join(_SLOTS)}, which Keras 2 has too; "
            + _WITHOUT
        )
    options = to_json(optimizer.get_config())
    for key in _ONLY_KERAS3:
        if options.pop(key, None) is not None:
            raise UnsupportedLayerError(
                f"model {model.name}: optimizer {kind}: option {key} is not one of Keras 2; {_WITHOUT}"
            )
    options = {**options, "name": kind, **_ONLY_KERAS2}
    config["optimizer_config"] = {"class_name": f"{_REGISTERED}>{kind}", "config": options}
    return TrainingConfig(config, _keras3_variables(optimizer, kind, weights))


def _legacy(value: Any) -> Any:
    """Descriptions of losses and metrics by `keras.saving` as Keras 2 stores them: a function is its name.

    Source: keras/src/saving/serialization_lib.py, serialize_keras_object (3.x)
    """
    if isinstance(value, list):
        return [_legacy(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "class_name" not in value:
        return {key: _legacy(item) for key, item in value.items()}
    if value["class_name"] == "function":
        return value["config"]
    return {"class_name": value["class_name"], "config": _legacy(value.get("config") or {})}


def _keras3_variables(optimizer: Any, kind: str, weights: Mapping[int, Weight]) -> list[Weight]:
    """The variables of an optimizer of Keras 3 as Keras 2 has them; none where it was never built."""
    if not getattr(optimizer, "built", False):
        return []
    trained = list(optimizer._trainable_variables)
    slots = {**_SLOTS[kind], _AVERAGES: "average"}
    names: dict[int, str] = {}
    for attribute, slot in slots.items():
        for variable, of in zip(getattr(optimizer, attribute, None) or (), trained, strict=False):
            if variable is not None and id(of) in weights:
                names[id(variable)] = f"{kind}/{slot}/{weights[id(of)].name}"
    found = [_iteration(optimizer.iterations)]
    found += [_weight(v, names[id(v)]) for v in optimizer.variables if id(v) in names]
    if kind == "SGD" and not getattr(
        optimizer, "momentum", 0
    ):  # Keras 2 has its slots also where none is used
        found += [_zeros(f"{kind}/m/{weights[id(of)].name}", of) for of in trained if id(of) in weights]
    return found


def _weight(variable: Any, name: str) -> Weight:
    value = LiveArray(variable)
    weight = Weight(name, value.shape, dtypes.of(value.dtype), trainable=False)
    weight.value = value
    return weight


def _iteration(variable: Any) -> Weight:
    """The number of steps done, int64 in Keras 2."""
    weight = Weight("iteration", (), dtypes.int64, trainable=False)
    weight.value = np.asarray(LiveArray(variable)).astype(np.int64)
    return weight


def _zeros(name: str, like: Any) -> Weight:
    value = LiveArray(like)
    weight = Weight(name, value.shape, dtypes.of(value.dtype), trainable=False)
    weight.value = np.zeros(value.shape, value.dtype)
    return weight
