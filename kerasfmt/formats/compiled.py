"""The compile state of a model in the words of a file: as Keras 2 has built it, or as its user gave it.

    HDF5, SavedModel    built: `[[{"class_name": "MeanMetricWrapper", "config": {"name": "a_mae", ...}}], ...]`
    archive             given: `[["mae"], ...]`

Source: tf_keras/src/saving/legacy/saving_utils.py, try_build_compiled_arguments;
tf_keras/src/engine/training.py and keras/src/trainers/trainer.py (3.x), get_compile_config
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerasfmt.dialects.optimizer_target import for_keras
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.compile_state import CompiledMetric, map_objects
from kerasfmt.ir.keras_facts import Major
from kerasfmt.losses.given import given_loss
from kerasfmt.losses.loss import find_loss
from kerasfmt.losses.wrapper import LossFunctionWrapper
from kerasfmt.metrics.given import given
from kerasfmt.metrics.per_output import outputs_of
from kerasfmt.metrics.resolve import Resolved, resolve
from kerasfmt.printable import printable


def built_state(model: Model, include_optimizer: bool = True) -> TrainingConfig | None:
    """The compile state as Keras 2 has it when it saves the model; None if the model is not compiled.

    Metrics that cannot be built stay as they are, with a warning. Keras warns of them when it loads the file.

    Args:
      model: the model.
      include_optimizer: whether the optimizer is stored; if not, it may be one that Keras 2 lacks.

    Raises:
      UnsupportedLayerError: Keras 2 lacks the optimizer, a loss, or an option of one.
      InvalidModelError: the options of a LossScaleOptimizer make no sense.
    """
    training = model.training_config
    if training is None:
        return None
    if include_optimizer:
        training = for_keras(training, model.trainable_weights, 2, model.made_by_keras)
    found = _resolved(model, training)
    if found is None:
        return training
    config = {**training.config, "metrics": found.metrics, "weighted_metrics": found.weighted_metrics}
    if not training.built:
        loss = given_loss(config.get("loss"), 2, archive=False)
        config["loss"] = map_objects(_without_function, loss) if model.made_by_keras == 3 else loss
    config = {key: value for key, value in config.items() if key in training.config or value is not None}
    metrics = training.metrics
    if metrics is None:
        metrics = [CompiledMetric(m.class_name, m.config, m.variables or ()) for m in found.objects]
    return replace(training, config=config, built=True, metrics=metrics)


def _without_function(loss: Any) -> Any:
    """A loss without the name of the function that it wraps: Keras 2 knows it, and Keras 3 refuses it."""
    if not isinstance(loss, Mapping):
        return loss
    if find_loss(str(loss["class_name"])) in (None, LossFunctionWrapper):
        return loss
    return {**loss, "config": {key: item for key, item in loss["config"].items() if key != "fn"}}


def given_state(model: Model, keras: Major) -> TrainingConfig | None:
    """The compile state as a version of Keras has it from its user; None if the model is not compiled.

    Metrics that this Keras cannot have are left out with a warning.

    Args:
      model: the model.
      keras: the version of Keras that is to read it.

    Raises:
      UnsupportedLayerError: that version lacks the optimizer, or an option of it.
      InvalidModelError: the options of a LossScaleOptimizer make no sense.
    """
    training = model.training_config
    if training is None:
        return None
    training = for_keras(training, model.trainable_weights, keras, model.made_by_keras)
    if keras == model.made_by_keras and (training.given is not None or not training.built):
        return replace(training, config={**training.config, **(training.given or {})}, built=False)
    found = _resolved(model, training)
    if found is None:
        return training
    words = given(found, outputs_of(model), keras)
    for sentence in words.left_out:
        warnings.warn(printable(f"model {model.name}: {sentence}"), stacklevel=2)
    metrics = {"metrics": words.metrics, "weighted_metrics": words.weighted_metrics}
    if len(model.outputs) == 1:
        metrics = {key: value and value[0] for key, value in metrics.items()}
    return replace(training, config={**training.config, **metrics}, built=False)


def _resolved(model: Model, training: TrainingConfig) -> Resolved | None:
    keras: Major = 3 if model.made_by_keras == 3 and not training.built else 2
    try:
        return resolve(training.config, outputs_of(model), resolved=training.built, keras=keras)
    except (InvalidModelError, UnsupportedLayerError) as error:
        warnings.warn(f"model {model.name}: its metrics are stored as they were given: {error}", stacklevel=3)
        return None
