"""A model's config in the archive dialect of tf_keras and Keras 2.15: Keras 2's config, with every object described.

Source: keras/src/saving/serialization_lib.py, serialize_keras_object (2.15); tf_keras keeps it
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from kerasfmt.dialects.activations import in_keras2, is_activation
from kerasfmt.dialects.keras2 import refuse_constants, warn_of_words_of_keras3
from kerasfmt.dialects.saving_lib import (
    is_custom,
    mapped,
    object_at,
    plain_shape,
    warn_of_own_classes,
    wrapped,
)
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.ir import Layer, Model, Sequential
from kerasfmt.ir.json_values import bytes_in_archives, holds_ellipsis
from kerasfmt.ir.keras_facts import LATER_PACKAGE
from kerasfmt.layers.added import AddMetric
from kerasfmt.printable import printable


def write_model(model: Model) -> dict[str, Any]:
    """The `config.json` of a model, without what it was compiled with.

    Raises:
      UnsupportedLayerError: Keras 2 lacks a layer or activation, or cannot store it in an archive.
    """
    refuse_constants(model)
    warn_of_own_classes(model)
    warn_of_words_of_keras3(model)
    return _described(model, model.described())


def _described(layer: Layer, entry: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(entry["class_name"])
    if isinstance(layer, Model):
        config = {**entry["config"], "layers": _members(layer, entry["config"]["layers"])}
    else:
        _refuse_later(layer, entry["config"])
        if layer.facts.forgets_in_archives and any(0 not in weight.shape for weight in layer.weights):
            warnings.warn(
                printable(
                    f"layer {layer.name} ({type(layer).__name__}): Keras 2 does not restore what it learned from a "
                    '.keras archive, and computes something else; save the model as "h5" or "tf" for Keras 2'
                ),
                stacklevel=2,
            )
        config = _options(entry["config"])
    if isinstance(layer, Sequential):
        found = wrapped("keras", kind, config)
    elif isinstance(layer, Model):
        found = wrapped("keras.src.engine.functional", "Functional", config, "Functional")
    elif is_custom(layer):
        found = wrapped(None, kind, config, kind)
    else:
        found = wrapped(layer.facts.module, kind, config)
    if holds_ellipsis(entry.get("inbound_nodes")):
        raise UnsupportedLayerError(
            f"layer {layer.name} ({type(layer).__name__}): slices with an Ellipsis: Keras 2 neither writes nor reads "
            'them in a .keras archive; write all slices out, or save as "h5" or "tf"'
        )
    if layer.build_input is not None:
        found["build_config"] = {"input_shape": plain_shape(layer.build_input)}
    further = {key: entry[key] for key in entry if key not in ("class_name", "config")}
    return {**found, **bytes_in_archives(further)}


def _members(model: Model, entries: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    layers = {layer.name: layer for layer in (*(t.origin.layer for t in model.inputs), *model.layers)}
    return [_described(layers[entry["config"]["name"]], entry) for entry in entries]


def _refuse_later(layer: Layer, config: Mapping[str, Any]) -> None:
    """Refuses a layer, and layers in it, that Keras 2 has not got."""
    where = f"layer {layer.name} ({type(layer).__name__})"
    if isinstance(layer, AddMetric):
        raise UnsupportedLayerError(
            f"{where}: Keras 2 asks its archives for the state of the metric, which is not written; save the model as "
            '"h5" or "tf"'
        )
    advice = 'write the model for Keras 3 with save_format="keras"'
    if layer.facts.absent_in == 2 or layer.keras_name.startswith(LATER_PACKAGE):
        raise UnsupportedLayerError(f"{where}: Keras 2 has no such layer, or not with its options; {advice}")
    for key, value in config.items():
        held = layer.held(key)
        if is_activation(key) and isinstance(value, str) and not in_keras2(value):
            raise UnsupportedLayerError(
                f"{where}: option {key}: Keras 2 has no activation {value!r}; {advice}"
            )
        if isinstance(held, Layer) and not isinstance(held, Model):
            _refuse_later(held, value["config"])


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    def wrap(key: str, value: Mapping[str, Any]) -> Any:
        return object_at(key, value, value["config"])

    return {key: mapped(value, wrap, key) for key, value in config.items()}
