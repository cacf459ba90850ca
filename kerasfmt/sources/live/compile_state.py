"""The compile state of a live model: losses, metrics, and the optimizer with its variables, as Keras 2 has it.

    Keras 3's variable of an optimizer        Keras 2's
    adam/iteration (int32)                    iteration (int64)
    adam/learning_rate                        (none: it is in the optimizer's config)
    adam/dense_kernel_momentum                Adam/m/dense/kernel
    adam/dense_kernel_velocity                Adam/v/dense/kernel

Both keep them in the same order. The classes in `kerasfmt.optimizers` say what each optimizer keeps.

Source: keras/src/saving/legacy/saving_utils.py, model_metadata (2.15); keras/src/optimizers/base_optimizer.py
and keras/src/trainers/trainer.py, get_compile_config (3.x)
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np

from kerasfmt.dialects.compile_config import COMPILE_OPTIONS, optimizer_to_keras2
from kerasfmt.dialects.compiled_objects import read_object
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import CompiledMetric, iteration_variable, optimizer_variable
from kerasfmt.ir.weight import Aggregation, Synchronization
from kerasfmt.optimizers import loss_scale
from kerasfmt.optimizers.optimizer import ACCUMULATED, AVERAGE, Optimizer, find_optimizer
from kerasfmt.optimizers.stored import read_state
from kerasfmt.sources.live.arrays import LiveArray, variable_name
from kerasfmt.sources.live.objects import (
    described,
    is_keras,
    is_keras3,
    keras_class,
    keras_classes,
    registered_name,
    to_json,
)

_OF_TENSORFLOW: Final = "TFOptimizer"
"""Keras's class around an optimizer of tf.compat.v1."""


def training_config(model: Any, weights: Mapping[int, Weight]) -> TrainingConfig | None:
    """The compile state of a live model; None if it is not compiled.

    Args:
      model: the model.
      weights: the weight for each variable of the model, by the variable's id.

    Raises:
      UnsupportedLayerError: the optimizer has no counterpart in Keras 2.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not is_keras(optimizer):
        return None
    if not is_keras3(model) and _OF_TENSORFLOW in keras_classes(optimizer):
        kind = type(getattr(optimizer, "optimizer", optimizer))
        warnings.warn(
            f"model {model.name}: optimizer {kind.__name__} is one of tf.compat.v1, which neither kerasfmt nor Keras "
            "saves; how the model is compiled is left out",
            stacklevel=3,
        )
        return None
    if is_keras3(model):
        return _keras3(model, optimizer, weights)
    if not getattr(model, "_compile_was_called", True):
        return None
    config = _keras2_arguments(model, user_metrics=False)
    given = _keras2_arguments(model, user_metrics=True)
    config["optimizer_config"] = _custom(optimizer, described(optimizer))
    variables = [optimizer_variable(variable_name(v), LiveArray(v)) for v in _keras2_variables(optimizer)]
    stated = getattr(getattr(model, "_compile_config", None), "config", None) or {}
    return TrainingConfig(
        config,
        variables,
        learning_rate=_keras2_rate(optimizer),
        scalars={**_scalars(optimizer, find_optimizer(type(optimizer).__name__)), **_loss_scale(optimizer)},
        built=bool(getattr(getattr(model, "compiled_metrics", None), "built", False)),
        given={key: given.get(key) for key in ("metrics", "weighted_metrics")},
        options={key: to_json(stated[key]) for key in COMPILE_OPTIONS if key in stated},
        metrics=_keras2_metrics(model),
    )


def _keras2_arguments(model: Any, user_metrics: bool) -> dict[str, Any]:
    """The arguments of `compile` but for the optimizer: metrics as the user gave them, or as Keras has built them."""
    arguments = dict(model._get_compile_args(user_metrics=user_metrics))
    arguments.pop("optimizer", None)
    return {key: _nested(value, model) for key, value in arguments.items()}


def _keras2_rate(optimizer: Any) -> Weight | None:
    """The variable of the learning rate; None in a legacy optimizer, which counts it among its options."""
    for attribute in ("_current_learning_rate", "_learning_rate"):
        variable = getattr(optimizer, attribute, None)
        if hasattr(variable, "assign") and hasattr(variable, "shape"):
            return optimizer_variable("learning_rate", LiveArray(variable))
    return None


def _keras2_metrics(model: Any) -> list[CompiledMetric] | None:
    """The metrics that Keras has built, with their variables; None if it has not built them yet."""
    found = []
    for container in (getattr(model, "compiled_loss", None), getattr(model, "compiled_metrics", None)):
        if container is None or not container.built:
            return None
        for metric in container.metrics:
            entry = described(metric)
            variables = [_metric_variable(variable) for variable in metric.variables]
            found.append(CompiledMetric(entry["class_name"], entry["config"], variables))
    return found


def _metric_variable(live: Any) -> Weight:
    found = optimizer_variable(variable_name(live), LiveArray(live))
    found.synchronization, found.aggregation = Synchronization.ON_READ, Aggregation.SUM
    return found


def _custom(value: Any, entry: dict[str, Any]) -> dict[str, Any]:
    """The description of an object, with its module if it is of no class of Keras."""
    module = type(value).__module__
    return entry if keras_class(type(value)) or module == "__main__" else {**entry, "module": module}


def _keras2_variables(optimizer: Any) -> list[Any]:
    """An optimizer's variables; one of `keras.optimizers.legacy` calls them its weights."""
    variables = getattr(optimizer, "variables", None)
    return list(variables if isinstance(variables, list | tuple) else optimizer.weights)


def _nested(value: Any, model: Any) -> Any:
    """Losses or metrics in lists and dicts, each as Keras 2 describes it.

    Source: keras/src/saving/legacy/saving_utils.py, _serialize_nested_config
    """
    if isinstance(value, Mapping):
        return {key: _nested(value[key], model) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_nested(item, model) for item in value]
    if hasattr(value, "get_config"):
        functions = {key: item for key, item in value.get_config().items() if inspect.isfunction(item)}
        entry = described(value)
        names = {key: registered_name(function, model) for key, function in functions.items()}
        return _custom(value, {**entry, "config": {**entry["config"], **names}})
    if callable(value):
        return registered_name(value, model)
    return to_json(value)


def _keras3(model: Any, optimizer: Any, weights: Mapping[int, Weight]) -> TrainingConfig | None:
    compiled = model.get_compile_config() if getattr(model, "compiled", True) else None
    if not compiled:
        return None
    keys = ("loss", "metrics", "weighted_metrics", "loss_weights")
    config = {key: read_object(to_json(compiled.get(key))) for key in keys}
    state = _keras3_optimizer(optimizer, weights)
    return replace(
        state,
        config={**config, **state.config},
        options={key: to_json(compiled[key]) for key in COMPILE_OPTIONS if key in compiled},
    )


def _keras3_optimizer(optimizer: Any, weights: Mapping[int, Weight]) -> TrainingConfig:
    """An optimizer of Keras 3 with its variables. Those of a class that kerasfmt does not know have numbers."""
    kind = type(optimizer)
    entry = {"class_name": kind.__name__, "config": to_json(optimizer.get_config())}
    if not keras_class(kind):
        entry = _custom(optimizer, {**entry, "registered_name": registered_name(kind)})
    config = {"optimizer_config": optimizer_to_keras2(entry)}
    if keras_class(kind) and loss_scale.LEGACY in keras_classes(optimizer):
        inner = _keras3_optimizer(optimizer.inner_optimizer, weights)
        return loss_scale.rewrapped(TrainingConfig(config, scalars=_loss_scale(optimizer)), inner)
    found = find_optimizer(kind.__name__) if keras_class(kind) else None
    if found is not None and found.slots:
        return TrainingConfig(
            config, _keras3_variables(optimizer, found, weights), scalars=_scalars(optimizer, found)
        )
    variables = optimizer.variables if getattr(optimizer, "built", False) else ()
    return read_state(config, [LiveArray(variable) for variable in variables], (), (), 3)


def _loss_scale(optimizer: Any) -> dict[str, Weight]:
    """The scalars of a live LossScaleOptimizer; none before its first step, or if the scale is fixed."""
    state = getattr(optimizer, "_loss_scale", None)
    held = {
        "step_counter": getattr(optimizer, "step_counter", getattr(state, "counter", None)),
        "dynamic_scale": getattr(optimizer, "dynamic_scale", getattr(state, "current_loss_scale", None)),
    }
    names = {scalar.attribute: scalar.name for scalar in loss_scale.SCALARS}
    return {
        attribute: optimizer_variable(names[attribute], LiveArray(variable))
        for attribute, variable in held.items()
        if hasattr(variable, "shape")
    }


def _scalars(optimizer: Any, found: type[Optimizer] | None) -> dict[str, Weight]:
    """The variables of a live optimizer that Keras 2 does not count."""
    held = {scalar: getattr(optimizer, scalar.attribute, None) for scalar in (found.scalars if found else ())}
    return {
        scalar.attribute: optimizer_variable(scalar.name, LiveArray(variable))
        for scalar, variable in held.items()
        if variable is not None
    }


def _keras3_variables(optimizer: Any, found: type[Optimizer], weights: Mapping[int, Weight]) -> list[Weight]:
    """The variables of an optimizer of Keras 3 as Keras 2 has them; empty if it was never built."""
    if not getattr(optimizer, "built", False):
        return []
    kind = found.__name__
    trained = [(of, weights[id(of)].name) for of in optimizer._trainable_variables if id(of) in weights]
    places = {id(of): number for number, of in enumerate(optimizer._trainable_variables)}
    names: dict[int, str] = {}
    unused: list[Weight] = []
    for slot in (AVERAGE, ACCUMULATED, *found.slots):
        listed = getattr(optimizer, slot.listed_in_keras3(), None) or ()
        for of, name in trained:
            variable = listed[places[id(of)]] if places[id(of)] < len(listed) else None
            if variable is not None and slot.shape_for(tuple(of.shape)) is not None:
                names[id(variable)] = f"{kind}/{slot.name}/{name}"
            elif slot.always_in_keras2:
                unused.append(_zeros(f"{kind}/{slot.name}/{name}", of))
    kept = [optimizer_variable(names[id(v)], LiveArray(v)) for v in optimizer.variables if id(v) in names]
    return [iteration_variable(LiveArray(optimizer.iterations)), *kept, *unused]


def _zeros(name: str, like: Any) -> Weight:
    array = LiveArray(like)
    return optimizer_variable(name, np.zeros(array.shape, array.dtype))
