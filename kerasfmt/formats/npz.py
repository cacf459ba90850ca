"""NumPy's `.npz`: only the weights of a model, each as a `.npy` member of a zip archive.

    dense/kernel.npy     magic: "\\x93NUMPY", version: 1, 0, size of the header: 2 bytes, header, elements; in version
                         2, 0 the size takes 4 bytes
    header               "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }", spaces, "\\n": a multiple of
                         64 bytes with what comes before it
    elements             in C order, little-endian

Keys are the names of weights in the order of the model; a name that is taken gets a number: dense/kernel_1. Members
are not compressed, have no dates and no pickles: the same model gives the same bytes. `numpy.load` reads them.

A bfloat16 has no NumPy dtype: it is stored as NumPy's `savez` stores it, as two bytes ("|V2"), which
`.view(ml_dtypes.bfloat16)` turns back. Reading casts, as Keras's `load_weights` does: a float16 fits a float32
weight.

Source: numpy/lib/format.py; numpy/lib/npyio.py, _savez
"""

from __future__ import annotations

import ast
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.containers.file_array import FileArray
from kerasfmt.containers.zip.records import END_MAGIC, LOCAL, LOCAL_MAGIC
from kerasfmt.errors import CorruptFileError, UnsafeFileError, UnsupportedFormatError
from kerasfmt.formats.format import Format, Source

if TYPE_CHECKING:
    import numpy as np

    from kerasfmt.containers.zip.window import Window
    from kerasfmt.formats.description import Description
    from kerasfmt.ir import Model, Weight

_SUFFIX: Final = ".npy"
_MAGIC: Final = b"\x93NUMPY"
_SIZES: Final = {b"\x01\x00": 2, b"\x02\x00": 4}
"""Version -> bytes of the size of the header."""
_ALIGNMENT: Final = 64
_MAX_HEADER: Final = 1 << 12
"""Bytes of a header; 118 are enough for most arrays of numbers."""
_KINDS: Final = "biufc"


# Writing.


def write_weights(model: Model, target: Path) -> None:
    """Writes the weights of a model.

    Args:
      model: the model.
      target: a path at which there is no file yet.

    Raises:
      InvalidModelError: a weight's name cannot be the name of a member.
      UnsupportedFormatError: NumPy has no such dtype.
    """
    from kerasfmt.containers.slabs import open_source
    from kerasfmt.containers.zip.writer import Packer
    from kerasfmt.formats.matching import keyed_weights

    with target.open("xb+", buffering=0) as stream:
        packer = Packer(stream)
        for key, weight in keyed_weights(model).items():
            dtype = _stored_dtype(weight)
            with packer.member(key + _SUFFIX) as window:
                window.write(_header(dtype, weight.shape))
                for slab in open_source(weight.value).slabs():
                    flat = slab.reshape(-1)
                    elements = flat if dtype.kind == "V" else flat.astype(dtype, copy=False)
                    window.write(elements.view("u1"))
        packer.finish()


def _stored_dtype(weight: Weight) -> np.dtype[Any]:
    import numpy as np

    from kerasfmt import dtypes

    if weight.dtype is dtypes.bfloat16:
        return np.dtype("V2")
    dtype = weight.dtype.numpy
    if dtype.isbuiltin != 1 or dtype.kind not in _KINDS:
        raise UnsupportedFormatError(
            f"weight {weight.name}: NumPy reads no {weight.dtype.name} back; cast the weight, or save the model as a "
            "SavedModel"
        )
    little: np.dtype[Any] = dtype.newbyteorder("<")
    return little


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    text = f"{{'descr': {dtype.str!r}, 'fortran_order': False, 'shape': {shape!r}, }}"
    used = len(_MAGIC) + 4 + len(text) + 1
    text += " " * (-used % _ALIGNMENT) + "\n"
    return _MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text.encode("ascii")


# Reading.


class StoredArray(FileArray):
    """An array that lies in an archive, read when it is used; the archive's bytes stay open for it."""

    __slots__ = ()

    def __init__(self, window: Window, where: str, offset: int, size: int) -> None:
        """Admits a member.

        Args:
          window: the bytes of the archive, or of the member.
          where: file and key, for errors.
          offset: where the member begins in `window`.
          size: its bytes.

        Raises:
          CorruptFileError: its header is damaged, or declares another size than the member has.
          UnsafeFileError: it holds pickled objects.
          UnsupportedFormatError: it does not hold numbers.
        """
        window.seek(offset)
        shape, by_columns, stored = _read_header(window, where)
        begin = window.tell()
        super().__init__(window, where, begin, shape, stored, _native(stored, where), by_columns=by_columns)
        declared = begin - offset + math.prod(shape) * stored.itemsize
        if declared != size:
            raise CorruptFileError(
                f"{where}: declares {declared} bytes, but its member has {size}; the file is damaged"
            )


def open_arrays(path: Path) -> dict[str, StoredArray]:
    """The arrays of an archive by key, in order. Only compressed members are read at once.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not a zip archive, or holds anything but arrays of numbers.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds pickled objects, is a bomb, or names members outside of itself.
    """
    from kerasfmt.containers.zip.reader import Archive
    from kerasfmt.containers.zip.window import Window

    found: dict[str, StoredArray] = {}
    with Archive(path, "an .npz archive") as archive:
        whole = archive.window()
        for name, info in archive.members.items():
            where = f"{path}: {name}"
            if not name.endswith(_SUFFIX):
                raise UnsupportedFormatError(f"{where}: expected arrays, called *{_SUFFIX}, and nothing else")
            span = archive.span(name)
            if span is not None:
                found[name.removesuffix(_SUFFIX)] = StoredArray(whole, where, *span)
                continue
            data = archive.read(name, info.file_size)
            unpacked = Window(io.BytesIO(data), 0, len(data))
            found[name.removesuffix(_SUFFIX)] = StoredArray(unpacked, where, 0, len(data))
    return found


def _read_header(window: Window, where: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the elements are in Fortran order, and dtype."""
    import numpy as np

    start = window.read(len(_MAGIC) + 2) or b""
    if not start.startswith(_MAGIC):
        raise CorruptFileError(f"{where}: expected it to begin with {_MAGIC!r}, got {start!r}")
    if start[-2:] not in _SIZES:
        raise UnsupportedFormatError(f"{where}: expected .npy version 1 or 2, got {start[len(_MAGIC)]}")
    size = int.from_bytes(window.read(_SIZES[start[-2:]]) or b"", "little")
    if size > _MAX_HEADER:
        raise UnsupportedFormatError(
            f"{where}: its header takes {size} bytes; more than {_MAX_HEADER} are not read"
        )
    text = (window.read(size) or b"").decode("latin-1")
    try:
        header = ast.literal_eval(text)
        descr, by_columns, shape = (header[key] for key in ("descr", "fortran_order", "shape"))
        if not isinstance(descr, str):
            raise UnsupportedFormatError(f"{where}: expected numbers, got elements of type {descr!r:.80}")
        if not all(type(length) is int and length >= 0 for length in shape) or type(shape) is not tuple:
            raise ValueError(f"the shape {shape!r:.80}")
        return shape, bool(by_columns), np.dtype(descr)
    except (ValueError, TypeError, LookupError, SyntaxError, RecursionError, MemoryError) as error:
        raise CorruptFileError(f"{where}: its header cannot be read: {error}; the file is damaged") from error


def _native(dtype: np.dtype[Any], where: str) -> np.dtype[Any]:
    from kerasfmt import dtypes

    if dtype.hasobject:
        raise UnsafeFileError(
            f"{where}: holds pickled Python objects, which are never read; save arrays of numbers"
        )
    if dtype == "V2":
        return dtypes.bfloat16.numpy
    if dtype.kind not in _KINDS or dtype.subdtype is not None:
        raise UnsupportedFormatError(f"{where}: expected numbers, got elements of type {dtype}")
    return dtypes.of(dtype).numpy


def read_weights(model: Model, path: Path, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Gives a model the weights in an archive, all of them or, if anything fails, none.

    An archive with exactly the keys of the model is paired by key. Any other archive is paired in order, or by name:
    each weight takes the array of its key, and the other weights stay as they are.

    Args:
      model: the model.
      path: the archive.
      by_name: whether to go by keys alone.
      skip_mismatch: by name, whether to leave out, with a warning, arrays that do not fit.

    Raises:
      KerasfmtError: as `open_arrays` does.
      InvalidModelError: the arrays do not fit the model.
      ValueError: `skip_mismatch` without `by_name`.
    """
    from kerasfmt.formats import matching

    mismatch = matching.mismatch_by_key(by_name, skip_mismatch)
    stored, keys = open_arrays(path), matching.keyed_weights(model)
    where = f"{path}: model {model.name}"
    if by_name or stored.keys() == keys.keys():
        matching.assign_by_key(keys, stored, where, mismatch)
        return
    weights, arrays = list(keys.values()), list(stored.items())
    matching.check_names(weights, arrays, where)
    matching.assign(matching.pair(weights, arrays, where, cast=True, mismatch=mismatch))


def describe(path: Path) -> Description:
    """The arrays of an archive, grouped by the beginnings of their names.

    Raises:
      KerasfmtError: as `open_arrays` does.
    """
    from kerasfmt.formats.description import Description, rows_by_path

    return Description(
        path=path,
        format="npz",
        title="weights in an .npz archive",
        members={path.name: path.stat().st_size},
        rows=rows_by_path(open_arrays(path)),
    )


def _is_npz(source: Source) -> bool:
    """Whether a file is an archive that begins with an array, or is called .npz and holds nothing."""
    if not isinstance(source, Path) or not source.is_file():
        return False
    with source.open("rb") as stream:
        header = stream.read(LOCAL.size)
        if len(header) < LOCAL.size or not header.startswith(LOCAL_MAGIC):
            return header.startswith(END_MAGIC) and source.suffix.lower() == ".npz"
        return stream.read(LOCAL.unpack(header)[9]).endswith(_SUFFIX.encode())


FORMAT: Final = Format(
    name="npz",
    title="an .npz archive",
    suffixes=(".npz",),
    weights_suffixes=(".npz",),
    recognize=_is_npz,
    holds_weights=_is_npz,
    read_weights=read_weights,
    weights_without_layers=True,
    write_weights=write_weights,
    describe=describe,
)
