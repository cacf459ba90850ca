"""What a compiled model has that the files of a format cannot hold, in sentences.

| | SavedModel | HDF5 | .keras of Keras 3 | .keras of tf_keras |
|---|---|---|---|---|
| state of metrics | yes | no | no | no |
| variables of the optimizer beside steps, rate and slots | yes | no | yes | no |
| run_eagerly, steps_per_execution | no | no | yes | yes |
| what its Keras takes of the state of the optimizer | | Keras 3: none | all | none of `keras.optimizers.legacy` |

What a format refuses is not among them. Keras 2 begins with a new optimizer from any SavedModel, also from its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

import numpy as np

from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.held_layers import every_layer
from kerasfmt.printable import printable


def state_of_metrics(model: Model) -> Iterator[str]:
    """A sentence, if a metric has seen data. A metric that has not begins with zeros."""
    training = model.training_config
    metrics = (training.metrics if training is not None else None) or []
    begun = [metric.name for metric in metrics if any(np.any(v.numpy()) for v in metric.variables)]
    if begun:
        yield f"model {model.name}: the state of its metrics is left out: {_listed(begun)}"


def scalars_of_optimizer(model: Model) -> Iterator[str]:
    """A sentence, if the optimizer has variables that Keras 2 does not count."""
    training = model.training_config
    if training is not None and training.scalars:
        names = [scalar.name for scalar in training.scalars.values()]
        yield (
            f"model {model.name}: optimizer {training.optimizer_class}: some of its variables are left out: "
            f"{_listed(names)}; training begins with new ones"
        )


def options_of_compile(model: Model) -> Iterator[str]:
    """A sentence, if the model was compiled with options of running that differ from Keras's own."""
    options = model.training_config.options if model.training_config is not None else {}
    stated = []
    if options.get("run_eagerly"):
        stated.append("run_eagerly")
    if options.get("steps_per_execution") not in (None, 1):
        stated.append("steps_per_execution")
    if stated:
        yield f"model {model.name}: options of compile are left out: {_listed(stated)}"


def compile_state(model: Model) -> Iterator[str]:
    """A sentence, if the model is compiled."""
    if model.training_config is not None:
        yield (
            f"model {model.name}: HDF5 for Keras 3 is written without what the model is compiled with; save it as "
            ".keras, or compile it again"
        )


def state_in_keras3(model: Model) -> Iterator[str]:
    """A sentence, if the model is one of Keras 3 that has been trained: that Keras ignores its state in HDF5."""
    training = model.training_config
    if model.made_by_keras == 3 and training is not None and _begun(training):
        yield (
            f"model {model.name}: optimizer {training.optimizer_class}: Keras 3 takes its class from HDF5, but not its "
            "options and variables; Keras 2 takes all of them"
        )


def state_of_legacy(model: Model) -> Iterator[str]:
    """A sentence, if the optimizer is a trained one of `keras.optimizers.legacy`: Keras 2 stores none in archives."""
    training = model.training_config
    if training is None or not _begun(training):
        return
    from kerasfmt.optimizers.legacy import is_legacy

    if is_legacy(training):
        yield (
            f"model {model.name}: optimizer {training.optimizer_class} of keras.optimizers.legacy: Keras 2 does not "
            "take its variables from .keras; HDF5 keeps them"
        )


def learned_vocabularies(model: Model) -> list[str]:
    """The names of the layers that have learned a vocabulary: they count tokens, and their table is filled."""
    return [
        layer.name
        for layer in every_layer(model)
        if any(table.mutable for table in layer.tables.values())
        and any(table.initializer is not None for table in layer.tables.values())
    ]


def learned_beside_weights(model: Model) -> Iterator[str]:
    """A sentence, if layers have learned what no file of weights holds: vocabularies."""
    names = learned_vocabularies(model)
    if names:
        yield (
            f"model {model.name}: files of weights do not hold the vocabularies that layers learned: {_listed(names)}; "
            "keep them in a SavedModel or .keras"
        )


def attached(model: Model) -> Iterator[str]:
    """A sentence for each thing that a live model has beside its layers' configs, which only a SavedModel holds."""
    for layer in every_layer(model):
        if layer.attached is not None:
            for sentence in layer.attached.sentences:
                yield f"{sentence}; it is left out, and a SavedModel holds it"


def learned_in_configs(model: Model) -> Iterator[str]:
    """A sentence, if layers have learned what Keras 3 keeps in their configs: boundaries."""
    names = [layer.name for layer in every_layer(model) if layer.facts.weightless_in_keras3 and layer.weights]
    if names:
        yield (
            f"model {model.name}: Keras 3 keeps what these layers learned in the config, not in the weights: "
            f"{_listed(names)}; keep it in .keras"
        )


def warn(where: object, sentences: Iterable[str]) -> None:
    """Warns of what is left out.

    Args:
      where: what is written.
      sentences: what is left out.
    """
    for sentence in sentences:
        warnings.warn(printable(f"{where}: {sentence}"), stacklevel=4)


def _begun(training: TrainingConfig) -> bool:
    """Whether the optimizer has done a step."""
    return bool(training.variables) and bool(np.any(training.variables[0].numpy()))


def _listed(names: list[str]) -> str:
    return ", ".join(names)[:200]
