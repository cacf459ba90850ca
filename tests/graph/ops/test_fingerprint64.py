"""The hash, of every length; fingerprint64.json holds what TensorFlow's Fingerprint op gives.

`python -m conformance.fingerprint64_golden`, in an environment with TensorFlow, writes it.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from kerasfmt.graph.ops.fingerprint64 import (
    fingerprint64,
    fingerprint_cat64,
    fingerprints64,
    fingerprints_cat64,
)

GOLDEN = Path(__file__).with_name("fingerprint64.json")
LENGTHS = (*range(201), 255, 256, 257, 1023, 1024, 1025, 65535, 65536, 65537, 65600, 65601, 131072, 131137)
"""Every short length, and those around a batch of blocks."""


def text(size: int) -> bytes:
    """`size` bytes that look random and are always the same."""
    return random.Random(1).randbytes(size)


def test_fingerprint64() -> None:
    hashes = json.loads(GOLDEN.read_text())["hashes"]
    assert {n: f"{fingerprint64(text(int(n))):016x}" for n in hashes} == hashes
    assert tuple(map(int, hashes)) == LENGTHS


def test_many_texts_at_once_have_the_same_hashes() -> None:
    hashes = json.loads(GOLDEN.read_text())["hashes"]
    texts = [text(int(n)) for n in hashes]
    assert [f"{number:016x}" for number in fingerprints64(texts).tolist()] == list(hashes.values())
    assert fingerprints64(texts[::-1]).tolist() == fingerprints64(texts)[::-1].tolist()
    assert fingerprints64([]).shape == (0,)


def test_texts_beyond_one_batch() -> None:
    texts = [str(number).encode() * (number % 9) for number in range(2**16 + 100)]
    found = fingerprints64(texts)
    for place in (0, 1, 2**16 - 1, 2**16, 2**16 + 99):
        assert int(found[place]) == fingerprint64(texts[place])


def test_fingerprint_cat64_is_ordered() -> None:
    assert 0 <= fingerprint_cat64(1, 2) < 2**64
    assert fingerprint_cat64(1, 2) != fingerprint_cat64(2, 1)


def test_arrays_of_hashes_are_joined_as_single_ones_are() -> None:
    first, second = fingerprints64([b"a", b"b"]), fingerprints64([b"c"])
    expected = [fingerprint_cat64(int(number), int(second[0])) for number in first]
    assert fingerprints_cat64(first, second).tolist() == expected
