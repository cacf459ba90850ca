from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.graph import Value, ops
from kerasfmt.nn import coordinates
from tests.graph.evaluation import evaluate_all

X = np.random.default_rng(1).standard_normal((2, 4, 5, 3)).astype(np.float32)
AT = np.array([[-1.25, 0.0, 1.5, 3.75, 5.5], [0.25, -2.5, 2.0, 4.5, 7.0]], np.float32)
PADS = {"nearest": "edge", "wrap": "wrap", "reflect": "symmetric", "constant": "constant"}


def expected(x: Any, rows: Any, columns: Any, order: int, mode: str, filling: float) -> Any:
    """The definition: the image goes on beyond its edges, and what is between elements is a mean of four."""
    options: Any = {"constant_values": filling} if mode == "constant" else {}
    wide = np.pad(x, ((12, 12), (12, 12), (0, 0)), mode=PADS[mode], **options)
    if order == 0:
        return wide[np.round(rows).astype(int) + 12, np.round(columns).astype(int) + 12]
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = (rows - top)[..., None], (columns - left)[..., None]
    total = 0.0
    for i, row in ((0, 1 - down), (1, down)):
        for j, column in ((0, 1 - right), (1, right)):
            total = total + row * column * wide[top + 12 + i, left + 12 + j]
    return total


@pytest.mark.parametrize("mode", ["nearest", "wrap", "constant"])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("known", [True, False])
def test_images_at_coordinates(mode: str, order: int, known: bool) -> None:
    numbers = np.broadcast_to(np.arange(2, dtype=np.int32)[:, None], (2, 5))

    def read(x: Value, rows: Value, columns: Value, images: Value) -> Value:
        return coordinates.read_at(x, [rows, columns], order, mode, 9.0, [images])

    arrays = [X, AT, AT[::-1].copy(), numbers]
    shapes = [a.shape if known else (None,) * (a.ndim - 1) + a.shape[-1:] for a in arrays]
    (found,) = evaluate_all(read, arrays, shapes)
    wanted = [expected(X[i], AT[i], AT[1 - i], order, mode, 9.0) for i in range(2)]
    np.testing.assert_allclose(found, np.stack(wanted), atol=1e-5)


def test_reflected_places() -> None:
    """As Keras has it: a place before the start is mirrored about element 0, one behind the end about the edge."""
    line = np.arange(4, dtype=np.float32)
    at = np.array([-2.0, -1.0, 3.0, 4.0, 5.0], np.float32)
    (found,) = evaluate_all(
        lambda x, p: coordinates.read_at(x, [p], 0, "reflect", 0.0), [line, at], [(4,), (5,)]
    )
    assert found.tolist() == [2, 1, 3, 3, 2]


def bell(width: float) -> Any:
    reach = 3 * int(width)
    curve = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(width, 1e-4)) ** 2)
    return curve / curve.sum()


@pytest.mark.parametrize("width", [0.0, 0.7, 1.5, 2.0])
def test_blurred(width: float) -> None:
    planes = np.random.default_rng(2).standard_normal((2, 9, 8)).astype(np.float32)
    (found,) = evaluate_all(coordinates.blurred, [planes, np.float32(width)], [planes.shape, ()])
    curve, reach = bell(width), 3 * int(width)
    wide = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)))
    rows = sum(c * wide[:, i : i + 9] for i, c in enumerate(curve))
    wanted = sum(c * rows[:, :, i : i + 8] for i, c in enumerate(curve))
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_elastic() -> None:
    noise = np.random.default_rng(3).standard_normal((2, 4, 5)).astype(np.float32)

    def moved(x: Value, noise: Value) -> Value:
        alpha, sigma = (x.graph.constant(np.float32(v)) for v in (2.0, 0.5))
        return coordinates.elastic(x, noise, alpha, sigma, 1, "wrap", 0.0)

    (found,) = evaluate_all(moved, [X, noise], [(None, None, None, 3), (None, None, None)])
    rows, columns = np.meshgrid(np.arange(4), np.arange(5), indexing="ij")
    moves = noise * 0.5 * 2.0  # a window of one element blurs nothing
    wanted = [expected(X[i], rows + moves[i], columns + moves[i], 1, "wrap", 0.0) for i in range(2)]
    np.testing.assert_allclose(found, np.stack(wanted), atol=1e-5)
    (same,) = evaluate_all(lambda x, n: moved(x, ops.zeros_like(n)), [X, noise], [X.shape, noise.shape])
    np.testing.assert_array_equal(same, X)
