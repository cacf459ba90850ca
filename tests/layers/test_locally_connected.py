"""Convolutions whose every window has a kernel of its own."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from tests.layers.layer_tests import Shape, SizedLayerTests, use

RNG = np.random.default_rng(5)


def model_of(layer: layers.Layer, shape: Shape) -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape)
    model = kerasfmt.Model(inputs, layer(inputs))
    model.set_weights([RNG.normal(size=w.shape).astype(w.dtype.numpy) for w in model.weights])
    return model


class TestLayers(SizedLayerTests):
    uses = [
        use(
            layers.LocallyConnected1D(4, 3),
            (None, 7, 6),
            gives=(None, 5, 4),
            weights={"kernel": (5, 18, 4), "bias": (5, 4)},
        ),
        use(
            layers.LocallyConnected1D(4, 7),
            (None, 7, 6),
            gives=(None, 1, 4),
            weights={"kernel": (1, 42, 4), "bias": (1, 4)},
        ),
        use(
            layers.LocallyConnected1D(4, 3, padding="same", implementation=2),
            (None, 7, 6),
            gives=(None, 7, 4),
            weights={"kernel": (7, 6, 7, 4), "bias": (7, 4)},
        ),
        use(
            layers.LocallyConnected2D(4, 3, implementation=3),
            (None, 4, 3, 6),
            gives=(None, 2, 1, 4),
            weights={"kernel": (432,), "bias": (2, 1, 4)},
        ),
    ]
    needed = {
        getattr(layers, f"LocallyConnected{rank}D"): {"filters": 2, "kernel_size": 2} for rank in (1, 2)
    }
    refused = {
        "padding": (
            lambda: layers.LocallyConnected1D(4, 3, padding="same", name="it"),
            "option padding: expected 'valid' with implementation 1, got 'same'",
        ),
        "implementation": (
            lambda: layers.LocallyConnected1D(4, 3, implementation=4, name="it"),
            "option implementation: expected one of [1, 2, 3], got 4",
        ),
        "steps": (
            lambda: model_of(layers.LocallyConnected1D(4, 3, name="it"), (None, None, 6)),
            "input: expected a known size of axis 1",
        ),
        "window": (
            lambda: model_of(layers.LocallyConnected1D(4, 8, name="it"), (None, 7, 6)),
            "input: expected sizes of at least (8,)",
        ),
    }


def test_each_window_has_its_kernel() -> None:
    model = model_of(layer := layers.LocallyConnected1D(3, 2, strides=2), (None, 5, 4))
    kernel, bias = layer.get_weights()
    x = RNG.normal(size=(2, 5, 4)).astype(np.float32)
    expected = [x[:, 2 * i : 2 * i + 2].reshape(2, 8) @ kernel[i] + bias[i] for i in range(2)]
    # float32 sums of 8 products.
    np.testing.assert_allclose(model.predict(x), np.stack(expected, 1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_implementations_agree(data_format: str) -> None:
    """Implementations 1 and 3 hold the elements of 2 that count, in orders of their own."""
    last = data_format == "channels_last"
    shape = (None, 4, 3, 2) if last else (None, 2, 4, 3)
    options: dict[str, Any] = {"filters": 3, "kernel_size": 2, "strides": (2, 1), "data_format": data_format}
    models = [
        model_of(layers.LocallyConnected2D(**options, implementation=i, use_bias=False), shape)
        for i in (1, 2, 3)
    ]
    per_window, full, sparse = (m.layers[1] for m in models)
    weights = RNG.normal(size=full.weights[0].shape).astype(np.float32)
    full.set_weights([weights])
    both = weights if last else weights.transpose(1, 2, 0, 4, 5, 3)  # (*I, channels, *O, filters)
    windows = []
    for i, j in product(range(2), range(2)):
        window = both[2 * i : 2 * i + 2, j : j + 2, :, i, j]
        windows.append((window if last else window.transpose(2, 0, 1, 3)).reshape(-1, 3))
    per_window.set_weights([np.stack(windows)])
    sparse.set_weights([weights.reshape(24, -1).T[tuple(sparse._connections().T)]])
    x = RNG.normal(size=(2, *shape[1:])).astype(np.float32)
    first, second, third = (m.predict(x) for m in models)
    # float32 sums of 8 products.
    np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(third, second, rtol=1e-5, atol=1e-5)
