from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from kerasfmt.containers.tensorbundle import coding
from kerasfmt.errors import CorruptFileError

# (value, hex); the last is the largest that fits.
VARINTS = [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), ((1 << 64) - 1, "ff" * 9 + "01")]
# Source: the examples in tensorflow/core/lib/strings/ordered_code.cc, and the ends of each length.
SIGNED = [
    (0, "80"),
    (63, "bf"),
    (64, "c040"),
    (-1, "7f"),
    (-64, "40"),
    (-65, "3fbf"),
    (0x424242, "f0424242"),
    (-0x800, "3800"),
    ((1 << 63) - 1, "ffc07fffffffffffffff"),
    (-(1 << 63), "003f8000000000000000"),
]


@pytest.mark.parametrize(("value", "encoded"), VARINTS)
def test_varint(value: int, encoded: str) -> None:
    data = bytes.fromhex(encoded)
    assert coding.encode_varint(value) == data
    assert coding.Window(data, "f", 0).varint(0) == (value, len(data))


@given(st.integers(0, (1 << 64) - 1), st.binary(max_size=3), st.binary(max_size=3))
def test_varint_round_trip(value: int, before: bytes, after: bytes) -> None:
    encoded = coding.encode_varint(value)
    window = coding.Window(before + encoded + after, "f", 0)
    assert window.varint(len(before)) == (value, len(before) + len(encoded))


@pytest.mark.parametrize("encoded", ["", "80", "8000", "ff" * 9, "ff" * 9 + "02", "80" * 10 + "01"])
def test_bad_varint_names_the_file_and_the_byte(encoded: str) -> None:
    with pytest.raises(CorruptFileError, match=r"v\.index: byte 100: expected a varint"):
        coding.Window(bytes.fromhex(encoded), "v.index", 100).varint(0)


def test_varint_does_not_read_past_its_end() -> None:
    with pytest.raises(CorruptFileError):
        coding.Window(b"\x80\x01", "f", 0).varint(0, end=1)


def test_short_fixed32() -> None:
    assert coding.Window(b"\1\2\0\0", "f", 0).fixed32(0) == 0x201
    with pytest.raises(CorruptFileError, match="byte 8: expected a 4-byte number, got 3 bytes"):
        coding.Window(b"\1\2\0\0", "f", 7).fixed32(1)


def test_crc32c_of_every_kind_of_buffer() -> None:
    # Source: RFC 3720, B.4: 32 bytes of zeros, and the bytes 0 to 31.
    assert coding.extend_crc32c(0, bytes(32)) == 0x8A9136AA
    data = bytes(range(32))
    for buffer in (data, memoryview(data), np.frombuffer(data, np.uint8)):
        assert coding.extend_crc32c(0, buffer) == 0x46DD794E
    assert coding.extend_crc32c(coding.extend_crc32c(0, data[:7]), data[7:]) == 0x46DD794E


def test_crc32c_without_the_native_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coding, "_CRC_IS_NATIVE", False)
    assert coding.extend_crc32c(0, np.arange(32, dtype=np.uint8)) == 0x46DD794E


@given(st.integers(0, (1 << 32) - 1))
def test_mask_round_trip(crc: int) -> None:
    assert coding.unmask_crc32c(coding.mask_crc32c(crc)) == crc


@pytest.mark.parametrize(("value", "encoded"), SIGNED)
def test_ordered_signed(value: int, encoded: str) -> None:
    assert coding.encode_ordered_signed(value).hex() == encoded


@given(*[st.integers(-(1 << 63), (1 << 63) - 1)] * 2)
def test_ordered_signed_keeps_order(left: int, right: int) -> None:
    assert (left < right) == (coding.encode_ordered_signed(left) < coding.encode_ordered_signed(right))


@given(*[st.binary(max_size=6)] * 2)
def test_ordered_string_keeps_order(left: bytes, right: bytes) -> None:
    assert (left < right) == (coding.encode_ordered_string(left) < coding.encode_ordered_string(right))


def test_ordered_string_escapes() -> None:
    assert coding.encode_ordered_string(b"a\0\x01\xff\0b") == b"a\0\xff\x01\xff\0\0\xffb\0\x01"


def test_ordered_number() -> None:
    assert [coding.encode_ordered_number(n).hex() for n in (0, 1, 300)] == ["00", "0101", "02012c"]
