"""Weights of other classes and versions: each becomes the weights with which the layer computes the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from kerasfmt.layers.rnn.stored_gates import adopt_gru, adopt_lstm

Array = np.ndarray[Any, Any]
FEATURES, UNITS = 3, 5


def by_gate(gates: int, seed: int = 0) -> tuple[list[Array], list[Array], list[Array]]:
    """Kernels, recurrent kernels and biases, an array for each gate."""
    rng = np.random.default_rng(seed)
    shapes = ((FEATURES, UNITS), (UNITS, UNITS), (UNITS,))
    kernels, recurrents, biases = (
        [rng.normal(size=shape).astype(np.float32) for _ in range(gates)] for shape in shapes
    )
    return kernels, recurrents, biases


def joined(arrays: Sequence[Array]) -> Array:
    return np.concatenate(arrays, axis=-1)


def in_cudnn(kernels: Sequence[Array], recurrents: Sequence[Array], bias: Array) -> list[Array]:
    """cuDNN has the rows (units, features) of each gate one after another in memory."""
    flat = [k.T.ravel().reshape(FEATURES, UNITS) for k in kernels]
    return [joined(flat), joined([r.T for r in recurrents]), bias]


def equal(found: Sequence[Any], wanted: Sequence[Array]) -> None:
    assert [tuple(a.shape) for a in found] == [a.shape for a in wanted]
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-6)


def test_lstm_of_keras_2_stays() -> None:
    stored = [joined(part) for part in by_gate(4)]
    assert adopt_lstm(stored) is stored
    assert adopt_lstm(stored[:2]) == stored[:2]


def test_lstm_of_cudnn() -> None:
    kernels, recurrents, biases = by_gate(4)
    second = joined(by_gate(4, seed=1)[2])
    stored = in_cudnn(kernels, recurrents, joined([joined(biases), second]))
    equal(adopt_lstm(stored), [joined(kernels), joined(recurrents), joined(biases) + second])


def test_lstm_of_keras_1() -> None:
    (k, r, b) = by_gate(4)
    i, f, c, o = range(4)
    stored = [a for gate in (i, c, f, o) for a in (k[gate], r[gate], b[gate])]
    equal(adopt_lstm(stored), [joined(k), joined(r), joined(b)])


@pytest.mark.parametrize("reset_after", [False, True])
def test_gru_of_keras_2_stays(reset_after: bool) -> None:
    kernel, recurrent, bias = (joined(part) for part in by_gate(3))
    stored = [kernel, recurrent, np.stack([bias, bias]) if reset_after else bias]
    assert adopt_gru(stored, reset_after) is stored
    with pytest.raises(ValueError, match=rf"make the layer with reset_after={reset_after}$"):
        adopt_gru(stored, not reset_after)


def test_gru_of_cudnn() -> None:
    kernels, recurrents, biases = by_gate(3)
    both = np.stack([joined(biases), joined(by_gate(3, seed=1)[2])])
    stored = in_cudnn(kernels, recurrents, both.ravel())
    equal(adopt_gru(stored, True), [joined(kernels), joined(recurrents), both])
    with pytest.raises(ValueError, match=r"those of a CuDNNGRU, whose bias has the shape \[30\]"):
        adopt_gru(stored, False)


def test_gru_of_keras_1() -> None:
    parts = by_gate(3)
    stored = [part[gate] for gate in range(3) for part in parts]
    equal(adopt_gru(stored, False), [joined(part) for part in parts])
    with pytest.raises(ValueError, match="GRU\\(reset_after=False\\)"):
        adopt_gru(stored, True)


def ragged(gates: int) -> list[Array]:
    return [np.zeros((2, 1 + i)) for i in range(3 * gates)]


@pytest.mark.parametrize(
    ("adopt", "said"),
    [
        (lambda: adopt_lstm(ragged(4)), "expected arrays of one shape for all gates"),
        (lambda: adopt_lstm([np.zeros(())] * 12), "expected arrays of one shape for all gates"),
        (lambda: adopt_gru(ragged(3), False), "expected arrays of one shape for all gates"),
        (
            lambda: adopt_lstm([np.zeros((3, 7)), np.zeros((2, 8)), np.zeros(16)]),
            r"expected kernels of 4 gates in two dimensions, got \[3, 7\]",
        ),
        (
            lambda: adopt_gru([np.zeros(6), np.zeros((2, 6)), np.zeros(12)], True),
            r"expected kernels of 3 gates in two dimensions, got \[6\]",
        ),
    ],
)
def test_arrays_of_no_layout(adopt: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        adopt()


def test_nothing_is_read_before_it_is_used() -> None:
    class Unread:
        def __init__(self, *shape: int) -> None:
            self.shape, self.dtype = shape, np.dtype("float32")

        def __array__(self, *_: object, **__: object) -> Array:
            raise AssertionError("read")

    found = adopt_lstm([Unread(3, 8), Unread(2, 8), Unread(16)])
    assert [tuple(a.shape) for a in found] == [(3, 8), (2, 8), (8,)]
    with pytest.raises(AssertionError, match="read"):
        np.asarray(found[0])
