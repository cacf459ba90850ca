"""safetensors: only the weights of a model, by their names.

    size        bytes of the header: 8 bytes, little-endian
    header      JSON: {"dense/kernel": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}, ...}, spaces until
                what follows begins at a multiple of 8 bytes; "__metadata__" maps texts to texts
    elements    of each array in C order, little-endian, without gaps; offsets count from the end of the header

Larger elements come first, then names decide, as in files that the package safetensors writes. A file has no order of
its own, so arrays and weights are paired by name. Reading casts, as Keras's `load_weights` does.

Source: safetensors/src/tensor.rs, serialize and Metadata::validate
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.errors import CorruptFileError, InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.format import Format, Source

if TYPE_CHECKING:
    from kerasfmt.containers.file_array import FileArray
    from kerasfmt.dtypes import DType
    from kerasfmt.formats.description import Description
    from kerasfmt.formats.matching import Weighted

_SIZE: Final = 8
"""Bytes of the size of the header."""
_ALIGNMENT: Final = 8
_MAX_HEADER: Final = 100_000_000
"""The largest header that the package safetensors reads, in bytes."""
_METADATA: Final = "__metadata__"
_DTYPES: Final = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "C64": "complex64",
}  # fmt: skip
_NAMES: Final = {dtype: name for name, dtype in _DTYPES.items()}


# Writing.


def write_weights(model: Weighted, target: Path) -> None:
    """Writes the weights of a model.

    Args:
      model: the model.
      target: a path at which there is no file yet.

    Raises:
      UnsupportedFormatError: safetensors has no such dtype.
      InvalidModelError: a weight has a name that the format keeps for itself.
    """
    import json

    from kerasfmt.containers.slabs import open_source
    from kerasfmt.formats.matching import keyed_weights

    weights = keyed_weights(model)
    order = sorted(weights, key=lambda key: (-weights[key].dtype.itemsize, key))
    header, offset = {}, 0
    for key in order:
        weight = weights[key]
        end = offset + math.prod(weight.shape) * weight.dtype.itemsize
        dtype = _stored_dtype(key, weight.dtype)
        header[key] = {"dtype": dtype, "shape": list(weight.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")
    text += b" " * (-(_SIZE + len(text)) % _ALIGNMENT)
    with target.open("xb") as stream:
        stream.write(len(text).to_bytes(_SIZE, "little"))
        stream.write(text)
        for key in order:
            for slab in open_source(weights[key].value).slabs():
                little = slab.astype(slab.dtype.newbyteorder("<"), copy=False)
                stream.write(little.reshape(-1).view("u1").data)


def _stored_dtype(key: str, dtype: DType) -> str:
    if key == _METADATA:
        raise InvalidModelError(f"weight {key}: safetensors keeps that name for itself; give it another one")
    if dtype.name not in _NAMES:
        raise UnsupportedFormatError(
            f"weight {key}: safetensors has no {dtype.name}; cast the weight, or save the weights as .npz"
        )
    return _NAMES[dtype.name]


# Reading.


def open_arrays(path: Path) -> dict[str, FileArray]:
    """The arrays of a file by name, in the order of their bytes.

    Raises:
      MissingFileError: there is no such file.
      CorruptFileError: it is damaged or truncated, or something lies beside its arrays.
      UnsafeFileError: its header takes more memory than it may.
      UnsupportedFormatError: it holds an array of a dtype that kerasfmt does not know.
    """
    from kerasfmt import limits
    from kerasfmt.containers.checked_json import decode, parse_object
    from kerasfmt.containers.zip.window import File, Window
    from kerasfmt.errors import MissingFileError

    try:
        stream = File(path, "rb")
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: expected a safetensors file, got nothing") from error
    total = stream.seek(0, 2)
    stream.seek(0)
    limits.allowance_for(total)
    size = int.from_bytes(stream.read(_SIZE), "little")
    if total < _SIZE or size > min(_MAX_HEADER, total - _SIZE):
        raise CorruptFileError(
            f"{path}: expected a header within its {total:,} bytes, got one of {size:,}; the file is damaged"
        )
    header = parse_object(decode(stream.read(size), str(path)), str(path))
    _check_metadata(header.pop(_METADATA, {}), path)
    begin = _SIZE + size
    window = Window(stream, 0, total)
    found: dict[str, FileArray] = {}
    at = 0
    for key, (dtype, shape, first, last) in sorted(
        ((key, _entry(path, key, entry)) for key, entry in header.items()), key=lambda item: item[1][2:]
    ):
        if first != at or last - first != math.prod(shape) * dtype.itemsize:
            raise CorruptFileError(
                f"{path}: {key}: expected {math.prod(shape) * dtype.itemsize} bytes from {at} on, got those from "
                f"{first} to {last}; the file is damaged"
            )
        found[key] = _array(window, f"{path}: {key}", begin + first, shape, dtype)
        at = last
    if begin + at != total:
        raise CorruptFileError(
            f"{path}: its arrays end at byte {begin + at:,} of {total:,}; the file is damaged"
        )
    return found


def _check_metadata(metadata: Any, path: Path) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise CorruptFileError(f"{path}: {_METADATA}: expected texts, got {metadata!r:.80}")


def _entry(path: Path, key: str, entry: Any) -> tuple[DType, tuple[int, ...], int, int]:
    """Dtype, shape, and first and last byte of an array."""
    from kerasfmt import dtypes

    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise CorruptFileError(f"{path}: {key}: expected dtype, shape and data_offsets, got {entry!r:.80}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    numbers = [shape, offsets]
    if not all(isinstance(each, list) and all(type(n) is int and n >= 0 for n in each) for each in numbers):
        raise CorruptFileError(f"{path}: {key}: expected sizes and offsets, got {numbers!r:.80}")
    if len(offsets) != 2:
        raise CorruptFileError(f"{path}: {key}: expected two offsets, got {offsets!r:.80}")
    if entry["dtype"] not in _DTYPES:
        raise UnsupportedFormatError(
            f"{path}: {key}: expected one of {', '.join(_DTYPES)}, got {entry['dtype']!r:.80}"
        )
    return dtypes.of(_DTYPES[entry["dtype"]]), tuple(shape), offsets[0], offsets[1]


def _array(window: Any, where: str, offset: int, shape: tuple[int, ...], dtype: DType) -> FileArray:
    import numpy as np

    from kerasfmt.containers.file_array import FileArray

    native = dtype.numpy
    stored = native.newbyteorder("<") if native.isbuiltin == 1 else np.dtype(f"V{native.itemsize}")
    return FileArray(window, where, offset, shape, stored, native)


def read_weights(model: Weighted, path: Path, by_name: bool = False, skip_mismatch: bool = False) -> None:
    """Gives a model the weights in a file, all of them or, if anything fails, none.

    Args:
      model: the model.
      path: the file.
      by_name: whether weights whose names are not there stay as they are, and other arrays are left out.
      skip_mismatch: whether to leave out, with a warning, arrays that do not fit.

    Raises:
      KerasfmtError: as `open_arrays` does.
      InvalidModelError: the arrays do not fit the model.
      ValueError: `skip_mismatch` without `by_name`.
    """
    from kerasfmt.formats import matching

    mismatch = matching.mismatch_by_key(by_name, skip_mismatch)
    stored, keys = open_arrays(path), matching.keyed_weights(model)
    where = f"{path}: model {model.name}"
    if not by_name and stored.keys() != keys.keys():
        missing, other = sorted(keys.keys() - stored.keys()), sorted(stored.keys() - keys.keys())
        raise InvalidModelError(
            f"{where}: expected arrays with the names of its weights, got none for {_listed(missing)}, and "
            f"{_listed(other)} beside them; by_name=True takes those that are there"
        )
    matching.assign_by_key(keys, stored, where, mismatch)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:5])}{', ...' if len(names) > 5 else ''}" or "none"


def describe(path: Path) -> Description:
    """The arrays of a file, grouped by the beginnings of their names.

    Raises:
      KerasfmtError: as `open_arrays` does.
    """
    from kerasfmt.formats.description import Description, rows_by_path

    return Description(
        path=path,
        format="safetensors",
        title="weights in safetensors",
        members={path.name: path.stat().st_size},
        rows=rows_by_path(open_arrays(path)),
    )


def _is_safetensors(source: Source) -> bool:
    """Whether a file begins with the size of a header, and the header with a name or nothing."""
    if not isinstance(source, Path) or not source.is_file():
        return False
    total = source.stat().st_size
    with source.open("rb") as stream:
        size = int.from_bytes(stream.read(_SIZE), "little")
        start = stream.read(2)
    largest = _MAX_HEADER if source.suffix.lower() == ".safetensors" else min(total, _MAX_HEADER)
    return 2 <= size <= largest and start in (b'{"', b"{}", b"{ ")


FORMAT: Final = Format(
    name="safetensors",
    title="safetensors",
    suffixes=(".safetensors",),
    weights_suffixes=(".safetensors",),
    recognize=_is_safetensors,
    holds_weights=_is_safetensors,
    read_weights=read_weights,
    weights_without_layers=True,
    write_weights=write_weights,
    describe=describe,
)
