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

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.containers.hdf5.opening import OpenFile
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.errors import CorruptFileError, InvalidModelError, UnsafeFileError
from kerasfmt.formats import matching
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.places import keeps_by_class, own_weights, places
from kerasfmt.formats.keras_archive.training import StoredOptimizer
from kerasfmt.ir import Model, Weight
from kerasfmt.layers.tf_op import TFOpLambda

Variables: TypeAlias = dict[str, dict[str, LazyDataset]]
"""Path of an object, "" for the model -> number of a variable -> where it lies."""

_MAX_DEPTH: Final = 256
_IGNORED: Final = re.compile(
    r"optimizer(/|$)|(_?metrics|_?compile_metrics|_?loss_tracker|compiled_metrics)(/|$)"
)
_SEEDS: Final = re.compile(r"(^|/)_?seed_generators?(/|$)")


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
