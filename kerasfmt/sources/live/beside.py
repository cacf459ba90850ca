"""What a live model has beside its layers and their weights, and a model of kerasfmt does not take: named in warnings.

    an attribute      model.extra = tf.Variable(...), a layer, a model, a tf.Module, a tf.function
    weights           model.add_weight(...)
    layers            that the model holds and never calls
    losses            layer.add_loss(lambda: ...)
    a regularizer     model.activity_regularizer = ...
    an optimizer      of a model that is not compiled

Keras keeps some of them in SavedModels, where it tracks objects, and none of them in a config.

Source: tf_keras/src/engine/base_layer.py, Layer.__setattr__ and add_loss; keras/src/layers/layer.py (3.x)
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from kerasfmt import ir
from kerasfmt.ir.own_modules import defines_keras
from kerasfmt.printable import printable
from kerasfmt.sources.live.arrays import variable_name
from kerasfmt.sources.live.objects import classes, is_keras3, keras_classes

_OF_MODELS: Final = frozenset(
    {"optimizer", "loss", "history", "compiled_loss", "compiled_metrics", "inputs", "outputs", "call"}
    | {"train_function", "test_function", "predict_function", "train_tf_function", "distribute_strategy"}
)
"""Attributes of models that hold objects of Keras's own making."""
_INSIDE: Final = frozenset({"layer", "forward_layer", "backward_layer", "cell", "cells"})
"""Attributes of layers that hold layers which their configs state."""


def warn_of_what_is_left_out(found: ir.Model, live: Any, taken: Mapping[int, ir.Weight]) -> None:
    """Warns of what a live model has and its twin does not.

    Args:
      found: the model of kerasfmt.
      live: the live model.
      taken: the weights that were taken, by the ids of their variables.
    """
    for sentence in _left_out(found, live, taken):
        warnings.warn(printable(f"{sentence}; it is left out"), stacklevel=3)
    optimizer = getattr(live, "optimizer", None)
    if optimizer is not None and not _is_compiled(live) and not isinstance(optimizer, str):
        warnings.warn(
            printable(
                f"model {live.name}: it has an optimizer, {type(optimizer).__name__}, and is not compiled; the "
                "optimizer is left out"
            ),
            stacklevel=3,
        )


def _is_compiled(live: Any) -> bool:
    return bool(getattr(live, "compiled" if is_keras3(live) else "_compile_was_called", True))


def _left_out(found: ir.Model, live: Any, taken: Mapping[int, ir.Weight]) -> Iterator[str]:
    where = f"model {live.name}"
    twins = {layer.name: layer for layer in found.layers}
    members = {id(layer) for layer in live.layers}
    for layer in live.layers:
        if layer.name not in twins and "InputLayer" not in keras_classes(layer):
            yield f"{where}: layer {layer.name} is part of it and never called"
    own = (*_own_variables(live, "_trainable"), *_own_variables(live, "_non_trainable"))
    for variable in own:
        if id(variable) not in taken:
            yield f"{where}: weight {variable_name(variable)} belongs to no layer"
    if getattr(live, "activity_regularizer", None) is not None:
        yield f"{where}: activity_regularizer adds a loss"
    known = {*taken, *map(id, own)}
    yield from _attributes(where, live, known | members, _OF_MODELS)
    yield from _losses(where, live)
    for layer in live.layers:
        twin = twins.get(layer.name)
        if isinstance(twin, ir.Model) and hasattr(layer, "layers"):
            yield from _left_out(twin, layer, taken)
        elif twin is not None:
            inside = f"layer {layer.name} ({type(layer).__name__})"
            weights = {id(v) for v in (*layer.trainable_weights, *layer.non_trainable_weights)}
            yield from _attributes(inside, layer, weights, _INSIDE | {*twin.sublayers, *twin.fields})
            yield from _losses(inside, layer)


def _own_variables(live: Any, kind: str) -> Iterator[Any]:
    """The variables that a model has itself, not in its layers."""
    held = vars(live).get(f"{kind}_variables" if is_keras3(live) else f"{kind}_weights")
    yield from held if isinstance(held, list | tuple) else ()


def _attributes(where: str, live: Any, known: Collection[int], expected: Collection[str]) -> Iterator[str]:
    for name, value in vars(live).items():
        if name.startswith("_") or name in expected:
            continue
        kinds = [_kind(item) for item in _items(value) if id(item) not in known]
        for kind in dict.fromkeys(kind for kind in kinds if kind):
            yield f"{where}: attribute {name} holds {kind}"


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
    if own & {"Metric", "Optimizer", "BaseOptimizer", "OptimizerV2", "Loss"}:
        return ""
    if "Layer" in own:
        return "a model" if "Model" in own else "a layer"
    if hasattr(value, "assign") and hasattr(value, "shape"):
        return "a variable"
    if hasattr(value, "get_concrete_function"):
        return "a function of TensorFlow"
    of_tensorflow = {c.__name__ for c in classes(value) if c.__module__.startswith("tensorflow")}
    return "a module of TensorFlow" if "Module" in of_tensorflow else ""


def _losses(where: str, live: Any) -> Iterator[str]:
    """The functions among the losses of a layer of Keras 2, apart from those of its regularizers."""
    for tagged in getattr(live, "_callable_losses", None) or ():
        loss = next(iter(getattr(tagged, "args", ())), tagged)
        module = getattr(getattr(loss, "func", loss), "__module__", None) or ""
        if not defines_keras(module):
            yield f"{where}: add_loss was called with a function, {module}.{getattr(loss, '__name__', loss)}"
