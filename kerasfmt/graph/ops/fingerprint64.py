"""FarmHash Fingerprint64, the hash behind TensorFlow's fingerprints.

    length 0 to 16      two words (or bytes), one mix
    length 17 to 32     four words, one mix
    length 33 to 64     eight words, two mixes
    length above 64     blocks of 64 bytes through a state of seven words, the last block being the last
                        64 bytes of the data, whatever its length

All words are little-endian, all arithmetic is modulo 2**64.

Source: farmhash.cc, namespace farmhashna (google/farmhash); tsl/platform/fingerprint.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias, overload

import numpy as np
import numpy.typing as npt

_MASK = 2**64 - 1
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F
_CAT = 0xC6A4A7935BD1E995
_SEED = 81
_BLOCK = 64
_BATCH = 1024 * _BLOCK
"""Bytes whose words are prepared together: enough to pay for NumPy's calls, few enough for the cache."""
_FEW = 16 * _BLOCK
"""From this many bytes on, NumPy is faster than Python."""
_FEW_TEXTS = 64
"""From this many texts on, NumPy is faster than Python."""
_MANY_TEXTS = 1 << 16
"""Texts that are hashed together: their words take 512 bytes each."""

_State = tuple[int, int, int, int, int, int, int]
"""x, y, z, v[0], v[1], w[0], w[1] of the source."""
_Words: TypeAlias = npt.NDArray[np.uint64]
_Places: TypeAlias = npt.NDArray[np.intp]
_Word: TypeAlias = Any
"""An integer, or an array of them."""
_Group: TypeAlias = Any
"""The words at one end of a text, or of each text of an array of texts."""


def fingerprint64(data: bytes) -> int:
    """The hash of `data`, in [0, 2**64).

    Source: farmhash.cc, farmhashna::Hash64.
    """
    size = len(data)
    if size > _BLOCK:
        return _finish(_blocks(data), struct.unpack("<8Q", data[-_BLOCK:]), size)
    if size > 32:
        return int(_hash_33_to_64(struct.unpack_from("<4Q", data), struct.unpack("<4Q", data[-32:]), size))
    if size > 16:
        return int(_hash_17_to_32(struct.unpack_from("<2Q", data), struct.unpack("<2Q", data[-16:]), size))
    if size >= 8:
        return int(_hash_8_to_16(struct.unpack_from("<Q", data), struct.unpack("<Q", data[-8:]), size))
    if size >= 4:
        return int(_hash_4_to_7(struct.unpack_from("<I", data), struct.unpack("<I", data[-4:]), size))
    return int(_hash_1_to_3(data[0], data[size >> 1], data[-1], size)) if size else _K2


def fingerprints64(texts: Sequence[bytes]) -> _Words:
    """The hash of each text, uint64 (n,): NumPy takes texts of similar length together.

    It is faster than `fingerprint64` for many texts.
    """
    if len(texts) < _FEW_TEXTS:
        return np.array([fingerprint64(text) for text in texts], np.uint64)
    parts = [texts[start : start + _MANY_TEXTS] for start in range(0, len(texts), _MANY_TEXTS)]
    return np.concatenate([_hash_many(part) for part in parts])


def _hash_many(texts: Sequence[bytes]) -> _Words:
    sizes = np.array([len(text) for text in texts])
    starts = np.cumsum(sizes) - sizes
    data = np.frombuffer(b"".join(texts), np.uint8)
    hashes = np.full(len(texts), _K2, np.uint64)

    tiny = np.flatnonzero((sizes > 0) & (sizes < 4))
    if tiny.size:
        start, size = starts[tiny], sizes[tiny]
        first, middle, last = (data[start + at].astype(np.uint64) for at in (0, size >> 1, size - 1))
        hashes[tiny] = _hash_1_to_3(first, middle, last, size.astype(np.uint64))
    for shortest, longest, word, count, function in _SHORT:
        found = np.flatnonzero((sizes >= shortest) & (sizes <= longest))
        if found.size:
            start, size = starts[found], sizes[found]
            places = np.arange(np.dtype(word).itemsize * count)
            head, tail = (
                data[first[:, None] + places].view(word).astype(np.uint64).T
                for first in (start, start + size - places.size)
            )
            hashes[found] = function(head, tail, size.astype(np.uint64))
    long = np.flatnonzero(sizes > _BLOCK)
    if long.size:
        long = long[np.argsort(-sizes[long], kind="stable")]
        hashes[long] = _hash_long(data, starts[long], sizes[long])
    return hashes


def fingerprint_cat64(first: int, second: int) -> int:
    """The hash of two hashes, in this order, in [0, 2**64).

    Source: tsl/platform/fingerprint.h, FingerprintCat64.
    """
    return int(_concatenate(first, second))


def fingerprints_cat64(first: _Words, second: _Words) -> _Words:
    """The hash of each pair of hashes; the arrays broadcast."""
    found: _Words = _concatenate(first, second)
    return found


def _blocks(data: bytes) -> _State:
    """The state after every block but the last.

    Rotation by r is `word * (2**64 + 1) >> r`. The next mask removes the bits above 64 that rotations and sums leave.
    NumPy computes the sums that depend on the data alone, for many blocks at once.
    """
    mask, twice, k1 = _MASK, _MASK + 2, _K1
    end = (len(data) - 1) // _BLOCK * _BLOCK
    x, y, z = _initial_state()
    x += int.from_bytes(data[:8], "little")
    v0 = v1 = w0 = w1 = 0
    for start in range(0, end, _BATCH):
        batch = data[start : min(start + _BATCH, end)]
        for d0, d1, d4, d5, d6, d03, d012, d0123, d247, d456, d4567 in _sums(batch):
            x = ((x + y + v0 + d1 & mask) * twice >> 37) * k1 & mask ^ w1
            y = ((y + v1 + d6 & mask) * twice >> 42) * k1 + v0 + d5 & mask
            z = ((z + w0 & mask) * twice >> 33) * k1 & mask
            a = v1 * k1 & mask
            v1 = ((x + w0 + a + d03 & mask) * twice >> 21) + ((a + d012 & mask) * twice >> 44) + a + d0 & mask
            v0 = a + d0123
            a = z + w1
            w1 = ((y + a + d247 & mask) * twice >> 21) + ((a + d456 & mask) * twice >> 44) + a + d4 & mask
            w0 = a + d4567
            x, z = z, x
    return x & mask, y, z, v0 & mask, v1, w0 & mask, w1


def _initial_state() -> tuple[int, int, int]:
    """x, y and z before the first block; the first word is still to be added to x."""
    y = _SEED * _K1 + 113 & _MASK
    return _SEED * _K2 & _MASK, y, _shift_mix(y * _K2 + 113 & _MASK) * _K2 & _MASK


def _sums(batch: bytes) -> Iterator[tuple[int, ...]]:
    """For each block, the words and sums of words, named by their indices, that `_blocks` adds up."""
    if len(batch) < _FEW:
        return (
            (a, b, e, f, g, a + d, a + b + c, a + b + c + d, c + e + h, e + f + g, e + f + g + h)
            for a, b, c, d, e, f, g, h in struct.iter_unpack("<8Q", batch)
        )
    words = np.frombuffer(batch, "<u8").astype(np.uint64, copy=False).reshape(-1, 8).T
    d0, d1, d2, d3, d4, d5, d6, d7 = words
    d03 = d0 + d3
    d012 = d0 + d1 + d2
    d456 = d4 + d5 + d6
    columns = (d0, d1, d4, d5, d6, d03, d012, d012 + d3, d2 + d4 + d7, d456, d456 + d7)
    return zip(*[column.tolist() for column in columns], strict=True)


def _hash_long(data: npt.NDArray[np.uint8], starts: _Places, sizes: _Places) -> _Words:
    """The hashes of texts of more than 64 bytes, the longest first.

    Args:
      data: all texts.
      starts: where each begins.
      sizes: the bytes of each.
    """
    counts = (sizes - 1) // _BLOCK
    places = np.arange(_BLOCK)

    def words(start: _Places) -> _Words:
        found: _Words = data[start[:, None] + places].view("<u8").astype(np.uint64, copy=False).T
        return found

    state = np.zeros((7, len(starts)), np.uint64)
    state[:3] = np.array(_initial_state(), np.uint64)[:, None]
    state[0] += words(starts)[0]
    for step in range(counts[0]):
        more = np.searchsorted(-counts, -step)
        d0, d1, d2, d3, d4, d5, d6, d7 = words(starts[:more] + step * _BLOCK)
        x, y, z, v0, v1, w0, w1 = state[:, :more]
        x = _rotate(x + y + v0 + d1, 37) * _K1 ^ w1
        y = _rotate(y + v1 + d6, 42) * _K1 + v0 + d5
        z = _rotate(z + w0, 33) * _K1
        v0, v1 = _weak_hash(d0, d1, d2, d3, v1 * _K1, x + w0)
        w0, w1 = _weak_hash(d4, d5, d6, d7, z + w1, y + d2)
        state[:, :more] = z, y, x, v0, v1, w0, w1
    hashes: _Words = _finish(tuple(state), words(starts + sizes - _BLOCK), sizes.astype(np.uint64))
    return hashes


@overload
def _finish(state: _State, last: Sequence[int], size: int) -> int: ...


@overload
def _finish(state: Sequence[_Words], last: _Words, size: _Words) -> _Words: ...


def _finish(state: Any, last: Any, size: Any) -> Any:
    """The hash, from the state before the last 64 bytes, and their words: of one text, or of an array of texts."""
    x, y, z, v0, v1, w0, w1 = state
    d0, d1, d2, d3, d4, d5, d6, d7 = last
    mul = _K1 + ((z & 0xFF) << 1)
    w0 = w0 + (size - 1 & 63)
    v0 = v0 + w0
    w0 = w0 + v0
    x = _rotate(x + y + v0 + d1, 37) * mul & _MASK ^ (w1 * 9 & _MASK)
    y = _rotate(y + v1 + d6, 42) * mul + v0 * 9 + d5 & _MASK
    z = _rotate(z + w0, 33) * mul & _MASK
    v0, v1 = _weak_hash(d0, d1, d2, d3, v1 * mul, x + w0)
    w0, w1 = _weak_hash(d4, d5, d6, d7, z + w1, y + d2)
    return _mix(_mix(v0, w0, mul) + _shift_mix(y) * _K0 + x, _mix(v1, w1, mul) + z, mul)


# The rest computes with one word, or with an array of words.


def _concatenate(first: _Word, second: _Word) -> _Word:
    mixed = first ^ _CAT ^ (_shift_mix(second * _CAT & _MASK) * _CAT & _MASK)
    return _shift_mix(_shift_mix(mixed * _CAT & _MASK) * _CAT & _MASK)


def _hash_33_to_64(head: _Group, tail: _Group, size: _Word) -> _Word:
    mul = size * 2 + _K2 & _MASK
    d0, d1, d2, d3 = head
    e0, e1, e2, e3 = tail
    a = d0 * _K2 & _MASK
    c = e3 * mul
    y = _rotate(a + d1, 43) + _rotate(c, 30) + e2 * _K2
    z = _mix(y, a + _rotate(d1 + _K2, 18) + c, mul)
    e = d2 * mul
    g = (y + e0) * mul
    h = (z + e1) * mul
    return _mix(_rotate(e + d3, 43) + _rotate(g, 30) + h, e + _rotate(d3 + a, 18) + g, mul)


def _hash_17_to_32(head: _Group, tail: _Group, size: _Word) -> _Word:
    mul = size * 2 + _K2 & _MASK
    d0, d1 = head
    e0, e1 = tail
    a = d0 * _K1 & _MASK
    c = e1 * mul
    return _mix(_rotate(a + d1, 43) + _rotate(c, 30) + e0 * _K2, a + _rotate(d1 + _K2, 18) + c, mul)


def _hash_8_to_16(head: _Group, tail: _Group, size: _Word) -> _Word:
    mul = size * 2 + _K2 & _MASK
    (d0,), (e0,) = head, tail
    a = d0 + _K2 & _MASK
    return _mix(_rotate(e0, 37) * mul + a, (_rotate(a, 25) + e0) * mul, mul)


def _hash_4_to_7(head: _Group, tail: _Group, size: _Word) -> _Word:
    (d0,), (e0,) = head, tail
    return _mix(size + (d0 << 3), e0, size * 2 + _K2 & _MASK)


def _hash_1_to_3(first: _Word, middle: _Word, last: _Word, size: _Word) -> _Word:
    y = first + (middle << 8)
    z = size + (last << 2)
    return _shift_mix((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK


_SHORT: Final[tuple[tuple[int, int, str, int, Callable[[_Group, _Group, _Word], _Word]], ...]] = (
    (4, 7, "<u4", 1, _hash_4_to_7),
    (8, 16, "<u8", 1, _hash_8_to_16),
    (17, 32, "<u8", 2, _hash_17_to_32),
    (33, 64, "<u8", 4, _hash_33_to_64),
)
"""Shortest and longest text, kind and number of the words at both ends, and their hash."""


def _weak_hash(d0: _Word, d1: _Word, d2: _Word, d3: _Word, a: _Word, b: _Word) -> tuple[_Word, _Word]:
    """Two words from 32 bytes and two words of state. Source: farmhash.cc, WeakHashLen32WithSeeds."""
    a = a + d0
    c = a + d1 + d2
    return c + d3 & _MASK, _rotate(a + b + d3, 21) + _rotate(c, 44) + a & _MASK


def _mix(u: _Word, v: _Word, mul: _Word) -> _Word:
    """One word from two. Source: farmhash.cc, HashLen16."""
    a = _shift_mix((u ^ v) * mul & _MASK)
    return _shift_mix((v ^ a) * mul & _MASK) * mul & _MASK


def _rotate(word: _Word, by: int) -> _Word:
    word = word & _MASK
    return word >> by | (word << 64 - by & _MASK)


def _shift_mix(word: _Word) -> _Word:
    return word ^ word >> 47
