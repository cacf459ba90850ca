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
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, overload

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

_State = tuple[int, int, int, int, int, int, int]
"""x, y, z, v[0], v[1], w[0], w[1] of the source."""
_Words: TypeAlias = npt.NDArray[np.uint64]
_Word: TypeAlias = Any
"""An integer, or an array of them."""


def fingerprint64(data: bytes) -> int:
    """The hash of `data`, in [0, 2**64).

    Source: farmhash.cc, farmhashna::Hash64.
    """
    size = len(data)
    if size > 64:
        return _finish(_blocks(data), struct.unpack("<8Q", data[-_BLOCK:]), size)
    if size > 32:
        return _hash_33_to_64(data)
    if size > 16:
        return _hash_17_to_32(data)
    return _hash_0_to_16(data)


def fingerprints64(texts: Sequence[bytes]) -> list[int]:
    """The hash of each text: NumPy takes a block of every long text at a time.

    It is faster than `fingerprint64` for many texts of similar length.
    """
    hashes = [0 if len(text) > _BLOCK else fingerprint64(text) for text in texts]
    places = [place for place, text in enumerate(texts) if len(text) > _BLOCK]
    places.sort(key=lambda place: -len(texts[place]))
    if places:
        found = _hash_long([texts[place] for place in places])
        for place, number in zip(places, found.tolist(), strict=True):
            hashes[place] = number
    return hashes


def fingerprint_cat64(first: int, second: int) -> int:
    """The hash of two hashes, in this order, in [0, 2**64).

    Source: tsl/platform/fingerprint.h, FingerprintCat64.
    """
    mixed = first ^ _CAT ^ (_shift_mix(second * _CAT & _MASK) * _CAT & _MASK)
    return int(_shift_mix(_shift_mix(mixed * _CAT & _MASK) * _CAT & _MASK))


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


def _hash_long(texts: Sequence[bytes]) -> _Words:
    """The hashes of texts of more than 64 bytes, the longest first."""
    sizes = np.array([len(text) for text in texts])
    starts = np.cumsum(sizes) - sizes
    counts = (sizes - 1) // _BLOCK
    data = np.frombuffer(b"".join(texts), np.uint8)
    places = np.arange(_BLOCK)

    def words(start: npt.NDArray[np.intp]) -> _Words:
        found: _Words = data[start[:, None] + places].view("<u8").astype(np.uint64, copy=False).T
        return found

    state = np.zeros((7, len(texts)), np.uint64)
    state[:3] = np.array(_initial_state(), np.uint64)[:, None]
    state[0] += words(starts)[0]
    for step in range(counts[0]):
        more = np.count_nonzero(counts > step)
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


def _hash_33_to_64(data: bytes) -> int:
    mul = _K2 + len(data) * 2
    d0, d1, d2, d3 = struct.unpack_from("<4Q", data)
    e0, e1, e2, e3 = struct.unpack("<4Q", data[-32:])
    a = d0 * _K2
    c = e3 * mul
    y = _rotate(a + d1, 43) + _rotate(c, 30) + e2 * _K2
    z = _mix(y, a + _rotate(d1 + _K2, 18) + c, mul)
    e = d2 * mul
    g = (y + e0) * mul
    h = (z + e1) * mul
    return int(_mix(_rotate(e + d3, 43) + _rotate(g, 30) + h, e + _rotate(d3 + a, 18) + g, mul))


def _hash_17_to_32(data: bytes) -> int:
    mul = _K2 + len(data) * 2
    d0, d1 = struct.unpack_from("<2Q", data)
    e0, e1 = struct.unpack("<2Q", data[-16:])
    a = d0 * _K1
    c = e1 * mul
    return int(_mix(_rotate(a + d1, 43) + _rotate(c, 30) + e0 * _K2, a + _rotate(d1 + _K2, 18) + c, mul))


def _hash_0_to_16(data: bytes) -> int:
    size = len(data)
    mul = _K2 + size * 2
    if size >= 8:
        a = int.from_bytes(data[:8], "little") + _K2
        b = int.from_bytes(data[-8:], "little")
        return int(_mix(_rotate(b, 37) * mul + a, (_rotate(a, 25) + b) * mul, mul))
    if size >= 4:
        head, tail = int.from_bytes(data[:4], "little"), int.from_bytes(data[-4:], "little")
        return int(_mix(size + (head << 3), tail, mul))
    if size:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return int(_shift_mix((y * _K2 ^ z * _K0) & _MASK) * _K2 & _MASK)
    return _K2


# The rest computes with one word, or with an array of words.


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
