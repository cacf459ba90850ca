"""The files in a `.keras` archive that belong to layers: `assets/<path of the layer>/<file>`.

A layer has the path of its variables, `layers/string_lookup`. A lookup that was adapted keeps its tokens in
`vocabulary.txt`.

Source: keras/src/saving/saving_lib.py, _save_state and DiskIOStore
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from kerasfmt.containers.zip.reader import Archive
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.places import keeps_by_class, places
from kerasfmt.formats.keras_archive.weights import Variables, container_of
from kerasfmt.ir import Model

MAX_SIZE: Final = 1 << 30
"""The largest file that is read, in bytes."""

Assets: TypeAlias = dict[str, dict[str, bytes]]
"""Path of a layer -> name of a file -> what it holds."""


def read_assets(archive: Archive) -> Assets:
    """The files of an open archive.

    Raises:
      UnsafeFileError: they are larger than reading the archive may cost.
      CorruptFileError: one is damaged.
    """
    found: Assets = {}
    for member in archive.members:
        if member.startswith(layout.ASSETS) and not member.endswith("/"):
            path, _, name = member.removeprefix(layout.ASSETS).rpartition("/")
            found.setdefault(path, {})[name] = archive.read(member, MAX_SIZE)
    return found


def give_assets(
    model: Model, config: Mapping[str, Any] | None, assets: Assets, variables: Variables, file: str
) -> None:
    """Gives every layer its files; each file has to belong to a layer.

    Args:
      model: the model.
      config: its config in the file, whose order of layers counts.
      assets: the files.
      variables: the variables of the file, which show its layout.
      file: the archive, for errors.

    Raises:
      InvalidModelError: there is no such layer, or the layer has no such files.
    """
    if not assets:
        return
    left = dict(assets)
    for place in places(model, config, container_of(variables), keeps_by_class(assets)):
        path = next((path for path in place.paths if path in left), None)
        held = {} if path is None else left.pop(path)
        if not held and not place.again:
            held = next((assets[path] for path in place.twins if path in assets), {})
        if held:
            place.layer.take_assets(held)
    for path, held in left.items():
        raise InvalidModelError(
            f"{file}: expected no files at {layout.ASSETS}{path}, as the model has no such layer; got {sorted(held)}"
        )


def files_to_write(model: Model, keras3: bool) -> Iterator[tuple[str, bytes]]:
    """The members with the files of layers, in the order in which Keras meets the layers.

    Args:
      model: the model.
      keras3: whether the archive is for Keras 3, whose configs name no files.
    """
    for place in places(model, by_class=not keras3):
        path = place.paths[0 if keras3 else -1]
        for name, data in place.layer.assets(named=keras3).items():
            yield f"{layout.ASSETS}{path}/{name}", data
