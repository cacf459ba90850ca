"""The variables of an optimizer, in the order in which Keras keeps them.

    Keras 2    iteration, [averages], slots
    Keras 3    iteration, [learning rate], [averages], [accumulated gradients], slots, [scalars]
               up to 3.9 the scalars come before the slots

In Keras 2, the learning rate and the scalars are attributes of the optimizer that its list does not count. A learning
rate that is a schedule is no variable. Variables are called as in Keras 2. Adafactor has no rows and columns for a
weight that is not a matrix; Keras 3 keeps an integer, which is never used, in place of each.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from kerasfmt import dtypes
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.ir.initializers import Constant, Zeros
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.optimizer import ACCUMULATED, AVERAGE, Optimizer, Slot, find_optimizer


@dataclass(frozen=True, eq=False)
class OptimizerState:
    """The variables of an optimizer beside the iteration and the learning rate.

    Attributes:
      slots: the averages and slots, in order.
      scalars: variables that Keras 2 does not count, by attribute.
    """

    slots: list[Weight]
    scalars: dict[str, Weight]


def optimizer_class(training: TrainingConfig) -> type[Optimizer]:
    """The class of the optimizer of a compile state; Optimizer if kerasfmt does not know it."""
    return find_optimizer(training.optimizer_class) or Optimizer


class SlotOf(NamedTuple):
    """A variable that an optimizer keeps for a weight.

    Attributes:
      name: `Adam/m/dense/kernel`.
      slot: its kind.
      weight: the weight.
      shape: its shape; None for an integer that Keras 3 keeps in its place and never uses.
    """

    name: str
    slot: Slot
    weight: Weight
    shape: tuple[int, ...] | None


def slots_of(training: TrainingConfig, weights: Sequence[Weight], keras: Major) -> list[SlotOf]:
    """What an optimizer keeps for its weights, in order.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that keeps it.
    """
    kind = training.optimizer_class
    found = [
        SlotOf(f"{kind}/{slot.name}/{weight.name}", slot, weight, slot.shape_for(weight.shape))
        for row in optimizer_class(training).slot_rows(training.optimizer_config, keras)
        for weight in weights
        for slot in row
    ]
    return [kept for kept in found if keras == 3 or kept.shape is not None]


def slot_names(training: TrainingConfig, weights: Sequence[Weight], keras: Major) -> list[str]:
    """The names of the slots in order, `Adam/m/dense/kernel`.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that keeps them.
    """
    return [kept.name for kept in slots_of(training, weights, keras)]


def initial_variables(training: TrainingConfig, weights: Sequence[Weight], keras: Major = 2) -> list[Weight]:
    """The variables of an optimizer that has done no step: `iteration`, then the slots in order.

    Their values are made when they are needed. An average of Keras 2 has the value of its weight.

    Args:
      training: the compile state; its optimizer is not one of `keras.optimizers.legacy`.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that keeps them.

    Returns:
      The variables. There is only `iteration` for an optimizer whose slots kerasfmt does not know.

    Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
    """
    kind, config = optimizer_class(training), training.optimizer_config
    slots = [_initial(kept, kind, config, keras) for kept in slots_of(training, weights, keras)]
    return [iteration_variable(np.asarray(0)), *slots]


def _initial(kept: SlotOf, kind: type[Optimizer], config: Mapping[str, Any], keras: Major) -> Weight:
    if kept.shape is None:
        return Weight(kept.name, (), dtypes.int32, trainable=False, initializer=Zeros())
    found = Weight(kept.name, kept.shape, kept.weight.dtype, trainable=False, initializer=Zeros())
    if kept.slot.initial is not None:
        found.initializer = Constant(kind.first_value(kept.slot, config))
    if kept.slot.begins_with_weight or (kept.slot is AVERAGE and keras == 2):
        found.value = kept.weight.value
    return found


def without_counterpart(training: TrainingConfig, weights: Sequence[Weight]) -> dict[str, Weight]:
    """The variables of Keras 3 that Keras 2 does not have, by name, before the first step.

    They are the accumulated gradients, and the integers that Keras 3 counts among the slots and never uses.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.
    """
    kind, config = optimizer_class(training), training.optimizer_config
    return {
        kept.name: _initial(kept, kind, config, keras=3)
        for kept in slots_of(training, weights, keras=3)
        if kept.shape is None or kept.slot is ACCUMULATED
    }


def default_rate(training: TrainingConfig) -> float:
    """The default learning rate of an optimizer, for a config without one."""
    option = optimizer_class(training).fields.get("learning_rate")
    rate: float = 0.001 if option is None else option.default
    return rate


def has_rate_variable(training: TrainingConfig) -> bool:
    """Whether Keras 3 keeps the learning rate as a variable: if it is a number, not a schedule."""
    return not isinstance(training.optimizer_config.get("learning_rate"), Mapping)


def to_state(
    training: TrainingConfig, values: Sequence[ArrayLike], weights: Sequence[Weight], keras: Major
) -> OptimizerState | None:
    """Stored values as the state of an optimizer; None where they do not fit it.

    Args:
      training: the compile state.
      values: the values stored after the iteration and the learning rate.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that stored them.
    """
    slots = slots_of(training, weights, keras)
    scalars = optimizer_class(training).scalars if keras == 3 else ()
    surplus = len(values) - len(slots)
    if surplus not in (0, len(scalars)):
        return None
    config = training.optimizer_config
    shared = len(weights) * sum(slot.is_kept(config, keras) for slot in (AVERAGE, ACCUMULATED))
    for place in (len(slots), shared):
        held = [*values[:place], *values[place + surplus :]]
        others = values[place : place + surplus]
        pairs = list(zip(slots, held, strict=True))
        fits = all(tuple(value.shape) == (kept.shape or ()) for kept, value in pairs)
        if fits and not any(tuple(value.shape) for value in others):
            return OptimizerState(
                [optimizer_variable(kept.name, value) for kept, value in pairs if kept.shape is not None],
                {
                    scalar.attribute: optimizer_variable(scalar.name, value)
                    for scalar, value in zip(scalars, others, strict=False)
                },
            )
    return None


def with_scalars(training: TrainingConfig, weights: Sequence[Weight]) -> dict[str, Weight]:
    """The scalars of an optimizer that has its slots; a scalar without a stored value starts anew, as in Keras 2.

    Args:
      training: the compile state.
      weights: the trainable weights.
    """
    found: dict[str, Weight] = {}
    for scalar in optimizer_class(training).scalars:
        if scalar.attribute in training.scalars:
            found[scalar.attribute] = training.scalars[scalar.attribute]
        elif weights:
            value = np.asarray(scalar.initial, weights[0].dtype.numpy)
            found[scalar.attribute] = optimizer_variable(scalar.name, value)
    return found
