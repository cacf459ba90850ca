"""Checkpoints of Flax in MessagePack: `flax.serialization.to_bytes(variables)`, usually called `.msgpack`.

    map                          a dict, or a dataclass by its fields; a list or tuple has "0", "1", ... as names
    ext 1, ext 3                 an array, a scalar: a list of its shape, the name of its dtype, its bytes in C order
    {"__msgpack_chunked_array__": true, "shape": {...}, "chunks": {"0": array, ...}}    an array of a gigabyte or more

Source: flax/serialization.py, msgpack_serialize and _ndarray_to_bytes
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.errors import CorruptFileError, KerasfmtError, MissingFileError, UnsupportedFormatError

if TYPE_CHECKING:
    import numpy.typing as npt

    from kerasfmt.containers.file_array import FileArray
    from kerasfmt.containers.msgpack import Bytes
    from kerasfmt.containers.zip.window import Window
    from kerasfmt.ir.weight import ArrayLike

SUFFIX: Final = ".msgpack"
_ARRAYS: Final = (1, 3)
_CHUNKED: Final = "__msgpack_chunked_array__"


def open_arrays(path: Path) -> dict[str, ArrayLike]:
    """The arrays of a file by the names of their places, `params/Dense_0/kernel`; read when they are used.

    Args:
      path: the file.

    Raises:
      MissingFileError: there is no such file.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it is nested too deeply, or costs more than it may.
      UnsupportedFormatError: an array has a dtype that kerasfmt does not know.
    """
    from kerasfmt import limits
    from kerasfmt.containers.msgpack import Reader
    from kerasfmt.containers.zip.window import File, Window

    try:
        stream = File(path, "rb")
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: expected a checkpoint of Flax, got nothing") from error
    total = stream.seek(0, 2)
    window = Window(stream, 0, total)
    with limits.limited() as allowance:
        allowance.add_file(total)
        reader = Reader(window, str(path), 0, total)
        tree = reader.value()
        if reader.at != total:
            raise CorruptFileError(
                f"{path}: {total - reader.at:,} bytes follow its tree; the file is damaged"
            )
        if not isinstance(tree, Mapping):
            raise UnsupportedFormatError(f"{path}: expected a map of arrays, got a {type(tree).__name__}")
        return dict(_leaves(tree, "", window, str(path)))


def _leaves(tree: Any, name: str, window: Window, where: str) -> Iterator[tuple[str, ArrayLike]]:
    from kerasfmt.containers.msgpack import Bytes

    if isinstance(tree, Mapping):
        if tree.get(_CHUNKED) is True:
            yield name, _chunked(tree, window, f"{where}: {name}")
            return
        for key, item in tree.items():
            yield from _leaves(item, f"{name}/{key}" if name else str(key), window, where)
    elif isinstance(tree, list):
        for place, item in enumerate(tree):
            yield from _leaves(item, f"{name}/{place}" if name else str(place), window, where)
    elif isinstance(tree, Bytes) and tree.kind in _ARRAYS:
        yield name, _array(tree, window, f"{where}: {name}")
    elif isinstance(tree, bool | int | float):
        import numpy as np

        yield name, np.asarray(tree)


def _array(found: Bytes, window: Window, where: str) -> FileArray:
    import numpy as np

    from kerasfmt import dtypes
    from kerasfmt.containers.file_array import FileArray
    from kerasfmt.containers.msgpack import Bytes, Reader

    reader = Reader(window, where, found.offset, found.offset + found.size)
    parts = reader.value()
    if not isinstance(parts, list) or len(parts) != 3 or reader.at != found.offset + found.size:
        raise CorruptFileError(
            f"{where}: expected shape, dtype and bytes, got {parts!r:.80}; the file is damaged"
        )
    shape, name, data = parts
    sizes = isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
    if not sizes or not isinstance(name, str) or not isinstance(data, Bytes):
        raise CorruptFileError(
            f"{where}: expected shape, dtype and bytes, got {parts!r:.80}; the file is damaged"
        )
    try:
        native = dtypes.of(name).numpy
    except (KerasfmtError, KeyError, TypeError, ValueError) as error:
        raise UnsupportedFormatError(
            f"{where}: expected numbers, got elements of type {name!r:.80}"
        ) from error
    if math.prod(shape) * native.itemsize != data.size:
        raise CorruptFileError(
            f"{where}: expected {math.prod(shape) * native.itemsize:,} bytes of {name}{shape}, got {data.size:,}; the "
            "file is damaged"
        )
    stored = native.newbyteorder("<") if native.isbuiltin == 1 else np.dtype(f"V{native.itemsize}")
    return FileArray(window, where, data.offset, tuple(shape), stored, native)


def _chunked(tree: Mapping[str, Any], window: Window, where: str) -> Chunked:
    from kerasfmt.containers.msgpack import Bytes

    shape, chunks = tree.get("shape"), tree.get("chunks")
    if not isinstance(shape, Mapping) or not isinstance(chunks, Mapping) or not chunks:
        raise CorruptFileError(f"{where}: expected the shape and the chunks of an array, got {tree!r:.80}")
    sizes = [shape.get(str(place)) for place in range(len(shape))]
    parts = [chunks.get(str(place)) for place in range(len(chunks))]
    whole = [_array(part, window, where) for part in parts if isinstance(part, Bytes)]
    count = sum(math.prod(part.shape) for part in whole)
    if len(whole) != len(parts) or len({part.dtype for part in whole}) != 1:
        raise CorruptFileError(f"{where}: expected chunks of one dtype, numbered from 0; the file is damaged")
    known = tuple(size for size in sizes if isinstance(size, int))
    if len(known) != len(sizes) or math.prod(known) != count:
        raise CorruptFileError(
            f"{where}: expected chunks of {sizes!s:.80}, got {count:,} elements; the file is damaged"
        )
    return Chunked(whole, known)


class Chunked:
    """An array that lies in several parts of a file, read when it is used.

    Attributes:
      shape: its shape.
      dtype: its NumPy dtype.
    """

    def __init__(self, parts: list[FileArray], shape: tuple[int, ...]) -> None:
        self._parts = parts
        self.shape, self.dtype = shape, parts[0].dtype

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        import numpy as np

        array = np.concatenate([np.asarray(part).reshape(-1) for part in self._parts]).reshape(self.shape)
        return array if dtype is None else array.astype(dtype, copy=False)
