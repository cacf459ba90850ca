"""Writes a SavedModel that was read, with the values that its variables and tables have now.

saved_model.pb, keras_metadata.pb    as they were read
variables/, fingerprint.pb           anew
assets/                              copied
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.checkpoint.layout import TABLE_PARTS
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.captured import asset_path
from kerasfmt.formats.saved_model.fingerprint import fingerprint
from kerasfmt.formats.saved_model.stored import StoredModel
from kerasfmt.graph.table_content import TableContent
from kerasfmt.ir import Weight


def write_again(
    stored: StoredModel, weights: Mapping[str, Weight], tables: Mapping[str, TableContent], directory: Path
) -> None:
    """Writes a SavedModel as it was read.

    Args:
      stored: the SavedModel.
      weights: its variables by their names in the checkpoint.
      tables: the tables that have been used, by the beginning of their names in the checkpoint.
      directory: an existing, empty directory.

    Raises:
      UnsafeFileError: it names an asset outside of its directory.
      InvalidModelError: an asset is not there any more.
    """
    (directory / layout.ASSETS).mkdir()
    for name in dict.fromkeys(asset.filename for asset in stored.assets):
        _copy_asset(asset_path(stored.directory, name), directory / layout.ASSETS / name)
    index = b""
    if stored.variables is not None:
        (directory / layout.VARIABLES).parent.mkdir()
        tensorbundle.write_new(directory / layout.VARIABLES, list(_items(stored, weights, tables)))
        index = (directory / layout.VARIABLES_INDEX).read_bytes()
    data = protos.serialize(stored.saved)
    files = {
        layout.SAVED_MODEL: data,
        layout.FINGERPRINT: protos.serialize(fingerprint(stored.saved, data, index)),
    }
    if stored.texts is not None:
        files[layout.KERAS_METADATA] = protos.serialize(stored.texts)
    for name, content in files.items():
        with (directory / name).open("xb") as file:
            file.write(content)


def _items(
    stored: StoredModel, weights: Mapping[str, Weight], tables: Mapping[str, TableContent]
) -> Iterator[tuple[str, Any]]:
    """The tensors of the checkpoint in their order."""
    assert stored.variables is not None
    changed = {
        f"{key}{end}": part
        for key, content in tables.items()
        for end, part in zip(TABLE_PARTS, content.export(), strict=True)
    }
    # Where a tensor without elements begins, the next one does too.
    order = sorted(stored.variables.items(), key=lambda item: (item[1].place, 0 not in item[1].shape))
    for key, array in order:
        yield key, weights[key].value if key in weights else changed.get(key, array)


def _copy_asset(source: Path, target: Path) -> None:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InvalidModelError(f"{source}: cannot be read: {error}") from error
    with target.open("xb") as file:
        file.write(content)
