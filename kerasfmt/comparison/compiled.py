"""What two models are compiled with, compared: loss, metrics, the optimizer with its options and variables.

Files say the same in different words: names of functions, modules of classes, options that are not given. Both models
are put into the words of one Keras, and what says nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from kerasfmt.comparison.records import CHANGED, Change
from kerasfmt.comparison.sides import distinct, silence
from kerasfmt.comparison.values import changes
from kerasfmt.errors import KerasfmtError, UnsupportedLayerError
from kerasfmt.formats.compiled import built_state, given_state
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.compile_state import map_objects
from kerasfmt.losses.functions import LOSS_FUNCTIONS

_ONLY_IN_WORDS: Final = frozenset({"module", "registered_name", "build_config", "shared_object_id"})
"""What describes an object in archives, beside its class and its config."""
_OF_RUNNING: Final = ("run_eagerly", "steps_per_execution", "jit_compile")
"""Options that most formats do not hold."""


def compare_compiled(a: Model, b: Model) -> Iterator[Change]:
    """What differs in loss, metrics and options of the optimizer.

    Args:
      a: the first model.
      b: the second model.
    """
    if a.training_config is None or b.training_config is None:
        if a.training_config is not b.training_config:
            yield Change("compiled", CHANGED, a.training_config is not None, b.training_config is not None)
        return
    one, two = _in_one_dialect(a, b) or (a.training_config, b.training_config)
    yield from changes(_plain(one, a), _plain(two, b))


def _in_one_dialect(a: Model, b: Model) -> tuple[TrainingConfig, TrainingConfig] | None:
    """Both compile states in the words of the first Keras that has the optimizers of both; None if no Keras has."""
    with silence():
        for state in (built_state, partial(given_state, keras=3)):
            try:
                one, two = state(a), state(b)
            except UnsupportedLayerError:
                continue
            return None if one is None or two is None else (one, two)
    return None


def _plain(training: TrainingConfig, model: Model) -> dict[str, Any]:
    """A compile state without what says nothing, and with the options of the optimizer that are not given."""
    config = {key: value for key, value in training.config.items() if key not in _OF_RUNNING}
    config["loss"] = map_objects(LOSS_FUNCTIONS.python_name, config.get("loss"))
    options = model.optimizer.options if model.optimizer else None
    if options is not None:
        stated = training.optimizer_config
        config["optimizer_config"] = {
            "class_name": training.optimizer_class,
            "config": {
                **options.get_config(),
                **stated,
                "name": stated.get("name") or training.optimizer_class,
            },
        }
    found = _stated(config)
    assert isinstance(found, dict)
    return found


def _stated(value: Any) -> Any:
    if isinstance(value, Mapping):
        is_object = "class_name" in value
        return {
            key: _stated(item)
            for key, item in value.items()
            if item is not None and not (is_object and key in _ONLY_IN_WORDS)
        }
    if isinstance(value, float):
        return float(np.float32(value))  # the precision in which Keras keeps rates
    return [_stated(item) for item in value] if isinstance(value, list | tuple) else value


def optimizer_arrays(a: Model, b: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """The variables of the optimizers of two models, by what they are: `iteration`, `m/dense/kernel`.

    Variables that some formats do not hold, as the learning rate and scalars, are there if both models have them.

    Args:
      a: the first model.
      b: the second model.
    """
    once = [_once(model.training_config) for model in (a, b)]
    shared = once[0].keys() & once[1].keys()
    one, two = (
        {**_kept(model), **{name: held[name] for name in sorted(shared)}}
        for model, held in zip((a, b), once, strict=True)
    )
    return one, two


def _once(training: TrainingConfig | None) -> dict[str, Any]:
    """What an optimizer keeps once, beside its steps."""
    if training is None:
        return {}
    found = {attribute: held.value for attribute, held in training.scalars.items()}
    return (
        found if training.learning_rate is None else {"learning_rate": training.learning_rate.value, **found}
    )


def _kept(model: Model) -> dict[str, Any]:
    """The steps and the slots; variables that do not fit the options are numbered."""
    training = model.training_config
    if training is None or not training.variables:
        return {}
    steps = {"iteration": training.variables[0].value}
    try:
        slots = model.optimizer.slots if len(training.variables) > 1 and model.optimizer else {}
    except KerasfmtError:
        return steps | {str(number): held.value for number, held in enumerate(training.variables[1:], 1)}
    return steps | dict(distinct((f"{slot}/{of.name}", held.value) for (of, slot), held in slots.items()))
