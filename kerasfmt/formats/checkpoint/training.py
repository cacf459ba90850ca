"""The optimizer of a checkpoint: its variables, found by the names of its attributes.

    optimizer        _variables (every variable in order), _iterations, _learning_rate, others by attribute
    legacy one       iter, a variable for each option that is a number, slots for the variables of the model
    loss scaling     the children of the inner optimizer, and loss_scale

Source: tf_keras/src/optimizers/optimizer.py; tf_keras/src/optimizers/legacy/optimizer_v2.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from kerasfmt.containers.tensorbundle import StoredTensor
from kerasfmt.formats.checkpoint.nodes import VariableNode
from kerasfmt.formats.checkpoint.restore import Match
from kerasfmt.formats.checkpoint.stored import StoredObject
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.optimizers.legacy import from_current, is_legacy, legacy_slots, legacy_variables
from kerasfmt.optimizers.loss_scale import SCALARS, is_loss_scaled, rewrapped, unwrapped
from kerasfmt.optimizers.state import OptimizerState, default_rate, optimizer_class, to_state

LIST: Final = "_variables"
_RATES: Final = ("_learning_rate", "_current_learning_rate")
_LEGACY_STEPS: Final = "iter"

Tensors = Mapping[str, StoredTensor]


def is_trained(stored: StoredObject) -> bool:
    """Whether a stored optimizer has variables; a legacy one has none before its first step."""
    return LIST in stored.children or _LEGACY_STEPS in stored.children


def with_stored_state(
    training: TrainingConfig,
    stored: StoredObject,
    match: Match,
    tensors: Tensors,
    trainable: Sequence[Weight],
) -> TrainingConfig | None:
    """A compile state with the variables of a stored optimizer; None where they do not fit its optimizer.

    Args:
      training: the compile state; it stays as it is.
      stored: the optimizer in the checkpoint.
      match: which stored variables are those of the model.
      tensors: the arrays of the checkpoint.
      trainable: the trainable weights of the model, in its order.
    """
    part = unwrapped(training)
    if LIST in stored.children:
        found = _current(part, stored, tensors, trainable)
    else:
        found = _legacy(part, stored, match, tensors, trainable)
    if found is None or not is_loss_scaled(training):
        return found
    wrapped = rewrapped(training, found)
    scale = stored.children.get("loss_scale")
    for scalar in SCALARS if scale is not None else ():
        value = _value(scale.children.get(scalar.name), tensors) if scale is not None else None
        if value is not None and not value.shape:
            wrapped.scalars[scalar.attribute] = optimizer_variable(scalar.name, value)
    return wrapped


def _value(stored: StoredObject | None, tensors: Tensors) -> StoredTensor | None:
    """The array of a variable; None if it has none, or one that holds no numbers."""
    key = None if stored is None else stored.value_key
    found = None if key is None else tensors.get(key)
    numeric = found is not None and (found.tensor_dtype.is_floating or found.tensor_dtype.is_integer)
    return found if numeric else None


def _current(
    training: TrainingConfig, stored: StoredObject, tensors: Tensors, trainable: Sequence[Weight]
) -> TrainingConfig | None:
    listed = stored.children[LIST].children
    values = [_value(listed.get(str(number)), tensors) for number in range(len(listed))]
    held = [value for value in values if value is not None]
    if not held or len(held) != len(values) or held[0].shape:
        return None
    steps, slots = held[0], held[1:]
    state = to_state(training, slots, trainable, keras=2) if slots else OptimizerState([], {})
    if state is None:
        return None
    if is_legacy(training):
        return replace(training, variables=from_current(training, steps, state, trainable))
    found = replace(training, variables=[iteration_variable(steps), *state.slots], scalars={})
    for scalar in optimizer_class(training).scalars:
        value = _value(stored.children.get(scalar.attribute), tensors)
        if value is not None and not value.shape:
            found.scalars[scalar.attribute] = optimizer_variable(scalar.name, value)
    for name in _RATES:
        rate = _value(stored.children.get(name), tensors)
        if rate is not None and not rate.shape:
            found.learning_rate = optimizer_variable("learning_rate", rate)
            if name == _RATES[0]:
                found = _with_options(found, {"learning_rate": rate})
    return found


def _legacy(
    training: TrainingConfig,
    stored: StoredObject,
    match: Match,
    tensors: Tensors,
    trainable: Sequence[Weight],
) -> TrainingConfig | None:
    if not is_legacy(training):
        return None
    kind = optimizer_class(training)
    kept: dict[tuple[Weight, str], StoredTensor | None] = {}
    for slot in stored.slots:
        original = match.bound.get(slot.original.number)
        if isinstance(original, VariableNode):
            kept[original.weight, slot.name] = _value(slot.variable, tensors)
    names = [_LEGACY_STEPS, *(scalar.legacy for scalar in kind.scalars if scalar.legacy)]
    values = [_value(stored.children.get(name), tensors) for name in names]
    values += [kept.get(slot) for slot in legacy_slots(training, trainable)]
    held = [value for value in values if value is not None]
    variables = legacy_variables(training, held, trainable) if len(held) == len(values) else None
    if variables is None:
        return None
    options = {
        name: value
        for name in (*(kind.hyperparameters or ()), "decay", "learning_rate")
        if (value := _value(stored.children.get(name), tensors)) is not None and not value.shape
    }
    return _with_options(replace(training, variables=variables, learning_rate=None), options)


def _with_options(training: TrainingConfig, values: Mapping[str, StoredTensor]) -> TrainingConfig:
    """The compile state with the options that are variables in the checkpoint; equal ones stay as they were written."""
    options = training.optimizer_config
    for name, value in values.items():
        stored = np.asarray(value)
        stated = options.get(name)
        if stated is None and name == "learning_rate":
            stated = default_rate(training)
        if isinstance(stated, int | float) and stored.dtype.type(stated) != stored:
            options[name] = float(stored)
    entry: dict[str, Any] = {**(training.config.get("optimizer_config") or {}), "config": options}
    return replace(training, config={**training.config, "optimizer_config": entry})
