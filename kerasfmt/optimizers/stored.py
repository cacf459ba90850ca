"""The compile state of a file that has the variables of its optimizer in order, without names of Keras 2.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.legacy import is_legacy, legacy_variables
from kerasfmt.optimizers.loss_scale import OWN_COUNT, is_loss_scaled, rewrapped, take_scalars, unwrapped, wrap
from kerasfmt.optimizers.state import has_rate_variable, to_state


def read_state(
    config: Mapping[str, Any],
    values: Sequence[ArrayLike],
    inner: Sequence[ArrayLike],
    weights: Sequence[Weight],
    keras: Major,
) -> TrainingConfig:
    """The compile state for a training config and the variables of its optimizer.

    Variables that do not fit the options and the weights are called by their numbers.

    Args:
      config: the training config, as Keras 2 states it.
      values: the values in order, the number of steps first.
      inner: the values of the optimizer inside of a LossScaleOptimizer; empty if they are only among `values`.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that stored them.
    """
    found = TrainingConfig(dict(config))
    if inner and not is_loss_scaled(found):
        # Keras 2 wraps an optimizer that was given by name alone, in a model of mixed precision, and does not say so.
        found = wrap(found)
    if not is_loss_scaled(found):
        _take(found, values, weights, keras)
        return found
    part = unwrapped(found)
    _take(part, inner or values[OWN_COUNT if keras == 3 else 0 :], weights, keras)
    found = rewrapped(found, part)
    if keras == 3:
        take_scalars(found, values)
    return found


def _take(
    training: TrainingConfig, values: Sequence[ArrayLike], weights: Sequence[Weight], keras: Major
) -> None:
    legacy = legacy_variables(training, values, weights) if is_legacy(training) else None
    if legacy is not None:
        training.variables = legacy
    else:
        _take_current(training, values, weights, keras)


def _take_current(
    training: TrainingConfig, values: Sequence[ArrayLike], weights: Sequence[Weight], keras: Major
) -> None:
    """Gives an optimizer all its variables; those that do not fit are called by their numbers."""
    left = list(values)
    if left and left[0].shape == () and left[0].dtype.kind in "iu":
        training.variables = [iteration_variable(left.pop(0))]
        if keras == 3 and has_rate_variable(training) and left and left[0].shape == ():
            training.learning_rate = optimizer_variable("learning_rate", left.pop(0))
    state = to_state(training, left, weights, keras)
    if state is not None:
        training.variables += state.slots
        training.scalars = state.scalars
    else:
        kind = training.optimizer_class
        training.variables += [optimizer_variable(f"{kind}/vars/{n}", value) for n, value in enumerate(left)]
