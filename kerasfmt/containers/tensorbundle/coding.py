"""The smallest encodings in tables and bundles, and their checksum.

    varint       little-endian groups of 7 bits, low group first; bit 7 is set on every byte but the last
    fixed32      4 bytes, little-endian
    masked crc   fixed32: ((crc >> 15) | (crc << 17)) + 0xa282ead8, modulo 2**32
    ordered      encodings whose byte order is the order of the values:
      number     length: 1 byte, then `length` bytes, big-endian, no leading zero
      string     the bytes, 00 written as 00 ff, ff written as ff 00; then 00 01
      signed     a unary count of the bytes that follow, then the value, both sharing the first byte or two

Source: tensorflow/core/lib/core/coding.cc, tensorflow/core/lib/hash/crc32c.h,
tensorflow/core/lib/strings/ordered_code.cc
"""

from __future__ import annotations

from typing import Final

import google_crc32c
import numpy as np
import numpy.typing as npt

from kerasfmt.errors import CorruptFileError
from kerasfmt.typing import record

_MASK_DELTA: Final = 0xA282EAD8
_MAX_VARINT_BYTES: Final = 10
_ORDERED_ESCAPES: Final = {0x00: b"\x00\xff", 0xFF: b"\xff\x00"}
_CRC_IS_NATIVE: Final = google_crc32c.implementation != "python"

Bytes = bytes | memoryview | npt.NDArray[np.uint8]


def extend_crc32c(crc: int, data: Bytes) -> int:
    """The crc32c of what `crc` covers followed by `data`.

    Nothing is copied: google_crc32c's native code takes a NumPy array, which it does not of a memoryview.
    """
    if isinstance(data, memoryview):
        data = np.frombuffer(data, np.uint8)
    if not _CRC_IS_NATIVE and not isinstance(data, bytes):
        data = data.tobytes()
    return int(google_crc32c.extend(crc, data))


def mask_crc32c(crc: int) -> int:
    """`crc` as it is stored, so that a checksum of data that holds checksums stays sound."""
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def unmask_crc32c(masked: int) -> int:
    """The inverse of `mask_crc32c`."""
    rotated = (masked - _MASK_DELTA) & 0xFFFFFFFF
    return ((rotated >> 17) | (rotated << 15)) & 0xFFFFFFFF


def encode_varint(value: int) -> bytes:
    """`value`, 0 <= value < 2**64, in 1 to 10 bytes."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode_varints(values: list[int]) -> bytes:
    """The varints of `values`, one after the other."""
    if max(values, default=0) < 0x80:
        return bytes(values)
    return b"".join(map(encode_varint, values))


@record(frozen=True, eq=False)
class Window:
    """A run of bytes of a file that is being decoded.

    Attributes:
      data: the bytes.
      file: what errors call the file.
      start: offset of `data` in the file, in bytes.
    """

    data: bytes | memoryview
    file: str
    start: int

    def damaged(self, at: int, problem: str) -> CorruptFileError:
        """An error about the bytes from offset `at` of this window on."""
        return CorruptFileError(f"{self.file}: byte {self.start + at}: {problem}; the file is damaged")

    def varint(self, at: int, end: int | None = None) -> tuple[int, int]:
        """The varint at offset `at`, and the offset after it.

        Raises:
          CorruptFileError: it does not end before `end`, does not fit 64 bits, or is needlessly long.
        """
        data, limit = self.data, len(self.data) if end is None else end
        value = shift = 0
        for position in range(at, min(limit, at + _MAX_VARINT_BYTES)):
            byte = data[position]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 64 or (shift and not byte):
                    break
                return value, position + 1
            shift += 7
        raise self.damaged(at, "expected a varint of at most 64 bits, in its shortest form")

    def fixed32(self, at: int) -> int:
        """The 4-byte number at offset `at`.

        Raises:
          CorruptFileError: fewer than 4 bytes are left.
        """
        if at + 4 > len(self.data):
            raise self.damaged(at, f"expected a 4-byte number, got {max(0, len(self.data) - at)} bytes")
        return int.from_bytes(self.data[at : at + 4], "little")


def encode_ordered_number(value: int) -> bytes:
    """The ordered encoding of an unsigned number."""
    length = (value.bit_length() + 7) // 8
    return bytes((length,)) + value.to_bytes(length, "big")


def encode_ordered_string(value: bytes) -> bytes:
    """The ordered encoding of a string, its separator included."""
    return b"".join(_ORDERED_ESCAPES.get(byte) or bytes((byte,)) for byte in value) + b"\0\1"


def encode_ordered_signed(value: int) -> bytes:
    """The ordered encoding of a signed 64-bit number, 1 to 10 bytes.

    n bytes hold the numbers of [-2**(7n-1), 2**(7n-1)): n header bits (n ones for a number >= 0, all flipped
    for a negative one), then the delimiter and the value, 7n bits in two's complement.
    """
    magnitude = ~value if value < 0 else value
    length = magnitude.bit_length() // 7 + 1
    header = ((1 << length) - 1) << (7 * length)
    bits = (value & ((1 << (7 * length)) - 1)) | header
    if value < 0:
        bits ^= header
    return bits.to_bytes(length, "big")
