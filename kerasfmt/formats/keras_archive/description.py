"""The description of a `.keras` archive, and of weights in its layout: `.weights.h5`, or shards beside their map."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.dialects.saving_lib import COMPILE_CONFIG
from kerasfmt.formats.description import (
    Description,
    Row,
    StoredOptimizer,
    named,
    stored_optimizer,
    weights_of,
)
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.places import unique
from kerasfmt.formats.keras_archive.reader import load, merged, open_archive
from kerasfmt.formats.keras_archive.shard_files import names_in, read_map, read_shards
from kerasfmt.formats.keras_archive.weights import Variables, container_of, read_variables
from kerasfmt.formats.ops_used import ops_of_prediction
from kerasfmt.ir.keras_facts import Major
from kerasfmt.ir.naming import to_snake_case

_OPTIMIZER: Final = "optimizer"
_MODEL: Final = "(model)"


def describe(path: Path) -> Description:
    """The layers of the model in an archive, with the paths of their variables; the objects of weights alone.

    Raises:
      KerasfmtError: as `open_archive` does.
    """
    if not zipfile.is_zipfile(path):
        return _of_weights(path)
    stored = open_archive(path)
    compiled = stored.config.get(COMPILE_CONFIG)
    compiled = compiled if isinstance(compiled, Mapping) else None
    keras: Major = 3 if stored.dialect == "keras3" else 2
    return Description(
        path=path,
        format="keras" if keras == 3 else "tf_keras",
        title=".keras archive",
        members=stored.members,
        writers={"keras": stored.keras_version} if stored.keras_version else {},
        **named(stored.config),
        rows=_rows(stored.variables, dict(_walk(stored.config, stored.variables, keras, ""))),
        weights="variables",
        compiled=compiled and {key: value for key, value in compiled.items() if key != _OPTIMIZER},
        optimizer=_optimizer(compiled and compiled.get(_OPTIMIZER), stored.variables, keras),
        dialect=keras,
        count_ops=partial(ops_of_prediction, path, load),
    )


def _of_weights(path: Path) -> Description:
    if path.name.endswith(layout.MAP_SUFFIX):
        title = "weights in shards"
        variables = merged(read_shards(path, read_variables), str(path))
        names = [path.name, *sorted(names_in(read_map(path), str(path)))]
    else:
        title, names = "weights by objects in HDF5", [path.name]
        with opened(path) as file:
            variables = read_variables(file)
    return Description(
        path=path,
        format="keras",
        title=title,
        members={name: path.with_name(name).stat().st_size for name in names},
        rows=_rows(variables, {}),
        owners="object",
        weights="variables",
        optimizer=_optimizer(None, variables, 3),
    )


def _rows(variables: Variables, layers: Mapping[str, tuple[str, str]]) -> tuple[Row, ...]:
    """A row for each object with variables, and for each layer of the config; without the optimizer's."""
    found = []
    for path in sorted({*variables, *layers}):
        if not _is_optimizer(path):
            name, kind = layers.get(path) or _within(path, layers)
            held = sorted(variables.get(path, {}).items(), key=_by_number)
            found.append(Row(name, kind, weights_of(held), path if layers else ""))
    order = {path: place for place, path in enumerate(layers)}
    return tuple(sorted(found, key=lambda row: order.get(row.path, len(order))))


def _by_number(item: tuple[str, Any]) -> tuple[int, str]:
    """Numbers in their order, not in that of their digits."""
    return len(item[0]), item[0]


def _within(path: str, layers: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """The name of an object that the config does not list: below the layer that holds it."""
    outer = path
    while outer and outer not in layers:
        outer = outer.rpartition("/")[0]
    return (f"{layers[outer][0]}{path.removeprefix(outer)}" if outer else path or _MODEL), ""


def _is_optimizer(path: str) -> bool:
    return path == layout.OPTIMIZER or path.startswith(f"{layout.OPTIMIZER}/")


def _optimizer(entry: Any, variables: Variables, keras: Major) -> StoredOptimizer | None:
    held = sorted(variables.get(layout.OPTIMIZER, {}).items(), key=_by_number)
    held = held or sorted(variables.get(layout.INNER, {}).items(), key=_by_number)
    return stored_optimizer(entry, held, keras)


def _walk(
    entry: Any, variables: Variables, keras: Major, outer: str
) -> Iterator[tuple[str, tuple[str, str]]]:
    """The name and the class of each layer of a config, by the path of its variables, as far as the config is sound."""
    container = container_of(variables)
    inner = entry.get("config") if isinstance(entry, Mapping) else None
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    used: dict[str, int] = {}
    for layer in layers if isinstance(layers, list) else ():
        options = layer.get("config") if isinstance(layer, Mapping) else None
        if not isinstance(options, Mapping):
            continue
        kind = str(layer.get("class_name")).rpartition(">")[2]
        if kind == "InputLayer" and entry.get("class_name") == "Sequential":
            continue
        path = f"{outer}{container}/{unique(to_snake_case(kind), used)}"
        if container != layout.LAYERS and path in variables:
            unique(to_snake_case(kind), used)  # layers with weights count twice there
        yield path, (str(options.get("name")), kind)
        yield from _walk(layer, variables, keras, f"{path}/")
