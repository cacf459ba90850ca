"""The variables of an optimizer, in the order in which Keras keeps them.

    Keras 2    iteration, [averages], slots
    Keras 3    iteration, [learning rate], [averages], slots, [scalars]; up to 3.9 the scalars come before the slots

In Keras 2, the learning rate and the scalars are attributes of the optimizer that its list does not count. A learning
rate that is a schedule is no variable. Variables are called as in Keras 2.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.optimizer import AVERAGE, Optimizer, find_optimizer


@dataclass(frozen=True)
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


def _slots(training: TrainingConfig, weights: Sequence[Weight], keras: Major) -> list[tuple[str, Weight]]:
    """Name of each slot, and its weight."""
    kind = training.optimizer_class
    rows = optimizer_class(training).slot_rows(training.optimizer_config, keras)
    return [
        (f"{kind}/{slot.name}/{weight.name}", weight) for row in rows for weight in weights for slot in row
    ]


def slot_names(training: TrainingConfig, weights: Sequence[Weight], keras: Major) -> list[str]:
    """The names of the slots in order, `Adam/m/dense/kernel`.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that keeps them.
    """
    return [name for name, _ in _slots(training, weights, keras)]


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
    slots = _slots(training, weights, keras)
    scalars = optimizer_class(training).scalars if keras == 3 else ()
    surplus = len(values) - len(slots)
    if surplus not in (0, len(scalars)):
        return None
    averages = len(weights) if AVERAGE.is_kept(training.optimizer_config, keras) else 0
    for place in (len(slots), averages):
        held = [*values[:place], *values[place + surplus :]]
        others = values[place : place + surplus]
        fits = all(tuple(value.shape) == weight.shape for value, (_, weight) in zip(held, slots, strict=True))
        if fits and not any(tuple(value.shape) for value in others):
            return OptimizerState(
                [optimizer_variable(name, value) for value, (name, _) in zip(held, slots, strict=True)],
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
