"""What a file is by its first bytes, and what only looks like it."""

from __future__ import annotations

import gzip
import pickle
from typing import Any

import pytest

from kerasfmt.verification.magic import HEAD, is_pickle, recognize
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import unsafe


class _Call:
    def __reduce__(self) -> Any:
        return print, ("x",)


PE = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0"
CASES: list[tuple[bytes, str, Rule]] = [
    (b"\x7fELF\x02\x01", "", unsafe.PROGRAM),
    (PE, "", unsafe.PROGRAM),
    (b"\xcf\xfa\xed\xfe\x07", "", unsafe.PROGRAM),
    (b"\0asm\x01\0\0\0", "", unsafe.PROGRAM),
    (b"#!/bin/sh\n", "", unsafe.PROGRAM),
    (b"print(1)\n", "setup.py", unsafe.PROGRAM),
    (b"\xa7\r\r\n" + bytes(20), "a.pyc", unsafe.PROGRAM),
    (b"PK\x03\x04", "", unsafe.ARCHIVE_INSIDE),
    (gzip.compress(b"x", mtime=0), "", unsafe.ARCHIVE_INSIDE),
    (bytes(257) + b"ustar\x0000", "", unsafe.ARCHIVE_INSIDE),
    (b"BZh91AY&SY", "", unsafe.ARCHIVE_INSIDE),
    *((pickle.dumps(_Call(), protocol), "", unsafe.PICKLE) for protocol in range(6)),
    (b"\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.", "", unsafe.PICKLE),  # without a header
    *((pickle.dumps([1.5] * HEAD, protocol)[:HEAD], "", unsafe.PICKLE) for protocol in range(2, 6)),
]
HARMLESS = [
    b"",
    b"cat\ndog\nbird\n",
    b"c\nat\nthe end.\n",
    b"MZ is the beginning of a text",
    b"BZhou, a name",
    b"hi\r\nthere, this is a text of Windows\r\n",
    b"\x80\x02\0\0\0\0\0\0record",
    b"I like it.\nR.\n",
    bytes(300),
]


@pytest.mark.parametrize(("head", "name", "rule"), CASES)
def test_what_is_recognized(head: bytes, name: str, rule: Rule) -> None:
    found = recognize(head, name)
    assert found is not None
    assert found[0] is rule


@pytest.mark.parametrize("head", HARMLESS)
def test_what_is_harmless(head: bytes) -> None:
    assert recognize(head, "vocabulary.txt") is None


def test_random_bytes_are_no_pickle() -> None:
    assert not any(is_pickle(bytes([first, second])) for first in range(256) for second in range(256))
