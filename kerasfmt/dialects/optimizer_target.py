"""A compile state as a version of Keras can express it.

The optimizer is one that this version has, with options that it has. The variables are those that it looks for, in its
order. What cannot be expressed is an error where the model would not load, and a warning where training would go on
from another state.

Source: tf_keras/src/optimizers/*.py; keras/src/optimizers/*.py (3.x)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.own_modules import is_own
from kerasfmt.optimizers.legacy import is_legacy, to_current
from kerasfmt.optimizers.loss_scale import GROWTH_STEPS, SCALARS, is_loss_scaled, rewrapped, unwrapped, wrap
from kerasfmt.optimizers.optimizer import Optimizer
from kerasfmt.optimizers.schedules import SCHEDULES
from kerasfmt.optimizers.state import (
    SlotOf,
    optimizer_class,
    slot_names,
    slots_of,
    to_state,
    without_counterpart,
)
from kerasfmt.printable import printable

_LATER: Final = frozenset({"MultiOptimizer"})
"""Optimizers of Keras 3 alone that kerasfmt has no class for."""
_WITHOUT: Final = "leave the compile state out with include_optimizer=False"


def for_keras(
    training: TrainingConfig, weights: Sequence[Weight], keras: Major, made_by: int
) -> TrainingConfig:
    """The compile state as a version of Keras can express it; a new one, or the same where nothing changes.

    Args:
      training: the compile state.
      weights: the trainable weights, in the order of the optimizer.
      keras: the version of Keras that is to read it.
      made_by: the version of Keras that made the model. Variables that kerasfmt does not know are in its order.

    Raises:
      UnsupportedLayerError: that version lacks the optimizer, or an option of it.
      InvalidModelError: the options of a LossScaleOptimizer make no sense.
    """
    if is_loss_scaled(training):
        return _loss_scaled(training, weights, keras, made_by)
    training = _with_schedule(training, keras)
    if keras == 2:
        _refuse_later(training)
        factor = training.optimizer_config.get("loss_scale_factor")
        if factor is not None:
            inner = _without(training, "loss_scale_factor")
            scale = _number(training, "loss_scale_factor", factor)
            return wrap(for_keras(inner, weights, 2, made_by), dynamic=False, initial_scale=scale)
    elif is_legacy(training):
        return to_current(training, weights)
    return _in_order(training, weights, keras, made_by)


def _loss_scaled(
    training: TrainingConfig, weights: Sequence[Weight], keras: Major, made_by: int
) -> TrainingConfig:
    part = unwrapped(training)
    if is_loss_scaled(part):
        raise InvalidModelError(f"optimizer {training.optimizer_class}: wraps another LossScaleOptimizer")
    inner = for_keras(part, weights, keras, made_by)
    options = training.optimizer_config
    if options.get("initial_scale") is not None:
        _number(training, "initial_scale", options["initial_scale"])
    if keras == 3 and not options.get("dynamic", True):
        factor = options.get("initial_scale")
        return _with_options(inner, {**inner.optimizer_config, "loss_scale_factor": factor})
    found = rewrapped(training, inner)
    if not options.get("dynamic", True):
        return found
    entry = found.config["optimizer_config"]
    stated = {"initial_scale": SCALARS[1].initial, "dynamic_growth_steps": GROWTH_STEPS}
    stated = {**entry["config"], **{key: options.get(key) or value for key, value in stated.items()}}
    if keras == 2 and "dynamic_scale" in found.scalars:
        # No file of Keras 2 but a checkpoint keeps the scale; what it can keep is where to begin.
        stated["initial_scale"] = float(found.scalars["dynamic_scale"].numpy())
    found.config["optimizer_config"] = {**entry, "config": stated}
    return found


def _number(training: TrainingConfig, option: str, value: Any) -> float:
    if not isinstance(value, int | float):
        raise InvalidModelError(
            printable(
                f"optimizer {training.optimizer_class}: option {option}: expected a number, got {value!r:.80}"
            )
        )
    return float(value)


def _without(training: TrainingConfig, option: str) -> TrainingConfig:
    options = {key: value for key, value in training.optimizer_config.items() if key != option}
    return _with_options(training, options)


def _with_options(training: TrainingConfig, options: Mapping[str, Any]) -> TrainingConfig:
    entry = {**training.config["optimizer_config"], "config": dict(options)}
    config = {**training.config, "optimizer_config": entry}
    return replace(training, config=config)


def _with_schedule(training: TrainingConfig, keras: Major) -> TrainingConfig:
    """The compile state with a learning rate that a version of Keras has.

    Keras 3 takes no schedule whose name is None. A schedule of the user's own stays as it is.
    """
    rate = training.optimizer_config.get("learning_rate")
    if not isinstance(rate, Mapping) or not is_own(str(rate.get("module") or "keras")):
        return training
    found = SCHEDULES.find(str(rate.get("class_name")))
    stated = rate.get("config")
    if found is None or not isinstance(stated, Mapping):
        return training
    if found.facts.absent_in == keras:
        raise UnsupportedLayerError(
            f"optimizer {printable(training.optimizer_class)}: learning_rate: Keras {keras} has no schedule "
            f"{found.__name__}; {_WITHOUT}"
        )
    if keras == 2 or stated.get("name", "") is not None:
        return training
    named = {key: value for key, value in stated.items() if key != "name"}
    options = {**training.optimizer_config, "learning_rate": {**rate, "config": named}}
    return _with_options(training, options)


def _refuse_later(training: TrainingConfig) -> None:
    """Refuses an optimizer that Keras 2 lacks, or that has an option which it lacks.

    `loss_scale_factor` has a counterpart.
    """
    kind = optimizer_class(training)
    name = printable(training.optimizer_class)
    if kind.facts.absent_in == 2 or training.optimizer_class in _LATER:
        raise UnsupportedLayerError(
            f"optimizer {name}: Keras 2 has no such optimizer; write the model for Keras 3 with "
            f'save_format="keras", or {_WITHOUT}'
        )
    options = training.optimizer_config
    for key, implied in Optimizer.facts.implied_by_keras2.items():
        if key in options and options[key] not in implied and key != "loss_scale_factor":
            raise UnsupportedLayerError(
                f"optimizer {name}: option {key}={options[key]!r}: Keras 2 has no such option; write the model "
                f'for Keras 3 with save_format="keras", or {_WITHOUT}'
            )


def _in_order(
    training: TrainingConfig, weights: Sequence[Weight], keras: Major, made_by: int
) -> TrainingConfig:
    """The compile state with the variables that a version of Keras looks for, in its order."""
    if not training.variables or is_legacy(training):
        return training
    expected = slots_of(training, weights, keras)
    unused = without_counterpart(training, weights) if keras == 3 else {}
    needed = {kept.name for kept in expected if not _is_blank(kept, training)} - unused.keys()
    held = {weight.name: weight for weight in training.variables[1:]}
    if keras != made_by and not needed <= held.keys():
        values = [weight.value for weight in training.variables[1:]]
        state = to_state(training, values, weights, 3 if made_by == 3 else 2)
        held = {weight.name: weight for weight in state.slots} if state is not None else {}
    if not optimizer_class(training).slots or not needed <= held.keys():
        fits = keras == made_by or len(training.variables) == 1
        return training if fits else _left_out(training, keras)
    known = {*slot_names(training, weights, 2), *slot_names(training, weights, 3)}
    lost = sorted(held.keys() - known)
    if lost and keras == made_by:
        return training  # slots of weights that were frozen after training: Keras keeps them in its files too
    if lost:
        warnings.warn(
            printable(
                f"optimizer {training.optimizer_class}: {len(lost)} of its variables are for no trainable weight "
                f"({lost[0]}, ...), and Keras {keras} would not find the others beside them; they are left out"
            ),
            stacklevel=4,
        )
    slots = [held.get(kept.name) or unused.get(kept.name) or _zeros(kept) for kept in expected]
    variables = [training.variables[0], *slots]
    return replace(training, variables=variables)


def _is_blank(kept: SlotOf, training: TrainingConfig) -> bool:
    """Whether an optimizer has a variable but does not use it."""
    slot = kept.slot
    return kept.shape is None or (
        slot.always_in_keras2 and not training.optimizer_config.get(str(slot.option))
    )


def _zeros(kept: SlotOf) -> Weight:
    return optimizer_variable(kept.name, np.zeros(kept.shape or (), kept.weight.dtype.numpy))


def _left_out(training: TrainingConfig, keras: Major) -> TrainingConfig:
    """The compile state with the number of steps alone, and a warning."""
    warnings.warn(
        printable(
            f"optimizer {training.optimizer_class}: its {len(training.variables) - 1} variables cannot be brought "
            f"into the order of Keras {keras}; they are left out, and training goes on with new ones"
        ),
        stacklevel=4,
    )
    return replace(training, variables=training.variables[:1], scalars={})
