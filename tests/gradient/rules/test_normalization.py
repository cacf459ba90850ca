from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Spec
from kerasfmt.graph.run import run

Array = np.ndarray[Any, Any]


def normalized(
    x: Array, vectors: Sequence[Array], attrs: dict[str, Any], seed: Array
) -> tuple[Array, list[Array]]:
    """The result of batch normalization, and the gradients of x, scale and offset."""
    graph = Builder("f")
    inputs = [graph.input(Spec(a.shape, dtypes.of(a.dtype)), "x") for a in (x, *vectors)]
    outputs = graph.emit("FusedBatchNormV3", *inputs, **attrs)
    pair = forward_backward(graph.finish(outputs[:1]))
    forward = run(pair.forward, [x, *vectors], {})
    given = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], {})
    assert pair.given == (0, 1, 2, None, None)
    return forward[0], given


def moved(attrs: dict[str, Any], x: Array) -> Array:
    return np.moveaxis(x, -1, 1) if attrs["data_format"] == "NCHW" else x


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_those_of_the_formula(training: bool, layout: str) -> None:
    rng = np.random.default_rng(5)
    attrs: dict[str, Any] = {"epsilon": 0.01, "is_training": training, "data_format": layout}
    x, seed = (rng.normal(size=(3, 2, 4, 2)).astype(np.float32) for _ in range(2))
    scale, offset, mean = (rng.normal(size=2).astype(np.float32) for _ in range(3))
    vectors = [scale, offset, mean, np.full(2, 1.5, np.float32)]
    result, found = normalized(moved(attrs, x), vectors, attrs, moved(attrs, seed))

    def loss(x: Array, scale: Array, offset: Array) -> float:
        axes = (0, 1, 2)
        center, spread = (x.mean(axes), x.var(axes)) if training else (mean, vectors[3])
        y = (x - center) / np.sqrt(spread + 0.01) * scale + offset
        return float((y * seed).sum())

    arguments = [a.astype(np.float64) for a in (x, scale, offset)]
    for place, grad in enumerate(found):
        grad = np.moveaxis(grad, 1, -1) if layout == "NCHW" and not place else grad
        for index in list(np.ndindex(*grad.shape))[:12]:
            sides = []
            for step in (1e-5, -1e-5):
                shifted = [a.copy() for a in arguments]
                shifted[place][index] += step
                sides.append(loss(*shifted))
            assert grad[index] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-3, abs=1e-3)
    assert result.shape == moved(attrs, x).shape
