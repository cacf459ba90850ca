"""Which format a path asks for, and which one is there.

Source: tf_keras/src/saving/saving_api.py, save_model and load_model
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, Literal

from kerasfmt.containers.hdf5.signature import MAGIC
from kerasfmt.containers.zip.records import LOCAL_MAGIC
from kerasfmt.errors import MissingFileError, UnsupportedFormatError

Format = Literal["tf", "h5", "keras", "tf_keras"]

_SUFFIXES: Final[dict[str, Format]] = {".h5": "h5", ".hdf5": "h5", ".keras": "keras"}
_NAMES: Final[dict[str, Format]] = {
    "tf": "tf",
    "tensorflow": "tf",
    "h5": "h5",
    "hdf5": "h5",
    "keras": "keras",
    "tf_keras": "tf_keras",
}
_WEIGHTS: Final = ".weights.h5"
WEIGHTS_MAP: Final = ".weights.json"


def is_path(filepath: Any) -> bool:
    """Whether it is a path, and not an open file."""
    return isinstance(filepath, str | os.PathLike)


def format_of(path: Any, save_format: str | None = None) -> Format:
    """The format to write: the one that is named, or the one of the path's suffix.

    Args:
      path: a path, or an open HDF5 file or group.
      save_format: the name of a format.

    Raises:
      UnsupportedFormatError: there is no format of that name, or it is none for what is open.
      TypeError: `path` is neither a path nor open.
    """
    if save_format is not None and save_format.lower() not in _NAMES:
        raise UnsupportedFormatError(f"save_format={save_format!r}: expected one of {', '.join(_NAMES)}")
    named = None if save_format is None else _NAMES[save_format.lower()]
    if is_path(path):
        return named or _SUFFIXES.get(Path(path).suffix.lower(), "tf")
    if not hasattr(path, "create_group"):
        raise TypeError(f"filepath: expected a path, an h5py.File or a group, got {type(path).__name__}")
    if named not in (None, "h5"):
        raise UnsupportedFormatError(f"save_format={save_format!r}: an open HDF5 file takes HDF5 only")
    return "h5"


def weights_format_of(filepath: Any, save_format: str | None, max_shard_size: float | None) -> Format:
    """The layout to write weights in.

    Args:
      filepath: a path, or an open HDF5 file or group.
      save_format: the name of a format.
      max_shard_size: GiB of weights that one file may hold; None if there are no shards.

    Raises:
      UnsupportedFormatError: there is no such layout, or Keras would not read it under that name.
      TypeError: `filepath` is neither a path nor open.
    """
    wanted = format_of(filepath, save_format) if save_format or not is_path(filepath) else None
    name = Path(filepath).name if is_path(filepath) else ""
    if max_shard_size is not None:
        if not name.endswith(WEIGHTS_MAP) or wanted not in (None, "keras"):
            raise UnsupportedFormatError(
                f"{filepath}: expected a name that ends in {WEIGHTS_MAP} for weights in shards, and no "
                f"save_format but 'keras', got save_format={save_format!r}; only Keras 3 reads shards"
            )
        return "keras"
    if name.endswith(_WEIGHTS):
        if wanted in ("h5", "tf"):
            raise UnsupportedFormatError(
                f"{filepath}: expected save_format 'keras' or 'tf_keras' for a name that ends in {_WEIGHTS}, "
                f"got {save_format!r}; Keras reads that name in one layout only; choose another name"
            )
        return wanted or "keras"
    if wanted == "h5" or (wanted is None and format_of(filepath) == "h5"):
        return "h5"
    raise UnsupportedFormatError(
        f"{filepath}: expected a name that ends in {_WEIGHTS}, .h5 or .hdf5, or in {WEIGHTS_MAP} with a "
        f"max_shard_size, got save_format={save_format!r}; other formats of weights are not written"
    )


def sniff(path: Path) -> Format:
    """The format of what is at a path, by its content.

    Raises:
      MissingFileError: there is nothing.
      UnsupportedFormatError: it is none of the formats, or may not be read.
    """
    if not path.exists():
        raise MissingFileError(f"{path}: expected a model, got nothing: no such file or directory")
    if path.is_dir():
        if not (path / "saved_model.pb").is_file() and not (path / "saved_model.pbtxt").is_file():
            raise UnsupportedFormatError(
                f"{path}: a directory without saved_model.pb; it is not a SavedModel"
            )
        return "tf"
    if not path.is_file():
        raise UnsupportedFormatError(f"{path}: expected a file or a directory, got a device")
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except PermissionError as error:
        raise UnsupportedFormatError(f"{path}: may not be read: {error.strerror}") from error
    if start.startswith(LOCAL_MAGIC):
        return "keras"
    if start != MAGIC and path.suffix.lower() not in (".h5", ".hdf5"):
        raise UnsupportedFormatError(
            f"{path}: neither HDF5 nor a .keras archive nor a SavedModel directory: it begins with {start!r}"
        )
    return "h5"


def holds_paths(path: Path) -> bool:
    """Whether a file is a .keras archive, or a map of shards."""
    with path.open("rb") as stream:
        start = stream.read(len(LOCAL_MAGIC))
    return start == LOCAL_MAGIC or path.name.endswith(WEIGHTS_MAP)
