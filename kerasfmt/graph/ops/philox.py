"""The Philox 4x32-10 generator, and TensorFlow's distributions on top of it.

A block is four uint32. Block i of a stream is computed from the counter plus i. The counter has 128 bits, stored as
two uint64, low and high.

Source: tensorflow/tsl/lib/random/philox_random.h, random_distributions.h; Salmon et al. (2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasfmt.graph.ops.declare import Array

_W = (0x9E3779B9, 0xBB67AE85)
_M = (0xD2511F53, 0xCD9E8D57)
_MASK = np.uint64(0xFFFFFFFF)
_RESERVED_BLOCKS = 256
"""Blocks that TensorFlow reserves for every four outputs of a distribution that rejects samples."""


@dataclass(frozen=True)
class Stream:
    """A key and a counter, both as 64-bit numbers."""

    key: int
    low: int
    high: int

    def blocks(self, at: Array) -> Array:
        """The blocks number `at` (uint64): uint32 (len(at), 4)."""
        low = np.uint64(self.low) + at
        high = np.uint64(self.high) + (low < at).astype(np.uint64)
        c = [low & _MASK, low >> np.uint64(32), high & _MASK, high >> np.uint64(32)]
        k0, k1 = self.key & 0xFFFFFFFF, self.key >> 32
        for _ in range(10):
            p0, p1 = c[0] * np.uint64(_M[0]), c[2] * np.uint64(_M[1])
            h0, l0, h1, l1 = p0 >> np.uint64(32), p0 & _MASK, p1 >> np.uint64(32), p1 & _MASK
            c = [h1 ^ c[1] ^ np.uint64(k0), l1, h0 ^ c[3] ^ np.uint64(k1), l0]
            k0, k1 = (k0 + _W[0]) & 0xFFFFFFFF, (k1 + _W[1]) & 0xFFFFFFFF
        return np.stack(c, 1).astype(np.uint32)

    def words(self, count: int) -> Array:
        """The first `count` uint32 of the stream."""
        groups = np.arange(-(-count // 4), dtype=np.uint64)
        return self.blocks(groups).ravel()[:count]


def scrambled(seed: tuple[int, int]) -> Stream:
    """The stream of a stateless op: the two halves of the seed go through the generator once.

    Source: tensorflow/core/kernels/stateless_random_ops.cc, GenerateKey.
    """
    low, high = (s % 2**64 for s in seed)
    mix = Stream(0x02461E293EC8F720, low, high).blocks(np.zeros(1, np.uint64))[0]
    m0, m1, m2, m3 = (int(m) for m in mix)
    return Stream(m0 | m1 << 32, 0, m2 | m3 << 32)


def _float32(words: Array) -> Array:
    bits = (words & np.uint32(0x7FFFFF)) | np.uint32(127 << 23)
    return np.asarray(bits.view(np.float32) - np.float32(1))


def _float64(words: Array) -> Array:
    pairs = words.reshape(-1, 2).astype(np.uint64)
    bits = (pairs[:, 0] & np.uint64(0xFFFFF)) << np.uint64(32) | pairs[:, 1]
    return np.asarray((bits | np.uint64(1023 << 52)).view(np.float64) - 1)


def uniform(stream: Stream, count: int, dtype: np.dtype[Any]) -> Array:
    """`count` floats in [0, 1)."""
    if dtype == np.float64:
        return _float64(stream.words(-(-count // 2) * 4))[:count]
    words = stream.words(count)
    if dtype == np.float32:
        return _float32(words)
    bits, bias = (10, 15) if dtype == np.float16 else (7, 127)
    pattern = (words.astype(np.uint16) & np.uint16((1 << bits) - 1)) | np.uint16(bias << bits)
    return np.asarray((pattern.view(dtype).astype(np.float32) - np.float32(1)).astype(dtype))


def integers(stream: Stream, count: int, low: int, high: int, dtype: np.dtype[Any]) -> Array:
    """`count` integers in [low, high)."""
    if dtype.itemsize == 4:
        words = stream.words(count).astype(np.uint64)
    else:
        pairs = stream.words(-(-count // 2) * 4).reshape(-1, 2).astype(np.uint64)
        words = (pairs[:, 0] | pairs[:, 1] << np.uint64(32))[:count]
    offset = words % np.uint64(high - low)
    return np.asarray((offset + np.uint64(low % 2**64)).astype(dtype))


def full_integers(stream: Stream, count: int, dtype: np.dtype[Any]) -> Array:
    """`count` integers with all bits random."""
    if dtype.itemsize == 4:
        return stream.words(count).astype(dtype)
    pairs = stream.words(-(-count // 2) * 4).reshape(-1, 2).astype(np.uint64)
    return np.asarray((pairs[:, 0] | pairs[:, 1] << np.uint64(32))[:count].astype(dtype))


def _box_muller(words: Array, dtype: np.dtype[Any]) -> Array:
    """Two normal numbers from two uniform ones, by the Box-Muller transform."""
    numbers = (_float64 if dtype == np.float64 else _float32)(words).reshape(-1, 2)
    real = numbers.dtype.type
    radius = np.sqrt(real(-2) * np.log(np.maximum(numbers[:, 0], real(1e-7))))
    angle = real(2 * np.pi) * numbers[:, 1]
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], 1).ravel()


def normal(stream: Stream, count: int, dtype: np.dtype[Any]) -> Array:
    """`count` numbers of the standard normal distribution."""
    words = stream.words(-(-count // 2) * 4 if dtype == np.float64 else -(-count // 4) * 4)
    return _box_muller(words, dtype)[:count].astype(dtype)


def truncated_normal(stream: Stream, count: int, dtype: np.dtype[Any]) -> Array:
    """`count` numbers of the standard normal distribution; a number beyond 2 is drawn again."""
    width = 2 if dtype == np.float64 else 4
    groups = -(-count // width)
    starts = np.arange(groups, dtype=np.uint64) * np.uint64(_RESERVED_BLOCKS * width // 4)
    blocks = 8
    while True:
        at = (starts[:, None] + np.arange(blocks, dtype=np.uint64)).ravel()
        numbers = _box_muller(stream.blocks(at).ravel(), dtype).reshape(groups, -1)
        inside = np.abs(numbers) < 2
        if np.all(inside.sum(1) >= width):
            break
        blocks *= 2
    first = np.argsort(~inside, 1, kind="stable")[:, :width]
    return np.take_along_axis(numbers, first, 1).ravel()[:count].astype(dtype)


class _Draws:
    """Normal and uniform numbers, float64, from the blocks of one output: two from a block, the last one first."""

    def __init__(self, stream: Stream, output: int) -> None:
        self._stream = stream
        self._block = output * _RESERVED_BLOCKS
        self._words: list[Array] = []
        self._normal: list[float] = []
        self._uniform: list[float] = []

    def _next(self) -> Array:
        if not self._words:
            at = np.arange(self._block, self._block + 8, dtype=np.uint64)
            self._words = list(self._stream.blocks(at)[::-1])
            self._block += 8
        return self._words.pop()

    def normal(self) -> float:
        if not self._normal:
            self._normal = _box_muller(self._next(), np.dtype(np.float64)).tolist()
        return self._normal.pop()

    def uniform(self) -> float:
        if not self._uniform:
            self._uniform = _float64(self._next()).tolist()
        return self._uniform.pop()


def _gamma(draws: _Draws, alpha: float) -> float:
    if not alpha >= 0:
        raise ValueError(f"alpha: expected numbers that are not negative, got {alpha}")
    if alpha == 0:
        return 0.0
    if alpha == 1:
        return -math.log1p(-draws.uniform())
    d = alpha + (2 / 3 if alpha < 1 else -1 / 3)
    c = 1 / 3 / math.sqrt(d)
    while True:
        x = draws.normal()
        v = 1 + c * x
        if v <= 0:
            continue
        v = v * v * v
        u = draws.uniform()
        if u < 1 - 0.0331 * x**4 or u == 0 or math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
            return float(d * v * draws.uniform() ** (1 / alpha) if alpha < 1 else d * v)


def gamma(stream: Stream, alphas: Array, each: int) -> Array:
    """Numbers of gamma distributions, float64 (each, len(alphas)): `each` for every alpha.

    Source: tensorflow/core/kernels/stateless_random_gamma_op.cc; Marsaglia and Tsang (2000).
    """
    found = np.empty((each, len(alphas)))
    for place, alpha in enumerate(alphas.tolist()):
        for number in range(each):
            found[number, place] = _gamma(_Draws(stream, place * each + number), alpha)
    return found
