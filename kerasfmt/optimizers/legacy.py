"""Optimizers of Keras up to 2.10, which Keras 2 goes on to keep as `keras.optimizers.legacy`.

    iterations, [scalar], slots     their variables, in order: every slot of one kind, then every slot of the next

Options that are numbers are variables too, which such a list does not count. The names of the variables in files vary
(`Adam/iter`, `iterations_1`, `training/RMSprop/Variable`), so that their order decides. Here they are called as Keras
calls them after it has loaded a file.

Source: tf_keras/src/optimizers/legacy/*.py; keras/optimizers.py (2.0 to 2.3)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.ir.weight import Aggregation, ArrayLike
from kerasfmt.optimizers.optimizer import Optimizer
from kerasfmt.optimizers.state import OptimizerState, optimizer_class


class SlotVariable(NamedTuple):
    """A variable that an optimizer keeps for a weight.

    Attributes:
      weight: the weight.
      slot: the kind of slot, `m`.
      variable: the variable.
    """

    weight: Weight
    slot: str
    variable: Weight


@dataclass(frozen=True, eq=False)
class LegacyState:
    """The variables of a legacy optimizer.

    Attributes:
      iterations: the number of steps.
      hyperparameters: the options that are variables, by name, sorted.
      scalars: variables that it keeps once, by attribute.
      slots: variables that it keeps for each weight, in order.
    """

    iterations: Weight
    hyperparameters: Mapping[str, Weight]
    scalars: Mapping[str, Weight]
    slots: Sequence[SlotVariable]


def is_legacy(training: TrainingConfig) -> bool:
    """Whether the optimizer of a compile state is a class of `keras.optimizers.legacy` that kerasfmt knows."""
    return optimizer_class(training).hyperparameters is not None and stated_as_legacy(training)


def stated_as_legacy(training: TrainingConfig) -> bool:
    """Whether Keras 2 would look for the optimizer of a compile state in `keras.optimizers.legacy`.

    It does so for a name without a prefix, unless the options deny it. An optimizer without options was given by its
    name alone.

    Source: tf_keras/src/optimizers/__init__.py, deserialize
    """
    entry = training.config.get("optimizer_config")
    if not isinstance(entry, Mapping) or ">" in str(entry.get("class_name", "")):
        return False
    options = training.optimizer_config
    return bool(options and options.get("is_legacy_optimizer", True))


def legacy_state(training: TrainingConfig, weights: Sequence[Weight]) -> LegacyState | None:
    """The variables of a legacy optimizer by their meaning; None where they do not fit it.

    Args:
      training: the compile state, with the variables in the order of its file.
      weights: the trainable weights, in the order of the optimizer.
    """
    kind = optimizer_class(training)
    if not training.variables:
        return None
    slots = _slots(kind, training, weights)
    scalars = [scalar for scalar in kind.scalars if scalar.legacy]
    values = _without_unused(kind, [variable.value for variable in training.variables], weights)
    if len(values) == len(scalars) + len(slots):
        values = [np.zeros((), np.int64), *values]  # Keras before TensorFlow 2 left out the number of steps
    if len(values) != 1 + len(scalars) + len(slots):
        return None
    shapes = [(), *((),) * len(scalars), *(weight.shape for weight, _ in slots)]
    if any(tuple(value.shape) != shape for value, shape in zip(values, shapes, strict=True)):
        return None
    rest = values[1 + len(scalars) :]
    return LegacyState(
        _once("iter", np.asarray(values[0]).astype(np.int64)),
        {key: _once(key, value) for key, value in _hyperparameters(kind, training).items()},
        {
            scalar.legacy: _once(scalar.legacy, value)
            for scalar, value in zip(scalars, values[1:], strict=False)
        },
        [
            SlotVariable(weight, slot, optimizer_variable(f"{weight.name}/{slot}", value))
            for (weight, slot), value in zip(slots, rest, strict=True)
        ],
    )


def legacy_variables(
    training: TrainingConfig, values: Sequence[ArrayLike], weights: Sequence[Weight]
) -> list[Weight] | None:
    """Stored values as the variables of a legacy optimizer, called as in HDF5; None where they do not fit it.

    Args:
      training: the compile state.
      values: the values in the order of `keras.optimizers.legacy`, the number of steps first.
      weights: the trainable weights, in the order of the optimizer.
    """
    stored = [optimizer_variable(f"vars/{n}", value) for n, value in enumerate(values)]
    state = legacy_state(TrainingConfig(training.config, stored), weights)
    if state is None:
        return None
    return _in_order(training, state)


def from_current(
    training: TrainingConfig, iterations: ArrayLike, state: OptimizerState, weights: Sequence[Weight]
) -> list[Weight]:
    """The state of the current class as the variables of the legacy optimizer of the same name, called as in HDF5.

    Args:
      training: the compile state with the legacy optimizer.
      iterations: the number of steps.
      state: the slots and scalars of the current class.
      weights: the trainable weights, in the order of the optimizer.
    """
    kind = optimizer_class(training)
    names = {slot.legacy or slot.name: slot.name for slot in kind.slots}
    kept = {variable.name: variable for variable in state.slots}
    scalars = [scalar for scalar in kind.scalars if scalar.legacy and scalar.attribute in state.scalars]
    slots = [
        SlotVariable(weight, slot, kept[f"{kind.__name__}/{names[slot]}/{weight.name}"])
        for weight, slot in _slots(kind, training, weights)
    ]
    steps = _once("iter", np.asarray(iterations).astype(np.int64))
    once = {scalar.legacy: _once(scalar.legacy, state.scalars[scalar.attribute].value) for scalar in scalars}
    return _in_order(training, LegacyState(steps, {}, once, slots))


def _in_order(training: TrainingConfig, state: LegacyState) -> list[Weight]:
    kind = training.optimizer_class
    found = [optimizer_variable(f"{kind}/iter", state.iterations.value), *state.scalars.values()]
    for weight, slot, variable in state.slots:
        found.append(optimizer_variable(f"{kind}/{weight.name}/{slot}", variable.value))
    return found


def to_current(training: TrainingConfig, weights: Sequence[Weight]) -> TrainingConfig:
    """The compile state with the current class of the same name in place of a legacy optimizer; others are given back.

    `decay` becomes a schedule that computes the same. A state that does not fit is left out with a warning.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.

    Source: tf_keras/src/optimizers/legacy/optimizer_v2.py, _decayed_lr
    """
    if not is_legacy(training):
        return training
    kind = optimizer_class(training)
    stated = training.optimizer_config
    options = {key: value for key, value in stated.items() if key in kind.fields and value is not None}
    options["learning_rate"] = rate = _option(kind, stated, "learning_rate")
    decay = stated.get("decay")
    if kind.legacy_decay:
        warnings.warn(
            f"optimizer {kind.__name__}: the momentum follows another schedule outside keras.optimizers.legacy; "
            "its option decay is left out",
            stacklevel=2,
        )
    elif decay and isinstance(rate, int | float):
        schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
        options["learning_rate"] = {"class_name": "InverseTimeDecay", "config": schedule}
    entry = {"class_name": f"Custom>{kind.__name__}", "config": {**options, "is_legacy_optimizer": False}}
    config = {**training.config, "optimizer_config": entry}
    found = replace(training, config=config, variables=[], learning_rate=None, scalars={})
    state = legacy_state(training, weights)
    if state is None:
        if training.variables:
            warn_of_loss(training)
        return found
    found.variables.append(iteration_variable(state.iterations.value))
    kept = {(slot.weight, slot.slot): slot.variable.value for slot in state.slots}
    for row in kind.slot_rows(options, 3):
        for weight in weights:
            for slot in row:
                name = f"{kind.__name__}/{slot.name}/{weight.name}"
                found.variables.append(optimizer_variable(name, kept[weight, slot.legacy or slot.name]))
    found.scalars = {
        scalar.attribute: optimizer_variable(scalar.name, state.scalars[scalar.legacy].value)
        for scalar in kind.scalars
    }
    return found


def warn_of_loss(training: TrainingConfig) -> None:
    """Warns that the state of an optimizer does not fit and is left out."""
    warnings.warn(
        f"optimizer {training.optimizer_class}: its {len(training.variables)} variables do not fit its options "
        "and the trainable weights; its state is left out, and training begins with a new one",
        stacklevel=3,
    )


def legacy_slots(training: TrainingConfig, weights: Sequence[Weight]) -> list[tuple[Weight, str]]:
    """The weight and the kind of each slot of a legacy optimizer, in order.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.
    """
    return _slots(optimizer_class(training), training, weights)


def _slots(
    kind: type[Optimizer], training: TrainingConfig, weights: Sequence[Weight]
) -> list[tuple[Weight, str]]:
    config = training.optimizer_config
    kept = [slot.legacy or slot.name for slot in kind.slots if not slot.option or config.get(slot.option)]
    if kind.legacy_by_weight:
        return [(weight, slot) for weight in weights for slot in kept]
    return [(weight, slot) for slot in kept for weight in weights]


def _without_unused(
    kind: type[Optimizer], values: list[ArrayLike], weights: Sequence[Weight]
) -> list[ArrayLike]:
    """The values without the placeholders that Keras 2.0 to 2.3 stored for `amsgrad` where it was off.

    Source: tf_keras/src/optimizers/legacy/adam.py, set_weights
    """
    used = 1 + 2 * len(weights)
    unused = values[used:]
    placeholders = len(unused) == len(weights) and all(tuple(value.shape) == (1,) for value in unused)
    has_amsgrad = any(slot.option == "amsgrad" for slot in kind.slots)
    return values[:used] if has_amsgrad and placeholders else values


def _hyperparameters(kind: type[Optimizer], training: TrainingConfig) -> dict[str, ArrayLike]:
    """The values of the options that are variables. A learning rate that is a schedule is none."""
    config = training.optimizer_config
    found: dict[str, ArrayLike] = {}
    for name in sorted((*(kind.hyperparameters or ()), "decay", "learning_rate")):
        value = _option(kind, config, name)
        if not isinstance(value, Mapping):
            found[name] = np.asarray(value, np.float32)
    return found


def _option(kind: type[Optimizer], config: Mapping[str, Any], name: str) -> Any:
    """The value of an option in a config of any release, or its default."""
    value = next((config[key] for key in (name, *_EARLIER.get(name, ())) if key in config), None)
    if value is not None:
        return value
    return kind.legacy_decay if name == "decay" else kind.fields[name].default


_EARLIER: Mapping[str, tuple[str, ...]] = {"learning_rate": ("lr",), "decay": ("schedule_decay",)}
"""Option -> what earlier releases called it."""


def _once(name: str, value: ArrayLike) -> Weight:
    """A variable that an optimizer keeps once."""
    variable = optimizer_variable(name, value)
    variable.aggregation = Aggregation.ONLY_FIRST_REPLICA
    return variable
