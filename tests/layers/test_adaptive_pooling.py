"""Poolings over as many windows as the output has places, which only Keras 3 has."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from tests.layers.layer_tests import SizedLayerTests, use

KINDS: list[tuple[Any, Any]] = [
    (layers.AdaptiveAveragePooling1D, np.mean),
    (layers.AdaptiveMaxPooling1D, np.max),
    (layers.AdaptiveAveragePooling2D, np.mean),
    (layers.AdaptiveMaxPooling2D, np.max),
    (layers.AdaptiveAveragePooling3D, np.mean),
    (layers.AdaptiveMaxPooling3D, np.max),
]
SIZES = [(7, 5, 4), (6, 9, 3)]
OUTPUTS = [(3, 5, 1), (1, 2, 3), (6, 4, 2)]


class TestLayers(SizedLayerTests):
    uses = [
        *(
            use(cls(2), (None, *(6, 5, 4)[: cls.rank], 3), gives=(None, *[2] * cls.rank, 3))
            for cls in (kind for kind, _ in KINDS)
        ),
        use(
            layers.AdaptiveMaxPooling2D((3, 1), data_format="channels_first"),
            (4, 3, 7, 5),
            gives=(4, 3, 3, 1),
        ),
    ]
    needed = {kind: {"output_size": 2} for kind, _ in KINDS}
    refused = {
        "output_size": (
            lambda: layers.AdaptiveMaxPooling2D((2, 0), name="it"),
            "option output_size: expected 2 integers of at least 1, got (2, 0)",
        ),
        "a length that is not known": (
            lambda: layers.AdaptiveMaxPooling1D(2, name="it")(kerasfmt.Input((None, 3))),
            "expected a known size of axis 1",
        ),
    }


def model_of(layer: Any, shape: tuple[int | None, ...]) -> kerasfmt.Model:
    inputs = kerasfmt.Input(shape)
    return kerasfmt.Model(inputs, layer(inputs))


def expected(x: np.ndarray[Any, Any], output: tuple[int, ...], reduce: Any) -> np.ndarray[Any, Any]:
    """The definition, place by place: x is (batch, *spatial, channels)."""
    out = np.empty((len(x), *output, x.shape[-1]), np.float64)
    for place in product(*map(range, output)):
        window = tuple(
            slice(i * size // n, -(-(i + 1) * size // n))
            for i, n, size in zip(place, output, x.shape[1:-1], strict=True)
        )
        found = x[(slice(None), *window)].astype(np.float64)
        out[(slice(None), *place)] = reduce(found, axis=tuple(range(1, x.ndim - 1)))
    return out


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("cls", "reduce"), KINDS)
def test_values(cls: Any, reduce: Any, size: tuple[int, ...], output: tuple[int, ...]) -> None:
    size, output = size[: cls.rank], output[: cls.rank]
    x = np.random.default_rng(1).normal(size=(2, *size, 3)).astype(np.float32)
    wanted = expected(x, output, reduce)
    model = model_of(cls(output), (*size, 3))
    assert model.outputs[0].shape == (None, *output, 3)
    np.testing.assert_allclose(model.predict(x), wanted, rtol=1e-6, atol=1e-6)
    first = model_of(cls(output, data_format="channels_first"), (3, *size))
    np.testing.assert_allclose(
        np.moveaxis(first.predict(np.moveaxis(x, -1, 1)), 1, -1), wanted, rtol=1e-6, atol=1e-6
    )


def test_one_number_stands_for_every_axis() -> None:
    assert layers.AdaptiveMaxPooling3D(2).output_size == (2, 2, 2)
    config = layers.AdaptiveAveragePooling2D((3, 1)).get_config()
    assert list(config)[3:] == ["output_size", "data_format"]
    assert layers.AdaptiveAveragePooling2D.from_config(config).output_size == (3, 1)
