from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.graph.ops import philox
from kerasfmt.graph.ops.philox import Stream

# Source: Random123, tests/kat_vectors, philox4x32 of 10 rounds: counter, key, block.
KNOWN = {
    "zeros": (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    "ones": (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    "digits of pi": (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
}
FLOATS = [np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)]


def stream_at(counter: tuple[int, ...], key: tuple[int, ...]) -> Stream:
    return Stream(key[0] | key[1] << 32, counter[0] | counter[1] << 32, counter[2] | counter[3] << 32)


@pytest.mark.parametrize("name", KNOWN)
def test_published_blocks(name: str) -> None:
    counter, key, block = KNOWN[name]
    assert stream_at(counter, key).blocks(np.zeros(1, np.uint64)).tolist() == [list(block)]


def test_the_counter_carries_into_its_upper_half() -> None:
    carried = Stream(7, 2**64 - 1, 3).blocks(np.arange(2, dtype=np.uint64))[1]
    np.testing.assert_array_equal(carried, Stream(7, 0, 4).blocks(np.zeros(1, np.uint64))[0])


def test_words_are_the_blocks_in_turn() -> None:
    stream = Stream(1, 2, 3)
    words = stream.words(10)
    np.testing.assert_array_equal(words, stream.blocks(np.arange(3, dtype=np.uint64)).ravel()[:10])
    np.testing.assert_array_equal(stream.words(3), words[:3])


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_uniform_numbers_fill_the_unit_interval(dtype: np.dtype) -> None:
    drawn = philox.uniform(Stream(1, 2, 3), 4001, dtype)
    assert (drawn.dtype, drawn.shape) == (dtype, (4001,))
    assert drawn.min() >= 0
    assert drawn.max() < 1
    # The standard error of the mean of n uniform numbers is 1 / sqrt(12 n); nothing lies beyond five of them.
    assert abs(float(drawn.astype(float).mean()) - 0.5) < 5 / np.sqrt(12 * 4001)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_normal_numbers(dtype: np.dtype) -> None:
    drawn = philox.normal(Stream(1, 2, 3), 4001, dtype)
    assert (drawn.dtype, drawn.shape) == (dtype, (4001,))
    assert abs(float(drawn.astype(float).mean())) < 5 / np.sqrt(4001)
    assert abs(float(drawn.astype(float).std()) - 1) < 5 / np.sqrt(2 * 4001)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_truncated_numbers_lie_within_two(dtype: np.dtype) -> None:
    drawn = philox.truncated_normal(Stream(1, 2, 3), 4001, dtype)
    assert (drawn.dtype, drawn.shape) == (dtype, (4001,))
    assert 1.9 < np.abs(drawn).max() <= 2
    # Variance of the normal distribution cut at two: 1 - 2 * 2 * pdf(2) / (2 cdf(2) - 1).
    assert abs(float(drawn.astype(float).std()) - 0.8796) < 0.05


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_integers_lie_in_their_interval(dtype: type) -> None:
    drawn = philox.integers(Stream(1, 2, 3), 999, -3, 4, np.dtype(dtype))
    assert (drawn.dtype, sorted(set(drawn.tolist()))) == (np.dtype(dtype), [-3, -2, -1, 0, 1, 2, 3])


def test_full_integers_are_the_words() -> None:
    stream = Stream(1, 2, 3)
    words = stream.words(8).astype(np.uint64)
    np.testing.assert_array_equal(philox.full_integers(stream, 8, np.dtype(np.uint32)), words)
    # A group of two 64-bit integers takes the four words of a block, low word first.
    pairs = words.reshape(-1, 2)
    expected = pairs[:, 0] | pairs[:, 1] << np.uint64(32)
    np.testing.assert_array_equal(philox.full_integers(stream, 4, np.dtype(np.uint64)), expected)


def test_each_seed_has_a_stream_of_its_own() -> None:
    streams = {philox.scrambled(seed) for seed in ((0, 0), (0, 1), (1, 0), (-1, 0), (2**63, 5))}
    assert len(streams) == 5
    assert philox.scrambled((-1, 0)) == philox.scrambled((2**64 - 1, 0))
