"""Datasets as Keras writes them: numbers of a machine, one after the other, told from the messages of the header.

The HDF5 library makes five objects to say the same, and weights are many and small. Whatever is written in any other
way is left to the library.

    dataspace   version: 1 byte (1), rank: 1, flags: 1, reserved: 5, lengths: 8 each, then limits
                version: 1 byte (2), rank: 1, flags: 1, kind: 1 (0: one element, 1: an array), lengths: 8 each
    datatype    class, and version in the upper half: 1 byte, order, padding and sign: 3, bytes: 4, bits
    layout      version: 1 byte (3 or 4), class: 1 (1: one after the other), address: 8, bytes: 8

Source: HDF5 File Format Specification 3.0, IV.A.2.b, IV.A.2.d and IV.A.2.i
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from kerasfmt.containers.hdf5 import headers
from kerasfmt.typing import record

PARTS: Final = frozenset({headers.DATASPACE, headers.DATATYPE, headers.LAYOUT})
"""The messages that tell it."""
_CONTIGUOUS: Final = (b"\x03\x01", b"\x04\x01")
_INTEGER_END: Final = 12
_FLOAT_END: Final = 20


def _integer(size: int, signed: bool) -> bytes:
    return struct.pack("<BBHIHH", 0x10, 8 if signed else 0, 0, size, 0, 8 * size)


def _float(size: int, exponent: int, mantissa: int) -> bytes:
    bits = 8 * size
    places = struct.pack("<HHBBBBI", 0, bits, mantissa, exponent, 0, mantissa, (1 << (exponent - 1)) - 1)
    return struct.pack("<BBBBI", 0x11, 0x20, bits - 1, 0, size) + places


_DTYPES: Final[dict[bytes, np.dtype[Any]]] = (
    {}
    if sys.byteorder != "little"
    else {
        **{_integer(size, True): np.dtype(f"i{size}") for size in (1, 2, 4, 8)},
        **{_integer(size, False): np.dtype(f"u{size}") for size in (1, 2, 4, 8)},
        _float(2, 5, 10): np.dtype("f2"),
        _float(4, 8, 23): np.dtype("f4"),
        _float(8, 11, 52): np.dtype("f8"),
    }
)
"""What the library writes for the numbers of a little-endian machine."""


@record(frozen=True, eq=False)
class PlainElements:
    """Where the elements of a dataset are.

    Attributes:
      shape: its shape.
      dtype: its dtype, in the file as in memory.
      offset: the byte of the file at which they begin.
      nbytes: their bytes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    nbytes: int


def plain_elements(parts: Mapping[int, bytes], base: int, size: int) -> PlainElements | None:
    """The elements that the messages of a header tell; None where the HDF5 library has to.

    Args:
      parts: type of each message -> its body; what tells of other places or filters is not among `PARTS`.
      base: the byte of the file from which addresses count.
      size: bytes of the file, in which the elements must lie.
    """
    if parts.keys() != PARTS:
        return None
    kind, layout = parts[headers.DATATYPE], parts[headers.LAYOUT]
    dtype = _DTYPES.get(kind[:_FLOAT_END] if kind[:1] == b"\x11" else kind[:_INTEGER_END])
    shape = _shape(parts[headers.DATASPACE])
    if dtype is None or shape is None or layout[:2] not in _CONTIGUOUS or len(layout) < 18:
        return None
    address, nbytes = struct.unpack_from("<QQ", layout, 2)
    offset = base + address
    if nbytes == 0 or nbytes != math.prod(shape) * dtype.itemsize or offset + nbytes > size:
        return None
    return PlainElements(shape, dtype, offset, nbytes)


def _shape(body: bytes) -> tuple[int, ...] | None:
    version, rank = body[:2] if len(body) >= 4 else (0, 0)
    if version == 1:
        at = 8
    elif version == 2 and body[3] in (0, 1):
        at = 4
    else:
        return None
    return struct.unpack_from(f"<{rank}Q", body, at) if len(body) >= at + 8 * rank else None
