"""Where the objects of a model are stored in the object-path layout; weights.py has the layout.

Keras walks a model and names each object by the way on which it meets it. Keras 2 and Keras 3 take different ways into
a layer that holds layers, and an object may be met twice.

Source: keras/src/saving/saving_lib.py, _walk_saveable (_walk_trackable in 2.x) and _save_container_state
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.keras_archive import layout
from kerasfmt.ir import Layer, Model, Sequential, Weight
from kerasfmt.ir.naming import to_snake_case
from kerasfmt.ir.revived import RevivedLayer


@dataclass(frozen=True)
class Place:
    """An object of a model, and where its variables are stored.

    Attributes:
      paths: the path; a layer inside of a layer has different paths in Keras 2 and Keras 3.
      layer: the layer, or the model itself.
      twins: the paths of an earlier object with the same config; the two may have been one object.
      again: whether the object has an earlier place: it is a layer of two models, one inside the other.
    """

    paths: tuple[str, ...]
    layer: Layer
    twins: tuple[str, ...] = ()
    again: bool = False


def places(
    model: Model,
    config: Mapping[str, Any] | None = None,
    container: str = layout.LAYERS,
    by_class: bool = True,
) -> Iterator[Place]:
    """The objects of a model at every place where Keras meets them.

    Args:
      model: the model.
      config: the model's `{"class_name", "config"}` in a file, whose order of layers counts; without it, the
        order is the model's.
      container: the name of the group of a model's layers.
      by_class: whether the layers of a FeatureSpace are kept as those of other models are.
    """
    yield from _walk(Place(("",), model), config, container, _Met(by_class))


@dataclass
class _Met:
    """What a walk knows: how a FeatureSpace keeps its layers; the objects met so far.

    Those are layers by id, and for each config the paths where it was met first.
    """

    by_class: bool
    layers: set[int] = field(default_factory=set)
    configs: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _walk(place: Place, config: Any, container: str, met: _Met) -> Iterator[Place]:
    layer = place.layer
    if isinstance(layer, RevivedLayer) and (layer.sublayers or isinstance(layer, Model)):
        raise UnsupportedLayerError(
            f"layer {layer.name!r} of class {layer.class_name!r}: the layout of .weights.h5 follows how its class "
            "holds its layers, and the class is not known; use .h5, .npz or a checkpoint"
        )
    if id(layer) in met.layers:
        place = Place(place.paths, layer, place.twins, again=True)
    met.layers.add(id(layer))
    if config is not None and not place.again:
        first = met.configs.setdefault(_key(config), place.paths)
        place = place if place.twins or first is place.paths else Place(place.paths, layer, first)
    yield place
    own = _own_layers(layer, met)
    if own is not None or not isinstance(layer, Model):
        listed = own or {}
        for attribute, children in listed.items():
            numbered: dict[str, int] = {}
            for child in children:
                name = unique(to_snake_case(_class_name(child)), numbered)
                yield from _walk(_below(place, child, f"{attribute}/{name}"), None, container, met)
        for attribute, child in layer.sublayers.items() if not listed else ():
            # Keras 2 knows only the private attribute.
            public = attribute.removeprefix("_") if attribute in layer.facts.public_layers else attribute
            names = dict.fromkeys((public, attribute))
            yield from _walk(_below(place, child, *names), None, container, met)
        return
    assert isinstance(layer, Model), layer
    used: dict[str, int] = {}
    older: dict[str, int] = {}
    for kind, member, inner in _members(layer, config):
        spelt = [unique(to_snake_case(kind), used)]
        if config is not None:  # of a file
            spelt.append(unique(_in_older_keras2(kind), older))
        if member is not None and container != layout.LAYERS and member.weights:
            unique(to_snake_case(kind), used)
        if member is not None:
            paths = dict.fromkeys(f"{container}/{name}" for name in spelt)
            yield from _walk(_below(place, member, *paths), inner, container, met)


def _own_layers(layer: Layer, met: _Met) -> Mapping[str, Sequence[Layer]] | None:
    """The layers in lists that an object keeps under names of its own; None of a model that keeps them by class."""
    if not isinstance(layer, Model):
        return layer.tracked_layers()
    return None if met.by_class else layer.archive_layers()


def _below(place: Place, child: Layer, *names: str) -> Place:
    paths, twins = (
        tuple(f"{path}/{name}" if path else name for path in above for name in names)
        for above in (place.paths, place.twins)
    )
    return Place(paths, child, twins)


def _key(config: Any) -> str:
    """A config without the parts that differ between two places of a layer."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: cleaned(v) for k, v in value.items() if k != "shared_object_id"}
        return [cleaned(v) for v in value] if isinstance(value, list) else value

    return json.dumps(cleaned({k: v for k, v in config.items() if k not in ("inbound_nodes", "name")}))


def unique(name: str, used: dict[str, int]) -> str:
    """The name, numbered if it is used already.

    Args:
      name: the name.
      used: the last number of each name; is changed.
    """
    count = used[name] = used.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def _members(model: Model, config: Any) -> Iterator[tuple[str, Layer | None, Any]]:
    """Class name, layer and config of each layer that counts; no layer if the model no longer has it."""
    if config is None:
        for layer in model.layers:
            yield _class_name(layer), layer, None
        return
    layers = {layer.name: layer for layer in model.layers}
    for entry in config["config"]["layers"]:
        if isinstance(model, Sequential) and entry["class_name"] == "InputLayer":
            continue
        found = layers.get(str(entry.get("name") or entry["config"].get("name")))
        kind = str(entry["class_name"]).rpartition(">")[2]
        yield kind if found is None else _class_name(found), found, entry


def _in_older_keras2(kind: str) -> str:
    """The name of a class in snake case as older versions of Keras 2 make it: `conv_lst_m2d`, not `conv_lstm2d`."""
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", kind)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def _class_name(layer: Layer) -> str:
    return layer.facts.name_in_keras3 or layer.keras_name.rpartition(">")[2]


def own_weights(layer: Layer) -> list[Weight]:
    """A layer's own weights, without the weights of layers inside it: trainable ones, then the others."""
    if isinstance(layer, Model):
        return []
    named = layer.archive_variables()
    if named is not None:
        return list(named.values())
    own = list(dict.fromkeys(layer.weight_attributes.values()))
    return [w for w in own if w.trainable] + [w for w in own if not w.trainable]


def keeps_by_class(paths: Iterable[str]) -> bool:
    """Whether a file keeps the layers of a model by their classes; a FeatureSpace of Keras does not."""
    return any(path.startswith((f"{layout.LAYERS}/", f"{layout.OLD_LAYERS}/")) for path in paths)
