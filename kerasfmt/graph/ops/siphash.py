"""SipHash-2-4 with a key of 128 bits, the hash behind TensorFlow's strong string hashing.

    state      four words, made from the two words of the key
    word       two rounds for each eight bytes of the text
    last word  the remaining bytes, and the size of the text modulo 256 as the eighth byte
    end        four rounds; the hash is the words of the state, joined by exclusive or

All words are little-endian, all arithmetic is modulo 2**64.

Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF"; tensorflow/core/platform/strong_hash.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[np.uint64]

_START: Final = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_MASK: Final = 2**64 - 1
_MANY_TEXTS: Final = 1 << 16
"""Texts that are hashed together."""
_FEW_TEXTS: Final = 16
"""From this many texts on, NumPy is faster than Python."""


def siphashes(texts: Sequence[bytes], key: tuple[int, int]) -> Words:
    """The hash of each text, uint64 (n,).

    NumPy takes a word of every text at a time.

    Args:
      texts: the texts.
      key: two words; a negative one stands for its two's complement.
    """
    parts = [texts[start : start + _MANY_TEXTS] for start in range(0, len(texts), _MANY_TEXTS)]
    words = (key[0] & _MASK, key[1] & _MASK)
    return np.concatenate([_hash_many(part, words) for part in parts] or [np.zeros(0, np.uint64)])


def _hash_many(texts: Sequence[bytes], key: tuple[int, int]) -> Words:
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    sizes = np.array([len(texts[place]) for place in order])
    counts = sizes // 8 + 1
    data = np.frombuffer(b"".join([_padded(texts[place]) for place in order]), "<u8").astype(
        np.uint64, copy=False
    )
    starts = np.cumsum(counts) - counts
    state = np.empty((4, len(texts)), np.uint64)
    for row, first in enumerate(_START):
        state[row] = first ^ key[row % 2]
    step = 0
    while step < counts[0]:
        more = int(np.searchsorted(-counts, -step))
        if more < _FEW_TEXTS:
            break
        word = data[starts[:more] + step]
        v = state[:, :more]
        v[3] ^= word
        _rounds(v, 2)
        v[0] ^= word
        step += 1
    for place in range(int(np.searchsorted(-counts, -step))):
        rest = data[starts[place] + step : starts[place] + counts[place]]
        state[:, place] = _through(state[:, place].tolist(), rest.tolist())
    state[2] ^= np.uint64(0xFF)
    _rounds(state, 4)
    hashes = np.empty(len(texts), np.uint64)
    hashes[order] = np.bitwise_xor.reduce(state, 0)
    return hashes


def _through(state: list[int], words: list[int]) -> list[int]:
    """The state of one text after some words, in Python's integers."""
    mask = _MASK
    a, b, c, d = state
    for word in words:
        d ^= word
        for _ in range(2):
            a = a + b & mask
            b = (b << 13 & mask | b >> 51) ^ a
            a = a << 32 & mask | a >> 32
            c = c + d & mask
            d = (d << 16 & mask | d >> 48) ^ c
            a = a + d & mask
            d = (d << 21 & mask | d >> 43) ^ a
            c = c + b & mask
            b = (b << 17 & mask | b >> 47) ^ c
            c = c << 32 & mask | c >> 32
        a ^= word
    return [a, b, c, d]


def _padded(text: bytes) -> bytes:
    size = len(text)
    return text + bytes(7 - size % 8) + bytes([size & 0xFF])


def _rounds(v: Words, count: int) -> None:
    """Mixes the state, uint64 (4, n), in its place."""
    for _ in range(count):
        _half(v, 0, 1, 13)
        v[0] = _rotate(v[0], 32)
        _half(v, 2, 3, 16)
        _half(v, 0, 3, 21)
        _half(v, 2, 1, 17)
        v[2] = _rotate(v[2], 32)


def _half(v: Words, to: int, by: int, bits: int) -> None:
    v[to] += v[by]
    v[by] = _rotate(v[by], bits) ^ v[to]


def _rotate(words: Words, bits: int) -> Words:
    rotated: Words = words << np.uint64(bits) | words >> np.uint64(64 - bits)
    return rotated
