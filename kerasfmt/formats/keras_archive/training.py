"""How a model is compiled: `compile_config` of an archive and Keras 2's training config, which the IR holds.

    IR        {"loss": ..., "metrics": ..., "optimizer_config": {"class_name": "Adam", "config": {...}}}
    archive   {"loss": ..., "metrics": ..., "optimizer": {"module": "keras.optimizers", "class_name": "Adam",
               "config": {...}, "registered_name": null}}

The optimizer's variables have numbers in an archive and names in the IR. `kerasfmt.optimizers.state` states their
order.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.dialects.compile_config import optimizer_to_keras2
from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import iteration_variable, optimizer_variable
from kerasfmt.optimizers.optimizer import Major, Optimizer, find_optimizer, named_optimizer
from kerasfmt.optimizers.state import (
    default_rate,
    has_rate_variable,
    slot_names,
    to_state,
    with_scalars,
)

Dialect = Literal["keras3", "tf_keras"]

_MAJOR: Final[dict[Dialect, Major]] = {"keras3": 3, "tf_keras": 2}
_LEGACY: Final = "keras.optimizers.legacy"
_ENTRIES: Final = ("loss", "metrics", "loss_weights", "weighted_metrics")


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
    optimizer = compile_config.get("optimizer")
    if isinstance(optimizer, str):
        kind = named_optimizer(optimizer)
        # Keras 3 needs the name in HDF5 files; without the other option, Keras 2 would make a legacy optimizer.
        optimizer = {"class_name": kind, "config": {"name": kind, "is_legacy_optimizer": False}}
    config = {key: compile_config.get(key) for key in _ENTRIES}
    if isinstance(optimizer, Mapping):
        config["optimizer_config"] = _optimizer_config(optimizer, dialect)
    found = TrainingConfig(config)
    values = list(stored)
    if values and values[0].shape == () and values[0].dtype.kind in "iu":
        found.variables.append(iteration_variable(values.pop(0)))
        if dialect == "keras3" and has_rate_variable(found) and values and values[0].shape == ():
            found.learning_rate = optimizer_variable("learning_rate", values.pop(0))
    state = to_state(found, values, trainable, _MAJOR[dialect])
    if state is not None:
        found.variables += state.slots
        found.scalars = state.scalars
    else:
        kind = found.optimizer_class
        found.variables += [optimizer_variable(f"{kind}/vars/{n}", value) for n, value in enumerate(values)]
    return found


def _optimizer_config(optimizer: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """Class name and config of an archive's optimizer, as Keras 2 states them in all other files."""
    options = optimizer.get("config")
    options = dict(options) if isinstance(options, Mapping) else {}
    later = Optimizer.facts.implied_by_keras2
    options = {key: value for key, value in options.items() if value not in later.get(key, ())}
    kind = str(optimizer.get("class_name"))
    if dialect == "keras3":
        return optimizer_to_keras2({"class_name": kind, "config": options})
    if find_optimizer(kind) and optimizer.get("module") != _LEGACY:
        kind = f"Custom>{kind}"  # what Keras 2 calls its own optimizers in all other files
    return {"class_name": kind, "config": options}


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
    for dialect in ("keras3", "tf_keras"):
        counted = 2 if dialect == "keras3" and has_rate_variable(training) else 1
        if len(stored) < counted or any(value.shape for value in stored[:counted]):
            continue
        state = to_state(training, stored[counted:], trainable, _MAJOR[dialect])
        if state is None:
            continue
        training.variables = [iteration_variable(stored[0]), *state.slots]
        training.scalars = state.scalars
        if counted == 2:
            training.learning_rate = optimizer_variable("learning_rate", stored[1])
        return True
    return False


def compile_config(training: TrainingConfig, dialect: Dialect) -> dict[str, Any]:
    """The `compile_config` of an archive for a compile state."""
    found: dict[str, Any] = {}
    optimizer = training.config.get("optimizer_config")
    if isinstance(optimizer, Mapping):
        facts = Optimizer.facts
        dropped = facts.implied_by_keras3 if dialect == "keras3" else facts.implied_by_keras2
        stated = training.optimizer_config
        options = {k: v for k, v in stated.items() if k not in dropped}
        rate = options.get("learning_rate")
        if isinstance(rate, Mapping) and "class_name" in rate:
            schedule = wrapped("keras.optimizers.schedules", str(rate["class_name"]), rate.get("config"))
            options["learning_rate"] = schedule
        # A name without a prefix is a legacy optimizer, unless its options deny it.
        plain = ">" not in str(optimizer.get("class_name"))
        legacy = dialect == "tf_keras" and plain and stated and stated.get("is_legacy_optimizer", True)
        module = _LEGACY if legacy else "keras.optimizers"
        found["optimizer"] = wrapped(module, training.optimizer_class, options)
    for key in _ENTRIES:
        kind = "keras.losses" if key == "loss" else "keras.metrics"
        value = training.config.get(key)
        found[key] = value if key == "loss_weights" else _described(value, kind, dialect)
    return found


def _described(value: Any, module: str, dialect: Dialect) -> Any:
    """Losses or metrics, each object described as `keras.saving` does."""
    if isinstance(value, list | tuple):
        return [_described(item, module, dialect) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {key: _described(item, module, dialect) for key, item in value.items()}
    config = value.get("config")
    if value["class_name"] in ("MeanMetricWrapper", "LossFunctionWrapper") and isinstance(config, Mapping):
        function, name = config.get("fn"), config.get("name")
        function = function.get("config") if isinstance(function, Mapping) else function
        return name if name in ("accuracy", "acc") else function
    options = dict(config) if isinstance(config, Mapping) else config
    if isinstance(options, dict):
        options.pop("fn", None)
        if dialect == "keras3" and options.get("reduction") == "auto":
            options["reduction"] = "sum_over_batch_size"
    return wrapped(str(value.get("module") or module), str(value["class_name"]), options)


def optimizer_values(training: TrainingConfig, trainable: Sequence[Weight], dialect: Dialect) -> list[Weight]:
    """The optimizer's variables in the order of the dialect.

    Where Keras would not find the slots that it expects, the slots are left out. Keras then starts with fresh slots
    and warns about it.
    """
    variables = list(training.variables)
    if not variables or dialect == "tf_keras":
        return variables
    names = slot_names(training, trainable, keras=3)
    by_name = {weight.name: weight for weight in variables}
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
