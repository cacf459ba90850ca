from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from kerasfmt.containers.tensorbundle import table
from kerasfmt.containers.tensorbundle.coding import encode_varint, extend_crc32c, mask_crc32c
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError
from tests.containers.tensorbundle.packing import compressed


def encode(items: dict[bytes, bytes]) -> bytes:
    return b"".join(table.encode_table(sorted(items.items())))


def decode(data: bytes) -> dict[bytes, bytes]:
    return dict(table.decode_table(memoryview(data), "t"))


def seal(block: bytes, compression: int = 0) -> bytes:
    """A block and its trailer."""
    block += bytes((compression,))
    return block + mask_crc32c(extend_crc32c(0, block)).to_bytes(4, "little")


def make_block(*entries: tuple[int, bytes, bytes], restarts: tuple[int, ...] = (0,)) -> bytes:
    """A block of (shared, key tail, value) entries."""
    body = b"".join(
        encode_varint(shared) + encode_varint(len(tail)) + encode_varint(len(value)) + tail + value
        for shared, tail, value in entries
    )
    return body + b"".join(number.to_bytes(4, "little") for number in (*restarts, len(restarts)))


def make_table(
    block: bytes, compression: int = 0, limit: bytes = b"\xff", meta: bytes | None = None, handle: bytes = b""
) -> bytes:
    """A table of one data block, whatever it holds."""
    data = seal(block, compression)
    metaindex = make_block() if meta is None else meta
    at = len(data) + len(metaindex) + table.TRAILER_SIZE
    index = make_block((0, limit, handle or encode_varint(0) + encode_varint(len(block))))
    handles = (len(data), len(metaindex), at, len(index))
    footer = b"".join(map(encode_varint, handles)).ljust(40, b"\0") + table.MAGIC
    return data + seal(metaindex) + seal(index) + footer


KEYS = st.one_of(st.binary(max_size=12), st.text("ab/\xff", max_size=20).map(str.encode))


@given(st.dictionaries(KEYS, st.binary(max_size=40), max_size=60))
def test_round_trip(items: dict[bytes, bytes]) -> None:
    assert decode(encode(items)) == items


def test_several_blocks() -> None:
    items = {f"layer_{n:05d}/kernel".encode(): bytes(500) for n in range(3000)}
    items[b"huge"] = bytes(2 * table.BLOCK_SIZE)
    items[b"\xff\xff"] = b"last"
    data = encode(items)
    assert decode(data) == items
    assert len(data) < sum(len(key) + len(value) for key, value in items.items())


@pytest.mark.parametrize(
    ("key", "limit", "separator"),
    [
        (b"the quick brown fox", b"the who", b"the r"),
        (b"abc", b"abcd", b"abc"),
        (b"abc", b"abd", b"abc"),
        (b"a\xff", b"c", b"b"),
        (b"a", b"b", b"a"),
    ],
)
def test_separator(key: bytes, limit: bytes, separator: bytes) -> None:
    assert table._shortest_separator(key, limit) == separator


@pytest.mark.parametrize(
    ("key", "successor"), [(b"abc", b"b"), (b"\xff\xffa", b"\xff\xffb"), (b"\xff", b"\xff"), (b"", b"")]
)
def test_successor(key: bytes, successor: bytes) -> None:
    assert table._short_successor(key) == successor


def test_hand_made_table_is_read() -> None:
    assert decode(make_table(make_block((0, b"ab", b"1"), (1, b"c", b"2")))) == {b"ab": b"1", b"ac": b"2"}


FAULTS = {
    "shares more than the key has": (make_block((0, b"ab", b""), (3, b"c", b"")), "shares 3 bytes"),
    "first entry shares": (make_block((1, b"ab", b"")), "shares 1 bytes"),
    "restart inside the key": (
        make_block((0, b"ab", b""), (1, b"c", b""), restarts=(0, 5)),
        "shares 1 bytes",
    ),
    "keys descend": (make_block((0, b"b", b""), (0, b"a", b"")), "expected a key above b'b'"),
    "key twice": (make_block((0, b"b", b""), (1, b"", b"")), "expected a key above b'b'"),
    "value past the block": (b"\0\1\x7fa" + make_block(), "does not fit"),
    "cut varint": (b"\x80" + make_block(), "expected a varint"),
    "no restarts": (bytes(4), "restarts, got 0"),
    "no restart count": (b"\0\0", "4-byte number"),
    "too many restarts": (b"\xff" * 4, "restarts, got 4294967295"),
    "restarts descend": (make_block((0, b"ab", b""), restarts=(0, 4, 3)), "restarts must ascend"),
    "restart past the entries": (make_block((0, b"ab", b""), restarts=(0, 99)), "restarts must ascend"),
    "restart not at 0": (make_block((0, b"ab", b""), restarts=(1,)), "restarts must ascend"),
}


@pytest.mark.parametrize(("block", "problem"), FAULTS.values(), ids=FAULTS.keys())
def test_faulty_block_with_a_good_checksum(block: bytes, problem: str) -> None:
    with pytest.raises(CorruptFileError, match=problem):
        decode(make_table(block))


def test_key_bomb_is_refused() -> None:
    tails = [n.to_bytes(3, "big") for n in range(2000)]
    entries = [(0, bytes(20_000), b""), *((20_000, tail, b"") for tail in tails)]
    with pytest.raises(CorruptFileError, match="whole key at least every 16 entries"):
        decode(make_table(make_block(*entries)))


def test_key_beyond_the_index_key() -> None:
    with pytest.raises(CorruptFileError, match="expected keys up to b'a', got b'ab'"):
        decode(make_table(make_block((0, b"ab", b"")), limit=b"a"))


@pytest.mark.parametrize(
    ("handle", "problem"),
    [
        (b"\0\x0c\0", "1 bytes too many"),
        (b"\0", "expected a varint"),
        (b"\x01\x0b", "data block at byte 1: expected it at byte 0"),
        (b"\0" + encode_varint(1 << 63), "expected a block of 9223372036854775808 bytes"),
    ],
)
def test_bad_block_handle(handle: bytes, problem: str) -> None:
    with pytest.raises(CorruptFileError, match=problem):
        decode(make_table(make_block((0, b"a", b"")), handle=handle))


def test_bytes_outside_every_block() -> None:
    data = make_table(make_block((0, b"a", b"")), handle=b"")
    metaindex = 12 + table.TRAILER_SIZE
    index = make_block()
    handles = (metaindex, 8, metaindex + 13, len(index))
    footer = b"".join(map(encode_varint, handles)).ljust(40, b"\0") + table.MAGIC
    with pytest.raises(CorruptFileError, match="metaindex block at byte 17: expected it at byte 0"):
        decode(data[: metaindex + 13] + seal(index) + footer)


def test_unknown_compression() -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"expected compression 0 \(none\) or 1 \(snappy\), got 2"
    ):
        decode(make_table(make_block(), 2))


@given(st.dictionaries(KEYS, st.binary(max_size=40), min_size=1, max_size=60))
def test_compressed_blocks(items: dict[bytes, bytes]) -> None:
    assert decode(compressed(sorted(items.items()))) == items


def test_every_truncation_of_a_compressed_table_is_refused() -> None:
    data = compressed([(b"kernel%d" % number, bytes(30)) for number in range(20)])
    for size in range(len(data)):
        with pytest.raises(CorruptFileError):
            decode(data[:size])


def test_meta_block() -> None:
    with pytest.raises(UnsupportedFormatError, match="no meta blocks"):
        decode(make_table(make_block(), meta=make_block((0, b"filter", b""))))


def test_every_truncation_and_bit_flip_is_found() -> None:
    good = encode({b"": b"header", b"w/kernel": b"12345", b"w/bias": b"6"})
    for size in range(len(good)):
        with pytest.raises(CorruptFileError, match="t: "):
            decode(good[:size])
    for at in range(8 * len(good)):
        bad = bytearray(good)
        bad[at // 8] ^= 1 << at % 8
        with pytest.raises((CorruptFileError, UnsupportedFormatError), match="t: "):
            decode(bytes(bad))
    with pytest.raises(CorruptFileError):
        decode(good + b"\0")


@given(st.binary(max_size=200))
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(CorruptFileError):
        decode(junk)
    with pytest.raises((CorruptFileError, UnsupportedFormatError)):
        decode(junk + table.MAGIC)
