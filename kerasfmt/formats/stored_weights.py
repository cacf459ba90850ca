"""The arrays of a file by name, whatever wrote it: NumPy, safetensors, Flax or Orbax."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kerasfmt.errors import MissingFileError, UnsupportedFormatError
from kerasfmt.formats import flax_msgpack, npz, orbax, safetensors
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.typing import override


class StoredWeights(Mapping[str, ArrayLike]):
    """The arrays of a file by name, in its order; each is read when it is used.

    Attributes:
      path: the file.
    """

    def __init__(self, path: Path, arrays: Mapping[str, ArrayLike]) -> None:
        self.path = path
        self._arrays = arrays

    @override
    def __getitem__(self, name: str) -> ArrayLike:
        return self._arrays[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    @override
    def __len__(self) -> int:
        return len(self._arrays)

    @override
    def __repr__(self) -> str:
        return f"<StoredWeights {self.path}: {len(self)} arrays>"


def open_stored(path: Path) -> StoredWeights:
    """The arrays of a file, or of the directory of an Orbax checkpoint.

    Args:
      path: the file or directory; its content says what it is, and `.msgpack` a file of Flax.

    Raises:
      MissingFileError: there is nothing.
      UnsupportedFormatError: it is of no format with arrays by name.
      CorruptFileError: it is damaged.
      UnsafeFileError: it holds code, or takes more memory than it may.
      ImportError: the package that reads the format is not installed.
    """
    if not path.exists():
        raise MissingFileError(f"{path}: expected weights, got nothing: no such file or directory")
    if path.is_dir():
        if orbax.is_checkpoint(path):
            return StoredWeights(path, orbax.open_arrays(path))
        raise UnsupportedFormatError(
            f"{path}: a directory, and no checkpoint of Orbax; kerasfmt.open_checkpoint reads those of TensorFlow"
        )
    for found in (npz.FORMAT, safetensors.FORMAT):
        if found.holds_weights is not None and found.holds_weights(path):
            opened = npz.open_arrays(path) if found is npz.FORMAT else safetensors.open_arrays(path)
            return StoredWeights(path, opened)
    if path.suffix.lower() == flax_msgpack.SUFFIX:
        return StoredWeights(path, flax_msgpack.open_arrays(path))
    raise UnsupportedFormatError(
        f"{path}: neither an .npz archive nor safetensors, and not called {flax_msgpack.SUFFIX}, as files of Flax are; "
        "load_weights reads those of Keras"
    )
