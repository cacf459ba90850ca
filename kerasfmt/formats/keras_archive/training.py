"""The variables of an optimizer in an archive.

They have numbers in an archive and names in the IR. `kerasfmt.optimizers.state` states their order.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.dialects.compile_config import read_compile_config
from kerasfmt.dialects.versions import MAJOR, Dialect
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.optimizers.legacy import from_current, is_legacy, legacy_variables
from kerasfmt.optimizers.state import (
    default_rate,
    has_rate_variable,
    placeholders,
    slot_names,
    to_state,
    with_scalars,
)


def to_training_config(
    compile_config: Mapping[str, Any],
    stored: Sequence[LazyDataset],
    trainable: Sequence[Weight],
    dialect: Dialect,
) -> TrainingConfig:
    """The compile state that an archive holds.

    Args:
      compile_config: from the archive.
      stored: the optimizer's variables in order.
      trainable: the model's trainable weights, in the order of the archive.
      dialect: the dialect of the archive.
    """
    found = TrainingConfig(read_compile_config(compile_config, MAJOR[dialect]))
    legacy = legacy_variables(found, stored, trainable) if is_legacy(found) else None
    if legacy is not None:
        found.variables = legacy
        return found
    values = list(stored)
    if values and values[0].shape == () and values[0].dtype.kind in "iu":
        found.variables.append(iteration_variable(values.pop(0)))
        if dialect == "keras3" and has_rate_variable(found) and values and values[0].shape == ():
            found.learning_rate = optimizer_variable("learning_rate", values.pop(0))
    state = to_state(found, values, trainable, MAJOR[dialect])
    if state is not None:
        found.variables += state.slots
        found.scalars = state.scalars
    else:
        kind = found.optimizer_class
        found.variables += [optimizer_variable(f"{kind}/vars/{n}", value) for n, value in enumerate(values)]
    return found


def take_variables(
    training: TrainingConfig, stored: Sequence[LazyDataset], trainable: Sequence[Weight]
) -> bool:
    """Gives an optimizer the variables of a file that does not state its dialect.

    Args:
      training: a compile state.
      stored: the variables in the file, in order.
      trainable: the model's trainable weights, in the order of the file.

    Returns:
      Whether they fit the optimizer; if not, nothing is changed.
    """
    legacy = legacy_variables(training, stored, trainable) if is_legacy(training) else None
    if legacy is not None:
        training.variables = legacy
        return True
    for dialect in ("keras3", "tf_keras"):
        counted = 2 if dialect == "keras3" and has_rate_variable(training) else 1
        if len(stored) < counted or any(value.shape for value in stored[:counted]):
            continue
        state = to_state(training, stored[counted:], trainable, MAJOR[dialect])
        if state is None:
            continue
        if is_legacy(training):
            training.variables = from_current(training, stored[0], state, trainable)
            return True
        training.variables = [iteration_variable(stored[0]), *state.slots]
        training.scalars = state.scalars
        if counted == 2:
            training.learning_rate = optimizer_variable("learning_rate", stored[1])
        return True
    return False


def optimizer_values(training: TrainingConfig, trainable: Sequence[Weight], dialect: Dialect) -> list[Weight]:
    """The optimizer's variables in the order of the dialect.

    Where Keras would not find the slots that it expects, the slots are left out. Keras then starts with fresh slots
    and warns about it.
    """
    variables = list(training.variables)
    if not variables or dialect == "tf_keras":
        return variables
    names = slot_names(training, trainable, keras=3)
    by_name = {**placeholders(training, trainable), **{weight.name: weight for weight in variables}}
    slots = [by_name[slot] for slot in names if slot in by_name]
    if len(slots) != len(names):
        slots = variables[1:] if len(variables) - 1 == len(names) else []
    rate = training.learning_rate
    if rate is None:
        # An optimizer given by name alone has no options in an archive of tf_keras.
        stated = training.optimizer_config.get("learning_rate", default_rate(training))
        if isinstance(stated, int | float):
            rate = optimizer_variable("learning_rate", np.asarray(stated, np.float32))
    scalars = with_scalars(training, trainable).values() if slots else ()
    return [variables[0], *([] if rate is None else [rate]), *slots, *scalars]
