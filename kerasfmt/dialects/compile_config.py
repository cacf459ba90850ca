"""How a model is compiled, in the dialects of Keras 2 and Keras 3.

    IR        {"loss": ..., "metrics": ..., "optimizer_config": {"class_name": "Adam", "config": {...}}}
    archive   {"loss": ..., "metrics": ..., "optimizer": {"module": "keras.optimizers", "class_name": "Adam",
               "config": {...}, "registered_name": null}}

Source: keras/src/saving/legacy/saving_utils.py, model_metadata (2.15); keras/src/trainers/trainer.py,
get_compile_config (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kerasfmt.dialects.compiled_objects import read_object, write_metrics
from kerasfmt.dialects.saving_lib import wrapped
from kerasfmt.ir import TrainingConfig
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.own_modules import is_own
from kerasfmt.losses.given import given_loss
from kerasfmt.optimizers import loss_scale
from kerasfmt.optimizers.legacy import stated_as_legacy
from kerasfmt.optimizers.optimizer import Optimizer, find_optimizer, named_optimizer

_ENTRIES: Final = ("loss", "metrics", "loss_weights", "weighted_metrics")
_ARGUMENTS: Final[Mapping[Major, tuple[str, ...]]] = {
    2: ("run_eagerly", "steps_per_execution", "jit_compile"),
    3: ("run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"),
}
COMPILE_OPTIONS: Final = _ARGUMENTS[3]
"""The other arguments of `compile` that archives state."""
_LEGACY: Final = "keras.optimizers.legacy"
_LOSS_SCALE: Final = "keras.src.mixed_precision.loss_scale_optimizer"
"""The module of Keras 2 that has LossScaleOptimizer; tf_keras finds its own by this name."""
_UNCLASSED: Final = frozenset({loss_scale.CURRENT, loss_scale.LEGACY, "MultiOptimizer"})
"""Optimizers of Keras that are no class of the table."""
_SCHEDULES: Final = "keras.optimizers.schedules"
_NOT_LEGACY: Final = {"jit_compile": False, "is_legacy_optimizer": False}


def read_compile_config(compile_config: Mapping[str, Any], keras: Major) -> dict[str, Any]:
    """The training config of Keras 2, which the IR holds, for the `compile_config` of an archive.

    Args:
      compile_config: from the archive.
      keras: the version of Keras whose dialect the archive is in.
    """
    optimizer = compile_config.get("optimizer")
    if isinstance(optimizer, str):
        kind = named_optimizer(optimizer)
        # Keras 3 needs the name in HDF5 files; without the other option, Keras 2 would make a legacy optimizer.
        optimizer = {"class_name": kind, "config": {"name": kind, "is_legacy_optimizer": False}}
    config = {key: read_object(compile_config.get(key)) for key in _ENTRIES}
    if isinstance(optimizer, Mapping):
        config["optimizer_config"] = _optimizer_config(optimizer, keras)
    return config


def _optimizer_config(optimizer: Mapping[str, Any], keras: Major) -> dict[str, Any]:
    """Class name and config of an archive's optimizer, as Keras 2 states them in all other files."""
    if keras == 3:
        return optimizer_to_keras2(optimizer)
    options = optimizer.get("config")
    options = dict(options) if isinstance(options, Mapping) else {}
    later = Optimizer.facts.implied_by_keras2
    options = {key: value for key, value in options.items() if value not in later.get(key, ())}
    kind = _name(optimizer)
    if find_optimizer(kind) and optimizer.get("module") != _LEGACY:
        kind = f"Custom>{kind}"  # what Keras 2 calls its own optimizers in all other files
    return {"class_name": kind, "config": options, **_own_module(optimizer)}


def _own_module(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The module of an optimizer that is not Keras's own, where the entry states it."""
    module = entry.get("module")
    return {"module": module} if module and not is_own(str(module)) else {}


def _is_own(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is of an optimizer of Keras's own. Without a module, its name decides."""
    if entry.get("module"):
        return is_own(str(entry["module"]))
    package, mark, _ = str(entry.get("class_name")).partition(">")
    if entry.get("registered_name"):
        return False
    return package == "Custom" if mark else package in _UNCLASSED or find_optimizer(package) is not None


def _name(entry: Mapping[str, Any]) -> str:
    """The name of an optimizer's class: of one that is not Keras's own, the name by which it is registered."""
    kind, module, registered = (entry.get(key) for key in ("class_name", "module", "registered_name"))
    return str(registered if registered and not is_own(str(module or "")) else kind)


def optimizer_to_keras2(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of an optimizer of Keras 3 as Keras 2 states them; unknown names and options stay.

    Without the prefix of its own optimizers, Keras 2 takes a name in a SavedModel for one in
    `keras.optimizers.legacy`.
    """
    kind = _name(entry)
    own = _is_own(entry)
    if own:
        kind = kind.rpartition(">")[2]
    stated = entry.get("config")
    options = dict(stated) if isinstance(stated, Mapping) else {}
    inner = options.get("inner_optimizer")
    if kind == loss_scale.LEGACY and isinstance(inner, Mapping):
        inside = optimizer_to_keras2(inner)
        described = loss_scale.described_inner(inside["class_name"].rpartition(">")[2], inside["config"])
        kept = {key: options.get(key) for key in ("initial_scale", "dynamic_growth_steps")}
        config = {"inner_optimizer": described, "dynamic": True, **kept}
        return {"class_name": loss_scale.CURRENT, "config": config}
    for key, implied in Optimizer.facts.implied_by_keras2.items():
        if key in options and options[key] in implied:
            del options[key]
    if not own:
        return {"class_name": kind, "config": options, **_own_module(entry)}
    return {"class_name": f"Custom>{kind}", "config": {**options, "name": kind, **_NOT_LEGACY}}


def write_compile_config(training: TrainingConfig, keras: Major) -> dict[str, Any]:
    """The `compile_config` of an archive for a compile state, in the dialect of a version of Keras."""
    found: dict[str, Any] = {}
    if isinstance(training.config.get("optimizer_config"), Mapping):
        found["optimizer"] = _described_optimizer(training, keras)
    found["loss"] = given_loss(training.config.get("loss"), keras, archive=True)
    for key in ("metrics", "weighted_metrics"):
        found[key] = write_metrics(training.config.get(key))
    found["loss_weights"] = training.config.get("loss_weights")
    for key, value in training.options.items():
        if key in _ARGUMENTS[keras] and (value is not None or keras == 2):
            found[key] = value
    return found


def _described_optimizer(training: TrainingConfig, keras: Major) -> dict[str, Any]:
    """An optimizer as `keras.saving` describes it."""
    stated = training.optimizer_config
    if loss_scale.is_loss_scaled(training):
        stated["inner_optimizer"] = _described_optimizer(loss_scale.unwrapped(training), keras)
        kind = training.optimizer_class
        if keras == 2:
            return wrapped(_LOSS_SCALE, kind, stated, kind)
        del stated["dynamic"]
        return wrapped("keras.optimizers", loss_scale.LEGACY, {"name": "loss_scale_optimizer", **stated})
    facts = Optimizer.facts
    dropped = facts.implied_by_keras3 if keras == 3 else facts.implied_by_keras2
    options = {k: v for k, v in stated.items() if k not in dropped or v not in dropped[k]}
    rate = options.get("learning_rate")
    if isinstance(rate, Mapping) and "class_name" in rate:
        module, name = str(rate.get("module") or _SCHEDULES), str(rate["class_name"])
        registered = rate.get("registered_name")
        if is_own(module):
            module, registered = _SCHEDULES, None
        options["learning_rate"] = wrapped(module, name, rate.get("config"), registered)
    kind, name = training.optimizer_class, str(training.config["optimizer_config"].get("class_name"))
    if not name.startswith("Custom>") and find_optimizer(kind) is None:
        module = training.config["optimizer_config"].get("module")
        return wrapped(module, kind, options, name)  # a class of the user's own
    module = _LEGACY if keras == 2 and stated_as_legacy(training) else "keras.optimizers"
    return wrapped(module, kind, options)
