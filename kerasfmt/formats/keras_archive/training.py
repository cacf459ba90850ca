"""The variables of an optimizer in an archive.

They have numbers in an archive and names in the IR. `kerasfmt.optimizers.state` states their order.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.dialects.compile_config import read_compile_config
from kerasfmt.dialects.versions import MAJOR, Dialect
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.ir.keras_facts import Major
from kerasfmt.optimizers.legacy import from_current, is_legacy, legacy_variables
from kerasfmt.optimizers.loss_scale import OWN_COUNT, is_loss_scaled, own_variables, take_scalars, unwrapped
from kerasfmt.optimizers.state import (
    OptimizerState,
    default_rate,
    has_rate_variable,
    to_state,
    with_scalars,
)
from kerasfmt.optimizers.stored import read_state


def to_training_config(
    compile_config: Mapping[str, Any],
    stored: Sequence[LazyDataset],
    inner: Sequence[LazyDataset],
    trainable: Sequence[Weight],
    dialect: Dialect,
) -> TrainingConfig:
    """The compile state that an archive holds.

    Args:
      compile_config: from the archive.
      stored: the optimizer's variables in order.
      inner: the variables of an optimizer inside of it; those of a LossScaleOptimizer are stored twice.
      trainable: the model's trainable weights, in the order of the archive.
      dialect: the dialect of the archive.
    """
    config = read_compile_config(compile_config, MAJOR[dialect])
    return read_state(config, stored, inner, trainable, MAJOR[dialect])


def take_variables(
    training: TrainingConfig,
    stored: Sequence[LazyDataset],
    inner: Sequence[LazyDataset],
    trainable: Sequence[Weight],
) -> bool:
    """Gives an optimizer the variables of a file that does not state its dialect.

    Args:
      training: a compile state.
      stored: the variables in the file, in order.
      inner: the variables of an optimizer inside of it.
      trainable: the model's trainable weights, in the order of the file.

    Returns:
      Whether they fit the optimizer; if not, nothing is changed.
    """
    if not is_loss_scaled(training):
        return not inner and _takes(training, stored, trainable)
    part = unwrapped(training)
    if not _takes(part, inner or stored, trainable):
        return False
    training.variables, training.learning_rate = part.variables, part.learning_rate
    training.scalars = dict(part.scalars)
    if len(stored) == OWN_COUNT + len(inner):
        take_scalars(training, stored)
    return True


def _takes(training: TrainingConfig, stored: Sequence[LazyDataset], trainable: Sequence[Weight]) -> bool:
    legacy = legacy_variables(training, stored, trainable) if is_legacy(training) else None
    if legacy is not None:
        training.variables = legacy
        return True
    majors: tuple[Major, ...] = (3, 2)
    for keras in majors:
        counted = 2 if keras == 3 and has_rate_variable(training) else 1
        if len(stored) < counted or any(value.shape for value in stored[:counted]):
            continue
        slots = stored[counted:]
        if slots:
            state = to_state(training, slots, trainable, keras) or _by_number(training, slots)
        else:
            state = OptimizerState([], {})  # it has done no step
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


def _by_number(training: TrainingConfig, stored: Sequence[LazyDataset]) -> OptimizerState | None:
    """Stored values in place of variables of the same shapes, which do not follow from the options and weights.

    They are those of an optimizer that kerasfmt does not know, or for weights that were frozen after training.
    """
    held = training.variables[1:]
    if not held or [value.shape for value in stored] != [weight.shape for weight in held]:
        return None
    names = [weight.name for weight in held]
    slots = [optimizer_variable(name, value) for name, value in zip(names, stored, strict=True)]
    return OptimizerState(slots, {})


@dataclass(frozen=True)
class StoredOptimizer:
    """The variables of an optimizer as an archive holds them.

    Attributes:
      name: what Keras 3 calls the optimizer.
      variables: the variables in order.
      inner: an optimizer inside of it; its variables are stored twice.
    """

    name: str
    variables: Sequence[Weight]
    inner: StoredOptimizer | None = None


def stored_optimizer(
    training: TrainingConfig | None, trainable: Sequence[Weight], dialect: Dialect
) -> StoredOptimizer | None:
    """The optimizer's variables as an archive holds them; None where the model has no optimizer.

    Args:
      training: the compile state as the target can express it, by `kerasfmt.dialects.optimizer_target`.
      trainable: the trainable weights, in the order of the optimizer.
      dialect: the dialect of the archive.
    """
    if training is None or not training.optimizer_class:
        return None
    if is_loss_scaled(training):
        inner = stored_optimizer(unwrapped(training), trainable, dialect)
        assert inner is not None
        own = own_variables(training) if dialect == "keras3" and inner.variables else []
        return StoredOptimizer("loss_scale_optimizer", [*own, *inner.variables], inner)
    name = str(training.optimizer_config.get("name") or training.optimizer_class)
    if name == training.optimizer_class:
        name = name.lower()  # the name that Keras 3 gives it, where Keras 2 takes the class's
    return StoredOptimizer(name, _values(training, trainable, dialect))


def _values(training: TrainingConfig, trainable: Sequence[Weight], dialect: Dialect) -> list[Weight]:
    """The optimizer's variables in the order of the dialect."""
    variables = list(training.variables)
    if not variables or dialect == "tf_keras":
        return variables
    rate = training.learning_rate if has_rate_variable(training) else None
    if rate is None:
        # An optimizer given by name alone has no options in an archive of tf_keras.
        stated = training.optimizer_config.get("learning_rate", default_rate(training))
        if isinstance(stated, int | float):
            rate = optimizer_variable("learning_rate", np.asarray(stated, np.float32))
    slots = variables[1:]
    scalars = with_scalars(training, trainable).values() if slots else ()
    return [variables[0], *([] if rate is None else [rate]), *slots, *scalars]
