"""Snappy: what compressors make is unpacked, and anything else is refused at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from kerasfmt.containers.tensorbundle.coding import Window, encode_varint
from kerasfmt.containers.tensorbundle.snappy import MAX_EXPANSION, decompress
from kerasfmt.errors import CorruptFileError
from kerasfmt.limits import limited
from tests.containers.tensorbundle.packing import pack
from tests.growth import assert_linear


def unpack(data: bytes) -> bytes:
    return bytes(decompress(Window(data, "t", 100)).data)


TEXTS = st.one_of(
    st.binary(max_size=300),
    st.text("ab", max_size=600).map(str.encode),
    st.lists(st.sampled_from([b"kernel/", b"bias/", b"\0" * 70, b"x"]), max_size=60).map(b"".join),
)


@given(TEXTS)
def test_round_trip(data: bytes) -> None:
    assert unpack(pack(data)) == data


@pytest.mark.parametrize("size", [0, 1, 59, 60, 61, 256, 257, 65536, 65537, 1 << 24])
def test_literals_of_every_form(size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    length = size - 1
    if not size:
        literal = b""
    elif length < 60:
        literal = bytes((length << 2,)) + data[:size]
    else:
        count = (length.bit_length() + 7) // 8
        literal = bytes(((59 + count) << 2,)) + length.to_bytes(count, "little") + data[:size]
    assert unpack(encode_varint(size) + literal) == data[:size]


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        (b"\x01\x01", b"abcddddd"),  # 4 bytes from 1 back
        (b"\x11\x02", b"abcd" + b"cd" * 4),  # 8 bytes from 2 back
        (b"\x0e\x04\x00", b"abcdabcd"),  # 4 bytes from 4 back, the offset in 2 bytes
        (b"\x0f\x03\x00\x00\x00", b"abcdbcdb"),  # 4 bytes from 3 back, the offset in 4 bytes
        (b"\xfe\x04\x00", b"abcd" * 17),  # 64 bytes, repeating what the copy makes
    ],
)
def test_copies_of_every_form(element: bytes, expected: bytes) -> None:
    assert unpack(encode_varint(len(expected)) + b"\x0cabcd" + element) == expected


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "expected a varint"),
        (b"\x04\x0cabc", "a literal of 4 bytes has 3 bytes"),
        (b"\x04\xf0", "expected a number of 1 bytes"),
        (b"\x05\x0cabcd\x01", "expected a number of 1 bytes"),
        (b"\x08\x0cabcd\x01\x05", "a copy from 5 bytes back in 4 bytes"),
        (b"\x08\x0cabcd\x01\x00", "a copy from 0 bytes back in 4 bytes"),
        (b"\x04\x01\x01", "a copy from 1 bytes back in 0 bytes"),
        (b"\x05\x0cabcd", "expected 5 bytes out of snappy, got 4"),
        (b"\x03\x0cabcd", "expected 3 bytes out of snappy, got more"),
        (encode_varint(1 << 40) + b"\x0cabcd", "cannot hold 1099511627776 bytes"),
    ],
)
def test_damage(data: bytes, problem: str) -> None:
    with pytest.raises(CorruptFileError, match=problem):
        unpack(data)


def test_nothing_is_refused_that_compressors_make() -> None:
    data = bytes(1 << 20)
    packed = pack(data)
    assert len(data) / len(packed) < MAX_EXPANSION
    assert unpack(packed) == data


def test_the_time_is_linear() -> None:
    def make(count: int) -> Callable[[], bytes]:
        data = encode_varint(64 * count + 1) + b"\0x" + b"\xfe\x01\0" * count
        return lambda: unpack(data)

    assert_linear(make, 1000)


def test_the_output_counts_as_memory() -> None:
    with limited() as allowance:
        before = allowance.left
        unpack(pack(bytes(5000)))
        assert before - allowance.left == 5000
