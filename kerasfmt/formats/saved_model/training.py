"""The compile state of a model from the objects of a SavedModel: the twin of `optimizer` and `metrics`.

    training_config          what Keras says of the model: loss, metrics, optimizer
    optimizer                its variables in order, or the slots of a legacy optimizer
    keras_api.metrics        the metrics, each with its variables

Source: tf_keras/src/saving/legacy/saved_model/load.py, _try_build_layer and load
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.errors import CorruptFileError
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.stored import Place
from kerasfmt.formats.saved_model.weights import Matched
from kerasfmt.ir import Model, TrainingConfig, Weight
from kerasfmt.ir.compile_state import CompiledMetric, optimizer_variable
from kerasfmt.ir.weight import Aggregation, ArrayLike, Synchronization
from kerasfmt.optimizers.legacy import is_legacy, legacy_slots, legacy_variables
from kerasfmt.optimizers.loss_scale import SCALARS, is_loss_scaled, rewrapped, unwrapped
from kerasfmt.optimizers.state import optimizer_class
from kerasfmt.printable import printable

_SHARED: Final = "shared_object_id"
_RATES: Final = {"_learning_rate": "learning_rate", "_current_learning_rate": "current_learning_rate"}
"""The attribute that holds the variable of the learning rate, and its name."""


def read_training(
    root: Place, matched: Matched, model: Model, tracked: Container[int] = ()
) -> TrainingConfig:
    """The compile state that a SavedModel holds.

    Args:
      root: the object of the model.
      matched: the objects of its layers and weights.
      model: the model.
      tracked: the numbers of the metrics that layers track themselves.

    Raises:
      InvalidModelError: a variable has no value.
    """
    training = TrainingConfig(without_numbers(root.described["training_config"]))
    training.built = True
    training.metrics = read_metrics(root, tracked)
    optimizer = root.child("optimizer")
    if optimizer is not None:
        training = _with_optimizer(training, optimizer, matched, model.trainable_weights)
    return training


def without_numbers(value: Any) -> Any:
    """JSON without the numbers that Keras gives to objects."""
    if isinstance(value, Mapping):
        return {key: without_numbers(item) for key, item in value.items() if key != _SHARED}
    return [without_numbers(item) for item in value] if isinstance(value, list) else value


def network_config(content: Mapping[str, Any]) -> Any:
    """The config that is stated of a layer; the layers and their calls, of a model whose class has another config.

    Args:
      content: what Keras says of it.
    """
    config, network = content.get("config"), content.get("model_config")
    if content.get("is_graph_network") and isinstance(config, Mapping) and "layers" not in config:
        inner = network.get("config") if isinstance(network, Mapping) else None
        return without_numbers(inner) if isinstance(inner, Mapping) and "layers" in inner else config
    return config


def read_metrics(root: Place, tracked: Container[int] = ()) -> list[CompiledMetric] | None:
    """The metrics of a compiled model; None where the SavedModel has no list of them.

    Args:
      root: the object of the model.
      tracked: the numbers of the metrics that layers track themselves.
    """
    api = root.child("keras_api")
    listed = None if api is None else api.child("metrics")
    if listed is None:
        return None
    found = []
    for place in listed.children.values():
        if place.identifier == layout.METRIC and place.number not in tracked:
            content = place.described
            config = dict(content.get("config") or {})
            held = [read_variable(child) for child in place.variables]
            found.append(CompiledMetric(str(content.get("class_name")), config, held))
    return found


def read_variable(place: Place) -> Weight:
    """A variable with all that the SavedModel says of it."""
    said, tensor = place.variable, place.tensor
    try:
        synchronization = Synchronization(said.synchronization)
        aggregation = Aggregation(said.aggregation)
    except ValueError as error:
        raise CorruptFileError(f"{place.where}: {error}; the file is damaged") from error
    found = Weight(
        said.name,
        tuple(tensor.shape),
        dtypes.of(tensor.dtype),
        trainable=said.trainable,
        synchronization=synchronization,
        aggregation=aggregation,
    )
    found.value = tensor
    return found


def _with_optimizer(
    training: TrainingConfig, place: Place, matched: Matched, trainable: Sequence[Weight]
) -> TrainingConfig:
    """The compile state with the state of the optimizer."""
    if is_loss_scaled(training):
        inner = _with_optimizer(unwrapped(training), place, matched, trainable)
        found = rewrapped(training, replace(inner, restored=True))
        scale = place.child("loss_scale")
        for scalar in SCALARS:
            held = None if scale is None else scale.child(scalar.name)
            if held is not None:
                found.scalars[scalar.attribute] = optimizer_variable(scalar.name, held.tensor)
        return found
    if is_legacy(training):
        return _with_legacy(training, place, matched, trainable)
    kind, prefix = optimizer_class(training), f"{training.optimizer_class}/"
    listed = place.child("_variables")
    variables = [] if listed is None else listed.variables
    names = [str(child.variable.name) for child in variables]
    # Keras makes the variables anew when it loads a file, and calls them otherwise than those of a step.
    training.restored = len(names) > 1 and not any(name.startswith(prefix) for name in names[1:])
    if training.restored:
        names[1:] = [prefix + name for name in names[1:]]
    training.variables = [
        optimizer_variable(name, child.tensor) for name, child in zip(names, variables, strict=True)
    ]
    for attribute, name in _RATES.items():
        rate = place.child(attribute)
        if rate is not None:
            training.learning_rate = optimizer_variable(name, rate.tensor)
    for scalar in kind.scalars:
        held = place.child(scalar.attribute)
        if held is not None:
            training.scalars[scalar.attribute] = optimizer_variable(scalar.name, held.tensor)
    if place.object.slots and not variables:
        _warn_of_loss(place, training)
    return training


def _with_legacy(
    training: TrainingConfig, place: Place, matched: Matched, trainable: Sequence[Weight]
) -> TrainingConfig:
    steps = place.child("iter")
    if steps is None:
        return training
    prefix = f"{training.optimizer_class}/"
    training.restored = not steps.variable.name.startswith(prefix)
    held: list[Place | None] = [steps]
    held += [place.child(scalar.legacy) for scalar in optimizer_class(training).scalars if scalar.legacy]
    for weight, slot in legacy_slots(training, trainable):
        held.append(place.slot(matched.weights[weight], slot))
    values: list[ArrayLike] = [each.tensor for each in held if each is not None]
    found = legacy_variables(training, values, trainable) if len(values) == len(held) else None
    if found is None and place.object.slots:
        _warn_of_loss(place, training)
    training.variables = found or []
    return training


def _warn_of_loss(place: Place, training: TrainingConfig) -> None:
    warnings.warn(
        printable(
            f"{place.where}: optimizer {training.optimizer_class}: its variables do not fit its options and the "
            "trainable weights; its state is left out, and training begins with a new one"
        ),
        stacklevel=2,
    )
