"""Compiling a model without training it: its compile state from names, configs and typed objects.

    model.compile(kerasfmt.optimizers.Adam(0.01), loss="mse", metrics=["mae", kerasfmt.metrics.AUC()])
    model.optimizer.iterations = 1000
    model.optimizer.set_slot(model.get_layer("dense").kernel, "m", array)

`kerasfmt.ir.Model` has these methods and finds them here, once this module is imported. The public names of the
models come from here.

Source: tf_keras/src/engine/training.py, Model.compile
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import (
    Functional as Functional,
    Model as Model,
    Sequential as Sequential,
    TrainingConfig,
    Weight,
)
from kerasfmt.ir.compilable import MODEL_METHODS
from kerasfmt.ir.compile_state import iteration_variable
from kerasfmt.ir.options import Options, did_you_mean
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.legacy import is_legacy, legacy_slots, legacy_variables
from kerasfmt.optimizers.loss_scale import LossScaleOptimizer, unwrapped
from kerasfmt.optimizers.optimizer import OPTIMIZER_CLASSES, Optimizer, find_optimizer, named_optimizer
from kerasfmt.optimizers.started import StartedOptimizer
from kerasfmt.optimizers.state import initial_variables, optimizer_class, slots_of


def compile_model(
    model: Model,
    optimizer: str | Mapping[str, Any] | Optimizer | LossScaleOptimizer | StartedOptimizer = "rmsprop",
    loss: Any = None,
    metrics: Any = None,
    loss_weights: Any = None,
    weighted_metrics: Any = None,
    **options: Any,
) -> None:
    """`Model.compile`; its docstring says what it does."""
    config = {
        "loss": _plain(loss, "loss"),
        "metrics": _plain(metrics, "metrics"),
        "weighted_metrics": _plain(weighted_metrics, "weighted_metrics"),
        "loss_weights": _plain(loss_weights, "loss_weights"),
        "optimizer_config": _entry(optimizer),
    }
    training = TrainingConfig(config, options=options)
    weights = model.trainable_weights
    if isinstance(optimizer, StartedOptimizer):
        training.variables = optimizer.variables(weights)
        training.scalars = optimizer.scalar_variables(weights)
    else:
        training.variables = [iteration_variable(np.asarray(0))]
    model.training_config = training


def _entry(optimizer: Any) -> dict[str, Any]:
    """Class name and config of an optimizer."""
    if isinstance(optimizer, StartedOptimizer):
        optimizer = optimizer.optimizer
    if isinstance(optimizer, Optimizer | LossScaleOptimizer):
        return optimizer.entry()
    if isinstance(optimizer, str):
        found = find_optimizer(named_optimizer(optimizer))
        if found is None:
            known = OPTIMIZER_CLASSES.names()
            raise UnsupportedLayerError(f"optimizer {optimizer!r}: not known{did_you_mean(optimizer, known)}")
        return found().entry()
    if isinstance(optimizer, Mapping) and "class_name" in optimizer:
        return {**optimizer, "config": dict(optimizer.get("config") or {})}
    raise TypeError(f"compile: optimizer: expected a name, a config or an optimizer, got {optimizer!r:.80}")


def _plain(value: Any, where: str) -> Any:
    """Losses or metrics in lists and dicts, each as the training config of Keras 2 states it."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Options):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, where) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, where) for item in value]
    raise TypeError(f"compile: {where}: expected names, configs and objects of kerasfmt, got {value!r:.80}")


class CompiledOptimizer:
    """The optimizer of a compiled model: its options, and the variables that hold its state.

    Args:
      model: a compiled model.

    Attributes:
      options: the optimizer with its typed options; None for a class that kerasfmt does not know.

    Example:
      >>> import numpy as np
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
      >>> model.compile("adam", loss="mse")
      >>> model.optimizer.iterations = 1000
      >>> model.optimizer.set_slot(model.get_layer("dense").bias, "m", np.ones(2, np.float32))
      >>> [name for _, name in model.optimizer.slots]
      ['m', 'v', 'm', 'v']
    """

    def __init__(self, model: Model) -> None:
        assert model.training_config is not None
        self._model = model
        self._training = model.training_config

    @property
    def options(self) -> Optimizer | None:
        """The optimizer with its typed options; None for a class that kerasfmt does not know."""
        found = find_optimizer(self._training.optimizer_class)
        if found is None or is_legacy(self._training):
            return None
        return found.from_config(self._training.optimizer_config)

    @property
    def iterations(self) -> int:
        """The number of steps that it has done."""
        variables = self._training.variables
        return int(np.asarray(variables[0].numpy())) if variables else 0

    @iterations.setter
    def iterations(self, steps: int) -> None:
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0:
            raise InvalidModelError(f"optimizer {self._name}: iterations: expected a count, got {steps!r}")
        if not self._training.variables:
            self._training.variables.append(iteration_variable(np.asarray(0)))
        variable = self._training.variables[0]
        variable.value = np.asarray(steps, variable.dtype.numpy)

    @property
    def slots(self) -> dict[tuple[Weight, str], Weight]:
        """(weight, slot) -> the variable, in the order of Keras 2; those of a new optimizer have its first values."""
        weights, inner = self._model.trainable_weights, unwrapped(self._training)
        if is_legacy(inner):
            places = legacy_slots(inner, weights)
            self._build_legacy(places)
        else:
            places = [(place.weight, place.slot.name) for place in slots_of(inner, weights, keras=2)]
            if len(self._training.variables) <= 1:
                self._training.variables[1:] = initial_variables(inner, weights)[1:]
                self.iterations = self.iterations
        held = self._training.variables[len(self._training.variables) - len(places) :] if places else []
        if len(held) != len(places):
            raise InvalidModelError(
                f"optimizer {self._name}: its {len(self._training.variables)} variables do not fit its options "
                "and the trainable weights"
            )
        return dict(zip(places, held, strict=True))

    def _build_legacy(self, places: list[tuple[Weight, str]]) -> None:
        if len(self._training.variables) > 1:
            return
        inner = unwrapped(self._training)
        kind, config = optimizer_class(inner), inner.optimizer_config
        values: list[ArrayLike] = [np.asarray(self.iterations, np.int64)]
        values += [np.asarray(scalar.initial, np.float32) for scalar in kind.scalars if scalar.legacy]
        by_name = {slot.legacy or slot.name: slot for slot in kind.slots}
        for weight, name in places:
            first = kind.first_value(by_name[name], config)
            values.append(np.full(weight.shape, first, weight.dtype.numpy))
        made = legacy_variables(inner, values, self._model.trainable_weights)
        assert made is not None
        self._training.variables = made

    def set_slot(self, weight: Weight, slot: str, array: ArrayLike) -> None:
        """Gives a slot of a weight its value.

        Args:
          weight: a trainable weight of the model, `model.get_layer("dense").kernel`.
          slot: the kind of the slot, `m`.
          array: the value, of the shape of the variable; it is cast to its dtype.

        Raises:
          InvalidModelError: the weight is not trainable or not in the model, the optimizer keeps no such slot for it,
            or the array has another shape.
        """
        slots = self.slots
        found = slots.get((weight, slot))
        if found is None:
            kept = [name for of, name in slots if of is weight]
            why = (
                f"it keeps {', '.join(kept)}{did_you_mean(slot, kept)}"
                if kept
                else "it trains no such weight"
            )
            raise InvalidModelError(f"optimizer {self._name}: slot {slot!r} of weight {weight.name}: {why}")
        value = np.asarray(array)
        if value.shape != found.shape:
            raise InvalidModelError(
                f"optimizer {self._name}: slot {slot!r} of weight {weight.name}: expected shape {found.shape}, "
                f"got {value.shape}"
            )
        found.value = value.astype(found.dtype.numpy, copy=False)

    @property
    def _name(self) -> str:
        return self._training.optimizer_class


def compiled_optimizer(model: Model) -> CompiledOptimizer | None:
    """`Model.optimizer`."""
    training = model.training_config
    return None if training is None or not training.optimizer_class else CompiledOptimizer(model)


MODEL_METHODS.enter("compile", compile_model)
MODEL_METHODS.enter("optimizer", compiled_optimizer)
