"""How a model is compiled: `compile_config` of an archive, and Keras 2's training config of the IR.

    IR        {"loss": ..., "metrics": ..., "optimizer_config": {"class_name": "Adam", "config": {...}}}
    archive   {"loss": ..., "metrics": ..., "optimizer": {"module": "keras.optimizers", "class_name": "Adam",
               "config": {...}, "registered_name": null}}

The optimizer's variables have numbers in an archive and names in the IR; `kerasfmt.ir.slots` says which is which.
Keras 3 keeps the learning rate between the iteration and the slots.

Source: tf_keras/src/optimizers/*.py and keras/src/optimizers/*.py, build
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np

from kerasfmt import dtypes
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.dialects.compile_config import optimizer_to_keras2
from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.slots import SLOTS, slot_names

Dialect = Literal["keras3", "tf_keras"]

_BY_LOWER: Final = {name.lower(): name for name in (*SLOTS, "Nadam", "Adafactor", "Muon", "Lamb")}
_KERAS3_ONLY: Final = ("loss_scale_factor", "gradient_accumulation_steps")
_KERAS2_ONLY: Final = ("jit_compile", "is_legacy_optimizer", "decay")
_LEGACY: Final = "keras.optimizers.legacy"
_DEFAULT_RATE: Final = 0.001
_DEFAULT_RATES: Final = {"SGD": 0.01}
_ENTRIES: Final = ("loss", "metrics", "loss_weights", "weighted_metrics")


def to_training_config(
    compile_config: Mapping[str, Any],
    stored: Sequence[LazyDataset],
    trainable: Sequence[Weight],
    dialect: Dialect,
) -> TrainingConfig:
    """The compile state that an archive holds.

    Args:
      compile_config: the archive's.
      stored: the optimizer's variables in order.
      trainable: the model's trainable weights, in the order of the archive.
      dialect: whose archive it is.
    """
    optimizer = compile_config.get("optimizer")
    if isinstance(optimizer, str):
        kind = _BY_LOWER.get(optimizer.lower(), optimizer)
        # Keras 3 looks for the name in HDF5 files; without the other option Keras 2 would make a legacy one.
        optimizer = {"class_name": kind, "config": {"name": kind, "is_legacy_optimizer": False}}
    config = {key: compile_config.get(key) for key in _ENTRIES}
    if isinstance(optimizer, Mapping):
        options = optimizer.get("config")
        options = dict(options) if isinstance(options, Mapping) else {}
        options = {k: v for k, v in options.items() if k not in _KERAS3_ONLY or v is not None}
        kind = str(optimizer.get("class_name"))
        if dialect == "tf_keras" and kind in _BY_LOWER.values() and optimizer.get("module") != _LEGACY:
            kind = f"Custom>{kind}"  # what Keras 2 calls its own optimizers in all other files
        stated = {"class_name": kind, "config": options}
        config["optimizer_config"] = optimizer_to_keras2(stated) if dialect == "keras3" else stated
    found = TrainingConfig(config)
    values = list(stored)
    if values and values[0].shape == () and values[0].dtype.kind in "iu":
        found.variables.append(_iteration(values.pop(0)))
        if dialect == "keras3" and values and values[0].shape == ():
            found.learning_rate = _variable("learning_rate", values.pop(0))
    names = slot_names(found.optimizer_class, found.optimizer_config, trainable, dialect == "tf_keras")
    if len(names) != len(values):
        names = [f"{found.optimizer_class}/vars/{number}" for number in range(len(values))]
    found.variables += [_variable(name, value) for name, value in zip(names, values, strict=True)]
    return found


def take_variables(
    training: TrainingConfig, stored: Sequence[LazyDataset], trainable: Sequence[Weight]
) -> bool:
    """Gives an optimizer the variables of a file that does not say whose dialect it is in.

    Args:
      training: a compile state.
      stored: the variables in the file, in order.
      trainable: the model's trainable weights, in the order of the file.

    Returns:
      Whether they are the optimizer's; if not, nothing is changed.
    """
    for dialect in ("keras3", "tf_keras"):
        counted = 2 if dialect == "keras3" else 1
        names = slot_names(
            training.optimizer_class, training.optimizer_config, trainable, dialect == "tf_keras"
        )
        if len(stored) != counted + len(names) or any(value.shape for value in stored[:counted]):
            continue
        slots = [_variable(name, value) for name, value in zip(names, stored[counted:], strict=True)]
        training.variables = [_iteration(stored[0]), *slots]
        if dialect == "keras3":
            training.learning_rate = _variable("learning_rate", stored[1])
        return True
    return False


def _iteration(value: LazyDataset) -> Weight:
    """Keras 2 counts in 64 bits, Keras 3 in 32 on some backends."""
    weight = Weight("iteration", (), dtypes.int64, trainable=False)
    weight.value = np.asarray(value[()], np.int64)
    return weight


def _variable(name: str, value: LazyDataset) -> Weight:
    weight = Weight(name, value.shape, dtypes.of(value.dtype), trainable=False)
    weight.value = value
    return weight


def compile_config(training: TrainingConfig, dialect: Dialect) -> dict[str, Any]:
    """What an archive holds for a compile state."""
    found: dict[str, Any] = {}
    optimizer = training.config.get("optimizer_config")
    if isinstance(optimizer, Mapping):
        dropped = _KERAS2_ONLY if dialect == "keras3" else _KERAS3_ONLY
        stated = training.optimizer_config
        options = {k: v for k, v in stated.items() if k not in dropped}
        rate = options.get("learning_rate")
        if isinstance(rate, Mapping) and "class_name" in rate:
            schedule = wrapped("keras.optimizers.schedules", str(rate["class_name"]), rate.get("config"))
            options["learning_rate"] = schedule
        # Without a prefix, and with options that do not deny it, a name is that of a legacy optimizer.
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

    Where Keras would not find the slots that it expects, only what it counts is left; it then starts with
    fresh slots and says so.
    """
    variables = list(training.variables)
    if not variables:
        return []
    if dialect == "tf_keras":
        return variables
    name, config = training.optimizer_class, training.optimizer_config
    names = slot_names(name, config, trainable, zero_momentum=False)
    by_name = {weight.name: weight for weight in variables}
    slots = [by_name[slot] for slot in names if slot in by_name]
    if len(slots) != len(names):
        slots = variables[1:] if len(variables) - 1 == len(names) else []
    rate = training.learning_rate
    # An optimizer that was given by its name alone has no options in an archive of tf_keras.
    stated = config.get("learning_rate", _DEFAULT_RATES.get(name, _DEFAULT_RATE))
    if rate is None and isinstance(stated, int | float):
        rate = Weight("learning_rate", (), dtypes.float32, trainable=False)
        rate.value = np.asarray(stated, np.float32)
    return [variables[0], *([] if rate is None else [rate]), *slots]
