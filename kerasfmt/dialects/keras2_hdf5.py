"""The dialect of the configs in HDF5 files of Keras 2.12 to 2.15; SavedModels use another one.

    SavedModel   {"class_name": "Zeros", "config": {}}
    HDF5         {"module": "keras.initializers", "class_name": "Zeros", "config": {}, "registered_name": null}

Shapes are plain lists, and an activation has to be one that Keras 2 knows.

Source: keras/src/saving/serialization_lib.py, serialize_keras_object;
keras/src/saving/legacy/saved_model/json_utils.py, get_json_type (2.15)
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kerasfmt.dialects import versions
from kerasfmt.dialects.activations import in_keras2, is_activation
from kerasfmt.dialects.keras2 import refuse_constants, warn_of_words_of_keras3
from kerasfmt.dialects.saving_lib import MODULES, object_at, warn_of_own_classes, wrapped
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import Layer, Model, Sequential, Tensor
from kerasfmt.ir.held_layers import every_call, every_layer
from kerasfmt.ir.json_values import is_shape
from kerasfmt.ir.layer import find_layer_class
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.structure import flatten
from kerasfmt.ir.tensor import Call
from kerasfmt.printable import printable

_SHARED: Final = "shared_object_id"


def write_model(model: Model) -> dict[str, Any]:
    """The `model_config` of a file; for a model of Keras 3, where possible, in terms that both Keras versions know.

    Raises:
      UnsupportedLayerError: a layer has an activation that Keras 2 does not know.
    """
    refuse_constants(model)
    warn_of_own_classes(model)
    warn_of_words_of_keras3(model)
    config = model.described()
    if model.made_by_keras == 3:
        _warn_of_calls(model)
    told = _model(model, config["config"], modern=False, for_both=model.made_by_keras == 3)
    if versions.parsed(model.keras2_version or "") >= versions.OPTIONAL_INPUTS:
        told = _state_optional(told)
    shared = _shared_layers(model)
    if shared:
        told = _with_numbers(model, told, shared)
    return {**config, "config": told}


def _shared_layers(model: Model) -> dict[Layer, int]:
    """A number for each layer that configs of custom layers describe several times, or describe beside its own entry.

    Source: tf_keras/src/saving/legacy/serialization.py, SharedObjectSavingScope
    """
    layers = list(every_layer(model))
    stated = [
        held for layer in layers if isinstance(layer, RevivedLayer) for held in layer.stated_layers.values()
    ]
    members = {layer for each in layers if isinstance(each, Model) for layer in each.layers}
    times = Counter(stated)
    return {
        layer: number
        for number, layer in enumerate(each for each in times if times[each] > 1 or each in members)
    }


def _with_numbers(model: Model, config: Mapping[str, Any], numbers: Mapping[Layer, int]) -> dict[str, Any]:
    """The config of a model with the numbers of the layers that several descriptions mean."""
    entries = []
    for entry, layer in zip(config["layers"], model.config_layers, strict=True):
        inner = dict(entry["config"])
        if isinstance(layer, Model) and layer.is_network:
            inner = _with_numbers(layer, inner, numbers)
        for key, held in layer.stated_layers.items() if isinstance(layer, RevivedLayer) else ():
            if held in numbers:
                inner[key] = {**inner[key], _SHARED: numbers[held]}
        own = {_SHARED: numbers[layer]} if layer in numbers else {}
        entries.append({**entry, "config": inner, **own})
    return {**config, "layers": entries}


def _warn_of_calls(model: Model) -> None:
    """Warns of calls of which Keras 3 does not read what Keras 2 writes.

    They have initial states, tensors among the keyword arguments, as a mask, or a dict of inputs.
    """
    names = sorted({call.layer.name for call in _unread_calls(model)})
    if names:
        warnings.warn(
            printable(
                f"model {model.name}: the calls of {', '.join(names)} take initial states, tensors by name or dicts, "
                "which Keras 3 does not read from HDF5 that is written for Keras 2; save the model as .keras for "
                "Keras 3"
            ),
            stacklevel=2,
        )


def _unread_calls(model: Model) -> Iterator[Call]:
    for call in every_call(model):
        states = "initial_state" in call.layer.signature.further and isinstance(call.inputs, list)
        named = any(isinstance(leaf, Tensor) for leaf in flatten(list(call.kwargs.values())))
        if states or named or isinstance(call.inputs, dict):
            yield call


def _state_optional(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a model in which each input layer says that it is not optional."""
    entries = []
    for entry in config["layers"]:
        inner = entry["config"]
        if entry["class_name"] == "InputLayer":
            inner = {**inner, "optional": False}
        elif "layers" in inner:
            inner = _state_optional(inner)
        entries.append({**entry, "config": inner})
    return {**config, "layers": entries}


def _model(
    model: Model, config: Mapping[str, Any], modern: bool, for_both: bool, frozen: bool = False
) -> dict[str, Any]:
    """The config of a model, with those of its layers in the dialect of files.

    Args:
      model: the model.
      config: its config.
      modern: whether layers are described as `keras.saving` does. Keras does so for all layers of a model inside a
        Sequential, and of the models inside that model.
      for_both: whether Keras 3 is to read it too.
      frozen: whether a model around its layers is not trained. Keras 2 forgets that of a model inside of a model, and
        the order of weights depends on it; so each layer says it.
    """
    sequential = isinstance(model, Sequential)
    entries = []
    for entry, layer in zip(config["layers"], model.config_layers, strict=True):
        if isinstance(layer, Model) and layer.is_network:
            inside = frozen or not layer.trainable
            inner = _model(layer, entry["config"], modern or sequential, for_both, inside)
        else:
            inner = _config(entry["config"], layer)
            if for_both:
                inner = _for_both(inner, layer)
        if frozen and inner.get("trainable"):
            inner = {**inner, "trainable": False}
        entries.append(_modern(layer, entry, inner) if modern else {**entry, "config": inner})
    return {**config, "layers": entries}


def _modern(layer: Layer, entry: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a layer by `keras.saving`."""
    found: dict[str, Any] = {
        "module": "keras.src.engine.functional" if entry["class_name"] == "Functional" else "keras.layers",
        "class_name": entry["class_name"],
        "config": config,
        "registered_name": "Functional" if entry["class_name"] == "Functional" else None,
    }
    if entry["class_name"] == "Sequential":
        found["module"] = "keras"
    if layer.build_input is not None:
        found["build_config"] = {"input_shape": layer.build_input}
    return {**found, **{key: entry[key] for key in entry if key not in ("class_name", "config")}}


def _config(config: Mapping[str, Any], layer: Layer | None = None) -> dict[str, Any]:
    """The config of a layer that is not a model."""
    found = {key: _option(str(config.get("name")), key, value) for key, value in config.items()}
    for key, value in found.items():
        held = None if layer is None else layer.held(key)
        # A layer inside a layer states a shape only if Keras keeps it.
        if isinstance(held, Layer):
            found[key] = _built(value, held)
    return found


def _built(value: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """The description of a layer inside of a layer with its shape, and with those of the layers that it lists."""
    found = dict(value)
    for name, inner in layer.tracked_layers().items():
        items = [_built(*pair) for pair in zip(value["config"][name], inner, strict=True)]
        found["config"] = {**found["config"], name: items}
    if layer.build_input is not None:
        found["build_config"] = {"input_shape": layer.build_input}
    return found


def _for_both(config: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """A config without the options that Keras 3 refuses, if Keras 2 assumes the same values by default.

    A single axis becomes a number. A dtype policy becomes its name.
    """
    facts, listed = layer.facts, layer.tracked_layers()
    found = {}
    for key, value in config.items():
        held = layer.held(key)
        if isinstance(held, Layer) and not isinstance(held, Model):
            value = {**value, "config": _for_both(value["config"], held)}
        elif key in listed:
            pairs = zip(value, listed[key], strict=True)
            value = [{**item, "config": _for_both(item["config"], inner)} for item, inner in pairs]
        if value in facts.implied_by_keras3.get(key, ()) and key not in facts.needed_by_keras2:
            continue
        if key in facts.unlisted_in_keras3 and len(value) == 1:
            value = value[0]
        if key == "dtype" and isinstance(value, Mapping):
            value = layer.policy.name
        found[key] = value
    return found


def _option(layer: str, key: str, value: Any) -> Any:
    if is_activation(key) and isinstance(value, str) and not in_keras2(value):
        raise UnsupportedLayerError(
            f"layer {layer}: activation {value!r} does not exist in Keras 2, whose HDF5 format is written; "
            "save the model as a SavedModel"
        )
    if isinstance(value, list):
        return [_option(layer, key, item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if is_shape(value):
        return value["items"]
    if value.keys() != {"class_name", "config"}:
        return {k: _option(layer, k, item) for k, item in value.items()}
    if key.rpartition("_")[2] in MODULES:
        return object_at(key, value, value["config"])
    found = find_layer_class(value["class_name"])
    if found is not None and issubclass(found, Layer):
        return wrapped("keras.layers", value["class_name"], _config(value["config"]))
    return dict(value)
