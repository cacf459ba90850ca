"""What a live model has beside its layers and their weights.

    an attribute      model.extra = tf.Variable(...), a layer, a model, a tf.Module, a tf.function
    weights           model.add_weight(...)
    layers            that the model holds and never calls
    metrics           model.meter = Mean()
    losses            layer.add_loss(lambda: ...)
    a regularizer     model.activity_regularizer = ...
    an optimizer      of a model that is not compiled

Keras keeps them in SavedModels, where it tracks objects, and none of them in a config. Of Keras 2, objects, losses and
regularizers are taken for a SavedModel; what is not taken is named in warnings.

Source: tf_keras/src/engine/base_layer.py, Layer.__setattr__ and add_loss; keras/src/layers/layer.py (3.x)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from kerasfmt import ir
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import regularizers
from kerasfmt.ir.attached import OPTIMIZER, Attached
from kerasfmt.ir.given import GivenFunction
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.own_modules import defines_keras
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.printable import printable
from kerasfmt.sources.live.arrays import variable_name
from kerasfmt.sources.live.custom_layers import CustomLayers
from kerasfmt.sources.live.objects import classes, described, is_keras3, keras_classes

_OF_MODELS: Final = frozenset(
    {"optimizer", "loss", "history", "compiled_loss", "compiled_metrics", "inputs", "outputs", "call"}
    | {"train_function", "test_function", "predict_function", "train_tf_function", "distribute_strategy"}
)
"""Attributes of models that hold objects of Keras's own making."""
_INSIDE: Final = frozenset({"layer", "forward_layer", "backward_layer", "cell", "cells"})
"""Attributes of layers that hold layers which their configs state."""


def take_what_is_beside(found: ir.Model, live: Any, layers: CustomLayers) -> None:
    """Takes what a live model has beside its layers, where a SavedModel can hold it; warns of the rest.

    Args:
      found: the model of kerasfmt.
      live: the live model.
      layers: its layers.
    """
    for each in _beside(found, live, layers):
        if not each.take():
            warnings.warn(printable(f"{each.sentence}; it is left out"), stacklevel=4)
    _warn_of_layers_in_two_places(found, live)
    optimizer = getattr(live, "optimizer", None)
    if optimizer is not None and not _is_compiled(live) and not isinstance(optimizer, str):
        sentence = f"model {live.name}: it has an optimizer, {type(optimizer).__name__}, and is not compiled"
        each = _Beside(found, sentence, OPTIMIZER, partial(layers.beside_optimizer, live, optimizer))
        if not each.take():
            warnings.warn(printable(f"{sentence}; the optimizer is left out"), stacklevel=4)


def _warn_of_layers_in_two_places(found: ir.Model, live: Any) -> None:
    """Warns of layers in wrappers that the model has elsewhere too, which become two layers."""
    twins = {layer.name: layer for layer in found.layers}
    met = {id(layer) for layer in live.layers}
    for layer in live.layers:
        twin = twins.get(layer.name)
        if twin is None or isinstance(twin, LiveLayer | ir.Model):
            continue
        for name in twin.sublayers:
            inner = getattr(layer, name, None)
            if inner is not None and id(inner) in met:
                sentence = (
                    f"layer {layer.name} ({type(layer).__name__}): layer {inner.name} in it is elsewhere in the model "
                    "too; it becomes two layers with equal values"
                )
                warnings.warn(printable(sentence), stacklevel=5)
            met.add(id(inner))


@dataclass(frozen=True)
class _Beside:
    """One thing that a layer has.

    Attributes:
      layer: the layer of kerasfmt; None where there is none.
      sentence: what it is.
      name: the attribute; None for a loss.
      make: makes what stands for it in a SavedModel; None where nothing does.
    """

    layer: ir.Layer | None
    sentence: str
    name: str | None = None
    make: Callable[[], Any] = lambda: None

    def take(self) -> bool:
        """Attaches it to the layer; returns whether that is possible."""
        try:
            item = self.make()
        except UnsupportedLayerError as error:
            warnings.warn(printable(str(error)), stacklevel=5)
            return False
        if item is None or self.layer is None:
            return False
        if isinstance(item, Regularizer):
            assert isinstance(self.layer, ir.Model)
            self.layer.activity_regularizer = item
        attached = self.layer.attached = self.layer.attached or Attached()
        attached.sentences.append(self.sentence)
        if self.name is not None:
            attached.tracked[self.name] = item
        elif isinstance(item, GivenFunction):
            attached.losses = [*attached.losses, item]
        return True


def _is_compiled(live: Any) -> bool:
    return bool(getattr(live, "compiled" if is_keras3(live) else "_compile_was_called", True))


def _beside(found: ir.Model, live: Any, layers: CustomLayers) -> Iterator[_Beside]:
    where = f"model {live.name}"
    twins = {layer.name: layer for layer in found.layers}
    members = {id(layer) for layer in live.layers}
    for layer in live.layers:
        if layer.name not in twins and "InputLayer" not in keras_classes(layer):
            yield _Beside(found, f"{where}: layer {layer.name} is part of it and never called")
    own = (*_own_variables(live, "_trainable"), *_own_variables(live, "_non_trainable"))
    names = layers.tracked_names(live) if own else {}
    known = {*layers.weights, *members, *(map(id, own) if not names else ())}
    yield from _attributes(where, live, known, _OF_MODELS, found, layers)
    for variable in own:
        name = names.get(id(variable))
        if id(variable) not in layers.weights:
            make = partial(layers.beside, live, name, variable) if name is not None else _Beside.make
            sentence = f"{where}: weight {variable_name(variable)} belongs to no layer"
            yield _Beside(found, sentence, name, make)
    penalty = getattr(live, "activity_regularizer", None)
    if penalty is not None:
        make = partial(_regularizer, penalty) if hasattr(live, "_trackable_children") else _Beside.make
        yield _Beside(found, f"{where}: activity_regularizer adds a loss", None, make)
    yield from _losses(where, live, found, layers)
    for layer in live.layers:
        twin = twins.get(layer.name)
        if isinstance(twin, LiveLayer):
            continue  # it was made with all that it has
        if isinstance(twin, ir.Model) and hasattr(layer, "layers"):
            yield from _beside(twin, layer, layers)
        elif twin is not None:
            inside = f"layer {layer.name} ({type(layer).__name__})"
            weights = {id(v) for v in (*layer.trainable_weights, *layer.non_trainable_weights)}
            expected = _INSIDE | {*twin.sublayers, *twin.fields}
            yield from _attributes(inside, layer, weights, expected, twin, layers)
            yield from _losses(inside, layer, twin, layers)


def _regularizer(live: Any) -> Regularizer | None:
    return regularizers.get(described(live))


def _own_variables(live: Any, kind: str) -> Iterator[Any]:
    """The variables that a model has itself, not in its layers."""
    held = vars(live).get(f"{kind}_variables" if is_keras3(live) else f"{kind}_weights")
    yield from held if isinstance(held, list | tuple) else ()


def _attributes(
    where: str,
    live: Any,
    known: Collection[int],
    expected: Collection[str],
    twin: ir.Layer,
    layers: CustomLayers,
) -> Iterator[_Beside]:
    for name, value in list(vars(live).items()):  # to trace a loss may set attributes
        if name.startswith("_") or name in expected:
            continue
        kinds = [_kind(item) for item in _items(value) if id(item) not in known]
        stated = list(dict.fromkeys(kind for kind in kinds if kind))
        if stated:
            sentence = f"{where}: attribute {name} holds {' and '.join(stated)}"
            yield _Beside(twin, sentence, name, partial(layers.beside, live, name, value))


def _items(value: Any) -> Iterator[Any]:
    """A value, or what is in it."""
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value
    else:
        yield value


def _kind(value: Any) -> str:
    """What a value is that Keras tracks; empty for any other."""
    own = keras_classes(value)
    if "Metric" in own:
        return "a metric"
    if own & {"Optimizer", "BaseOptimizer", "OptimizerV2", "Loss"}:
        return ""
    if "Layer" in own:
        return "a model" if "Model" in own else "a layer"
    if hasattr(value, "assign") and hasattr(value, "shape"):
        return "a variable"
    if hasattr(value, "get_concrete_function"):
        return "a function of TensorFlow"
    of_tensorflow = {c.__name__ for c in classes(value) if c.__module__.startswith("tensorflow")}
    return "a module of TensorFlow" if "Module" in of_tensorflow else ""


def _losses(where: str, live: Any, twin: ir.Layer, layers: CustomLayers) -> Iterator[_Beside]:
    """The functions among the losses of a layer of Keras 2, apart from those of its regularizers."""
    for tagged in getattr(live, "_callable_losses", None) or ():
        loss = next(iter(getattr(tagged, "args", ())), tagged)
        module = getattr(getattr(loss, "func", loss), "__module__", None) or ""
        if not defines_keras(module):
            sentence = (
                f"{where}: add_loss was called with a function, {module}.{getattr(loss, '__name__', loss)}"
            )
            yield _Beside(twin, sentence, None, partial(layers.beside_loss, live, tagged))
