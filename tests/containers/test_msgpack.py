"""MessagePack values, byte by byte; every cut and every hostile size."""

from __future__ import annotations

import io
from typing import Any

import pytest

from kerasfmt.containers.msgpack import Bytes, Reader
from kerasfmt.containers.zip.window import Window
from kerasfmt.errors import CorruptFileError, UnsafeFileError


def read(data: bytes) -> Any:
    reader = Reader(Window(io.BytesIO(data), 0, len(data)), "m", 0, len(data))
    found = reader.value()
    assert reader.at == len(data)
    return found


VALUES: list[tuple[str, Any]] = [
    ("05", 5),
    ("e0", -32),
    ("ff", -1),
    ("c0", None),
    ("c2", False),
    ("c3", True),
    ("cc ff", 255),
    ("cd 01 00", 256),
    ("ce 00 01 00 00", 65536),
    ("cf 00 00 00 01 00 00 00 00", 1 << 32),
    ("d0 80", -128),
    ("d1 ff 00", -256),
    ("d2 ff ff 00 00", -65536),
    ("d3 ff ff ff ff 00 00 00 00", -(1 << 32)),
    ("ca 3f 80 00 00", 1.0),
    ("cb 3f f0 00 00 00 00 00 00", 1.0),
    ("a1 61", "a"),
    ("d9 01 61", "a"),
    ("da 00 01 61", "a"),
    ("db 00 00 00 01 61", "a"),
    ("92 01 02", [1, 2]),
    ("dc 00 01 01", [1]),
    ("dd 00 00 00 01 01", [1]),
    ("81 a1 61 01", {"a": 1}),
    ("de 00 01 a1 61 90", {"a": []}),
    ("df 00 00 00 00", {}),
    ("c4 02 01 02", Bytes(2, 2)),
    ("c5 00 02 01 02", Bytes(3, 2)),
    ("c6 00 00 00 02 01 02", Bytes(5, 2)),
    ("c7 02 01 aa bb", Bytes(3, 2, 1)),
    ("c8 00 02 01 aa bb", Bytes(4, 2, 1)),
    ("c9 00 00 00 02 03 aa bb", Bytes(6, 2, 3)),
    ("d4 01 aa", Bytes(2, 1, 1)),
    ("d8 01" + " 00" * 16, Bytes(2, 16, 1)),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: Any) -> None:
    data = bytes.fromhex(text)
    assert read(data) == value
    for size in range(len(data)):
        with pytest.raises(CorruptFileError, match="m: "):
            read(data[:size])


REFUSED: list[tuple[bytes, type[Exception], str]] = [
    (b"\xc1", CorruptFileError, "0xc1 begins no value"),
    (b"\xdd\xff\xff\xff\xff", CorruptFileError, "expected 4,294,967,295 more items"),
    (b"\xc6\xff\xff\xff\xff", CorruptFileError, "more items"),
    (b"\x82\xa1a\x01\xa1a\x02", CorruptFileError, "'a' twice"),
    (b"\x81\xc0\x01", CorruptFileError, "expected names in a map, got None"),
    (b"\x91" * 100 + b"\x01", UnsafeFileError, "more than 64 deep"),
    (b"\xdb\x00\x20\x00\x00" + bytes(1 << 21), UnsafeFileError, "a text of 2,097,152 bytes"),
]


@pytest.mark.parametrize(("data", "kind", "said"), REFUSED)
def test_refusals(data: bytes, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        read(data)
