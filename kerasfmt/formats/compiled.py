"""The compile state of a model as Keras 2 has it when it saves the model to HDF5 or as a SavedModel.

Source: tf_keras/src/saving/legacy/saving_utils.py, try_build_compiled_arguments
"""

from __future__ import annotations

import warnings
from dataclasses import replace

from kerasfmt.dialects.optimizer_target import for_keras
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.compile_state import CompiledMetric
from kerasfmt.ir.keras_facts import Major
from kerasfmt.metrics.per_output import outputs_of
from kerasfmt.metrics.resolve import resolve


def built_state(model: Model) -> TrainingConfig | None:
    """The compile state with its metrics built; None if the model is not compiled.

    Raises:
      UnsupportedLayerError: Keras 2 lacks the optimizer, or an option of it.
      InvalidModelError: the options of a LossScaleOptimizer make no sense.

    Metrics that cannot be built stay as they are, with a warning. Keras warns of them when it loads the file.
    """
    training = model.training_config
    if training is None:
        return None
    training = for_keras(training, model.trainable_weights, 2, model.made_by_keras)
    keras: Major = 3 if model.made_by_keras == 3 and not training.built else 2
    try:
        found = resolve(training.config, outputs_of(model), resolved=training.built, keras=keras)
    except (InvalidModelError, UnsupportedLayerError) as error:
        warnings.warn(f"model {model.name}: its metrics are stored as they were given: {error}", stacklevel=2)
        return training
    config = {**training.config, "metrics": found.metrics, "weighted_metrics": found.weighted_metrics}
    config = {key: value for key, value in config.items() if key in training.config or value is not None}
    metrics = training.metrics
    if metrics is None:
        metrics = [CompiledMetric(m.class_name, m.config, m.variables or ()) for m in found.objects]
    return replace(training, config=config, built=True, metrics=metrics)
