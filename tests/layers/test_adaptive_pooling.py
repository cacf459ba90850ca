"""Poolings over as many windows as the output has places, which only Keras 3 has."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError

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


def test_a_length_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidModelError, match="expected a known size of axis 1"):
        model_of(layers.AdaptiveMaxPooling1D(2), (None, 3))


def test_keras3_gets_it_back_and_keras2_does_not(tmp_path: Path) -> None:
    model = model_of(layers.AdaptiveAveragePooling2D((3, 2), name="pool"), (7, 5, 3))
    x = np.random.default_rng(2).normal(size=(2, 7, 5, 3)).astype(np.float32)
    kerasfmt.save_model(model, tmp_path / "m.keras")
    again = kerasfmt.load_model(tmp_path / "m.keras")
    assert type(again.get_layer("pool")) is layers.AdaptiveAveragePooling2D
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    with pytest.raises(UnsupportedLayerError, match=r"layer pool .*Keras 2 has no such layer"):
        kerasfmt.save_model(model, tmp_path / "two.keras", save_format="tf_keras")
