"""The object-path layout of `model.weights.h5`: each object's variables below the path that leads to it.

    /vars                                  a group for the model itself; attribute name (Keras 3)
    /layers/<class>/vars/<number>          a layer's own variables: trainable ones first; <class> in snake case,
                                           numbered from the second of its class on: dense, dense_1, dense_2;
                                           a lookup has idf_weights in place of a number
    /layers/<class>/layers/...             the layers of a nested model
    /layers/<class>/<attribute>/vars/...   a layer inside of a layer
    /layers/<class>/<attribute>/<class>/vars/...   a layer of a list inside of a layer
    /optimizer/vars/<number>               the optimizer's: iteration, learning rate (Keras 3), slots
    /optimizer/inner_optimizer/vars/...    those of the optimizer inside of a LossScaleOptimizer, once more
    /_layer_checkpoint_dependencies/...    in place of layers up to Keras 2.13; layers with weights count twice

Keras stores an object with two paths once, on the first path. It cannot load such an archive itself, because the
config describes the object twice. Here the variables are written on both paths, so that Keras can load them; it then
has two objects with equal variables, as from HDF5. A layer that one model calls twice is one layer.

Sharded weights are several such files; each holds some of the groups.

Source: keras/src/saving/saving_lib.py, _save_state and _save_container_state (2.12 to 3.x)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.containers.hdf5.opening import OpenFile
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.errors import CorruptFileError, InvalidModelError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.formats import matching
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.training import StoredOptimizer
from kerasfmt.ir import Layer, Model, Sequential, Weight
from kerasfmt.ir.naming import to_snake_case
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.layers.tf_op import TFOpLambda

Variables: TypeAlias = dict[str, dict[str, LazyDataset]]
"""Path of an object, "" for the model -> number of a variable -> where it lies."""

_MAX_DEPTH: Final = 256
_IGNORED: Final = re.compile(
    r"optimizer(/|$)|(_?metrics|_?compile_metrics|_?loss_tracker|compiled_metrics)(/|$)"
)
_SEEDS: Final = re.compile(r"(^|/)_?seed_generators?(/|$)")


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
            "holds its layers, and nobody has the class; use .h5, .npz or a checkpoint"
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


# Reading.


def read_variables(file: OpenFile) -> Variables:
    """Every variable of a file. Each group and each dataset must have only one path.

    Raises:
      CorruptFileError: it is damaged, or shows the same bytes as different variables.
      UnsafeFileError: it points out of itself, or is nested too deeply.
    """
    found: Variables = {}
    seen: set[int] = set()
    pending = [(file.root, 0)]
    names = file.root.member_names(file.root.file_size) if file.root.is_group else []
    on_windows = any(name.startswith(layout.ON_WINDOWS) for name in names)
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_DEPTH:
            raise UnsafeFileError(
                f"{node.file}: groups nested deeper than {_MAX_DEPTH} levels; it is not read"
            )
        address = node.address
        if address in seen:
            raise CorruptFileError(
                f"{node.where}: is reached by two paths; expected a tree, as Keras writes it"
            )
        seen.add(address)
        if node.is_group:
            for name in node.member_names(node.file_size):
                child = node.find(name)
                if child is None:
                    raise CorruptFileError(f"{node.where}: its member {name!r} cannot be found")
                pending.append((child, depth + 1))
            continue
        path = node.path.replace("\\", "/") if on_windows else node.path
        owner, _, number = path.removeprefix("/").rpartition("/")
        if owner != layout.VARS and not owner.endswith(f"/{layout.VARS}"):
            raise InvalidModelError(
                f"{node.where}: expected variables in groups called vars, got a dataset {number!r} elsewhere"
            )
        held = found.setdefault(owner.removesuffix(layout.VARS).rstrip("/"), {})
        if number in held:
            raise CorruptFileError(
                f"{node.where}: two groups are called {owner}; expected one, as Keras writes it"
            )
        held[number] = file.dataset(node)
    file.check_total()
    return found


def container_of(variables: Variables) -> str:
    """The name of the group of the layers in a file."""
    old = any(path.startswith(f"{layout.OLD_LAYERS}/") for path in variables)
    return layout.OLD_LAYERS if old else layout.LAYERS


def assign(
    model: Model,
    config: Mapping[str, Any] | None,
    variables: Variables,
    file: str,
    *,
    cast: bool = False,
    skip_mismatch: bool = False,
) -> None:
    """Gives every weight of a model its variable. All variables have to be used. If anything fails, no weight changes.

    Args:
      model: the model.
      config: its config in the file, whose order of layers counts.
      variables: the variables of the file.
      file: the file, for errors.
      cast: whether a variable may have another dtype than its weight.
      skip_mismatch: whether to leave out, with a warning, the layers whose variables do not fit.

    Raises:
      InvalidModelError: a weight is missing, is one too many, or has another shape or dtype.
    """
    mismatch = matching.skip if skip_mismatch else matching.refuse
    left = {path: held for path, held in variables.items() if held and not _IGNORED.match(path)}
    found: list[matching.Pair] = []
    for place in places(model, config, container_of(variables), keeps_by_class(variables)):
        weights = own_weights(place.layer)
        path = next((path for path in place.paths if path in left), place.paths[0])
        held = left.pop(path, {})
        if place.again:
            continue
        if weights and not held:
            # Keras stores a layer of two models once but describes it twice; it cannot load that itself.
            held = next((variables[path] for path in place.twins if path in variables), {})
        if weights or held:
            kind = type(place.layer).__name__
            where = f"{file}: layer {place.layer.name} ({kind})"
            try:
                named = _named(held, path, weights, place.layer.archive_variables(), where)
                found += matching.pair(weights, named, where, cast=cast)
            except InvalidModelError as error:
                mismatch(error)
    for path, held in left.items():
        if not _SEEDS.search(path):  # Keras 3.0 stored the state of random layers; later versions do not
            names = ", ".join(f"{path}/vars/{n} {list(d.shape)}" for n, d in held.items())
            mismatch(
                InvalidModelError(
                    f"{file}: expected no variables at {path}, as the model has no such object; got {names}"
                )
            )
    matching.assign(found)


def _named(
    held: Mapping[str, LazyDataset],
    path: str,
    weights: Sequence[Weight],
    own_names: Mapping[str, Weight] | None,
    where: str,
) -> list[matching.NamedArray]:
    """The variables of one object with their places; checks their names if their count is as expected."""
    names = sorted(held, key=lambda name: (len(name), name))
    if own_names is not None and sorted(held) == sorted(own_names):
        names = list(own_names)
    elif len(held) == len(weights):
        numbered(held, where)
    return [(f"{path}/{layout.VARS}/{name}", held[name]) for name in names]


def numbered(held: Mapping[str, LazyDataset], where: str) -> list[LazyDataset]:
    """The variables of one object in order.

    Raises:
      InvalidModelError: their names are not 0, 1, 2, ...
    """
    expected = [str(number) for number in range(len(held))]
    if sorted(held) != sorted(expected):
        raise InvalidModelError(
            f"{where}: expected variables 0 to {len(held) - 1}, got {', '.join(sorted(held))}"
        )
    return [held[number] for number in expected]


# Writing.


def weights_tree(model: Model, optimizer: StoredOptimizer | None, keras3: bool) -> WritePlan:
    """The contents of the file of a model's weights; a layer of two models is in it twice.

    Args:
      model: the model.
      optimizer: the optimizer's variables; None where the model is not compiled.
      keras3: whether the file is for Keras 3.

    Raises:
      InvalidModelError: a layer's class has no name that the file can hold.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's.
    """
    tree = WritePlan(f"model {model.name}", bfloat16=keras3)

    def add(
        path: str,
        name: str,
        owner: str,
        weights: Sequence[Weight],
        own_names: Mapping[str, Weight] | None = None,
    ) -> None:
        below = f"{path}/{layout.VARS}" if path else layout.VARS
        group = tree.group(below, owner)
        if keras3:
            group["name"] = name
        for stored_name, weight in zip(own_names or map(str, range(len(weights))), weights, strict=True):
            tree.dataset(f"{below}/{stored_name}", weight, f"{owner}: weight {weight.name}")

    for place in places(model, by_class=not keras3):
        layer = place.layer
        if keras3 and isinstance(layer, TFOpLambda):
            continue  # no layers in Keras 3
        path = place.paths[0 if keras3 else -1]
        held = [] if keras3 and layer.facts.weightless_in_keras3 else own_weights(layer)
        add(path, layer.name, f"layer {layer.name}", held, layer.archive_variables())
    if optimizer is not None:
        add(layout.OPTIMIZER, optimizer.name, "the optimizer", optimizer.variables)
        if optimizer.inner is not None:
            add(layout.INNER, optimizer.inner.name, "the inner optimizer", optimizer.inner.variables)
    return tree
