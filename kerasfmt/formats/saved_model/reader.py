"""From a SavedModel to a model: Keras's texts make the layers, each layer takes the variables of its object.

    objects -> plan -> model

The model comes from the config of its object, in Keras 2's dialect. Each layer takes what Keras says of it beside its
config. A layer whose class nobody has, and a model that is code, come from their functions: see `revived`.

Source: tf_keras/src/saving/legacy/saved_model/load.py, KerasObjectLoader
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kerasfmt import ir
from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.dialects.model_config import Members, model_from_config
from kerasfmt.errors import UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.formats.checkpoint.layout import LIST_WRAPPER
from kerasfmt.formats.format import Tags
from kerasfmt.formats.matching import assign
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.revived import Revival
from kerasfmt.formats.saved_model.stored import Place, StoredModel, open_saved_model
from kerasfmt.formats.saved_model.training import network_config, read_training, without_numbers
from kerasfmt.formats.saved_model.vocabularies import give_vocabularies, without_path
from kerasfmt.formats.saved_model.weights import Matched, match, named_layers
from kerasfmt.ir import policy
from kerasfmt.printable import printable

_MODELS: Final = ("Functional", "Sequential", "Model")


def load(
    path: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    tags: Tags = None,
) -> ir.Model:
    """The model in a SavedModel; its weights stay in the checkpoint until they are used.

    Args:
      path: the directory.
      custom_objects: layer classes by the class name that the file gives them.
      compile: whether to keep the training config and the optimizer's state.
      tags: the tags of the graph to read.

    Raises:
      MissingFileError: there is no such directory, or a file of it is missing.
      UnsupportedFormatError: it holds no Keras model.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds code, or takes more memory than it may.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know, and has no functions of it.
      InvalidModelError: its weights are not those of its layers.
    """
    stored = open_saved_model(path, tags)
    if not stored.objects or not stored.root.described:
        raise UnsupportedFormatError(
            f"{path}: a SavedModel without a Keras model: expected what Keras 2 says of its layers in "
            f"{layout.KERAS_METADATA}, got nothing; load_graph_model reads its signatures and variables"
        )
    root = stored.root
    with malformed_config_errors(root.where):
        revival = Revival(root, custom_objects or {})
        config = _config(root, custom_objects or {})
        if config is None:
            _refuse_class(root, custom_objects or {})
            model: ir.Model = revival.model()
        else:
            model = _built(config, custom_objects, revival.members(root))
        matched = match(model, root, revival.hold(model))
        revival.finish(model, matched)
        _restore_facts(matched)
        assign(matched.pairs)
        give_vocabularies(stored, matched)
        if compile and root.described.get("training_config") is not None:
            model.training_config = read_training(root, matched, model, revival.tracked)
    _warn_of_signatures(stored)
    return model


def _refuse_class(root: Place, custom_objects: Mapping[str, Any]) -> None:
    """Refuses a class for a model that calls its layers in code of its own."""
    kind = str(root.described.get("class_name"))
    if kind in custom_objects:
        raise UnsupportedLayerError(
            f"{root.where}: custom_objects[{kind!r}]: expected classes of layers, got a class for the model itself, "
            "which calls its layers in code of its own; without it the model runs by the functions in the file"
        )


def _built(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None, members: Members) -> ir.Model:
    try:
        return model_from_config(config, custom_objects, keras=2, members=members)
    except UnsupportedLayerError as error:
        raise UnsupportedLayerError(
            f"{error}; kerasfmt.load_graph_model runs the model's signatures without it"
        ) from error


def _config(root: Place, custom_objects: Mapping[str, Any]) -> dict[str, Any] | None:
    """Class name and config of the model; None where the file has no config that makes it.

    A subclass of Model that was made of inputs and outputs is a Functional.
    """
    content = root.described
    kind, config = str(content.get("class_name")), network_config(content)
    is_network = bool(content.get("is_graph_network")) or kind in _MODELS
    if not is_network or not isinstance(config, Mapping) or "layers" not in config:
        return None
    return {
        "class_name": _network_class(kind, root, custom_objects),
        "config": _with_lists(config, root, custom_objects),
    }


def _network_class(kind: str, place: Place, custom_objects: Mapping[str, Any]) -> str:
    """The class of a model that was made of inputs and outputs, in place of a class of the user's own."""
    if kind in (*_MODELS, *custom_objects) or not place.described.get("is_graph_network"):
        return kind
    return "Sequential" if place.identifier == layout.SEQUENTIAL else "Functional"


def _with_lists(
    config: Mapping[str, Any], place: Place, custom_objects: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The config of a model in which the options that layers track as lists are lists.

    Keras makes a tuple of such an option when it builds the layer, and goes on to track the list.
    """
    places = named_layers(place)
    entries = []
    for entry in _with_names(config["layers"], list(places)):
        inner = entry["config"]
        at = places.get(str(inner.get("name", entry.get("name"))))
        if at is not None and "layers" in inner:
            inner = _with_lists(inner, at, custom_objects)
            kind = str(entry["class_name"])
            entry = {**entry, "class_name": _network_class(kind, at, custom_objects)}
        elif at is not None:
            inner = {key: _listed(at, key, value) for key, value in without_path(inner).items()}
        entries.append({**entry, "config": inner})
    return {**config, "layers": entries}


def _with_names(entries: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """The entries of layers, each with a name; the config of a class of the user's own may leave it out."""
    rest = iter(names)
    for entry in entries:
        name = None if entry["class_name"] == "InputLayer" else next(rest, None)
        known = "name" in entry or "name" in entry["config"] or name is None
        yield entry if known else {**entry, "name": name}


def _listed(place: Place, key: str, value: Any) -> Any:
    if not isinstance(value, Mapping) or value.get("class_name") != "__tuple__":
        return value
    tracked = place.child(f"_{key}")
    return value["items"] if tracked is not None and tracked.identifier == LIST_WRAPPER else value


def _restore_facts(matched: Matched) -> None:
    """Gives layers what Keras says of them beside their configs."""
    # Setting `trainable` sets it for the layers inside, which come after the models.
    for layer in sorted(matched.layers, key=lambda layer: not isinstance(layer, ir.Model)):
        content = matched.layers[layer].described
        if isinstance(layer, ir.Model) and content.get("dtype") is not None:
            layer.policy = policy.get(content["dtype"])
        kind = content.get("class_name")
        if isinstance(layer, ir.Functional | ir.Sequential) and isinstance(kind, str):
            layer.own_class = None if kind in (*_MODELS, type(layer).__name__) else kind
            stated = content.get("config")
            if isinstance(stated, dict) and "layers" not in stated:
                layer.own_config = without_numbers(stated)
        if isinstance(layer, ir.Sequential):
            layer.checks_input = content.get("input_spec") is not None
        trainable = content.get("trainable")
        if isinstance(trainable, bool) and trainable is not layer.trainable:
            layer.trainable = trainable


def _warn_of_signatures(stored: StoredModel) -> None:
    own = {layout.SERVING_DEFAULT, layout.INIT_OP}
    others = sorted(set(stored.meta.signature_def) - own)
    if others:
        listed = ", ".join(others)[:200]
        warnings.warn(
            printable(
                f"{stored.directory}: signatures other than {layout.SERVING_DEFAULT} are left out: {listed}"
            ),
            stacklevel=3,
        )
