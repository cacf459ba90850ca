from __future__ import annotations

import numpy as np
import pytest

from kerasfmt.layers import RandomFourierFeatures
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32, model_of

X = f32([1, 2, 3], [4, 5, 6])


class TestLayers(LayerTests):
    uses = [
        use(
            RandomFourierFeatures(5, kind),
            (None, 3),
            gives=(None, 5),
            weights={"kernel_scale": (1,), "unscaled_kernel": (3, 5), "bias": (5,)},
        )
        for kind in ("gaussian", "Laplacian", {"class_name": "Ones", "config": {}})
    ]
    refused = {
        "output_dim": (
            lambda: RandomFourierFeatures(0, name="it"),
            "option output_dim: expected a whole number of at least 1, got 0",
        ),
        "scale": (
            lambda: RandomFourierFeatures(2, scale=0.0, name="it"),
            "option scale: expected a number above 0",
        ),
        "kernel": (
            lambda: apply(RandomFourierFeatures(2, "ones", name="it"), X),
            "expected gaussian, laplacian or an initializer",
        ),
        "rank": (
            lambda: apply(RandomFourierFeatures(2, name="it"), X[None]),
            "expected inputs of 2 dimensions",
        ),
    }


def test_features() -> None:
    layer = RandomFourierFeatures(2, scale=0.5)
    model = model_of(layer, X)
    kernel, bias = f32([1, 2], [0, 1], [0.5, 0]), f32(0.25, -1)
    model.set_weights([f32(0.5), kernel, bias])
    np.testing.assert_allclose(model.predict(X), np.cos(X @ kernel / 0.5 + bias), rtol=1e-5, atol=1e-6)
    assert [w.name.split("/")[1] for w in layer.weights] == ["kernel_scale", "unscaled_kernel", "bias"]


@pytest.mark.parametrize(("kind", "scale"), [("gaussian", 1.5**0.5), ("Laplacian", 1.0), ("ones", None)])
def test_kernels(kind: str, scale: float | None) -> None:
    if scale is None:
        layer = RandomFourierFeatures(400, {"class_name": "Ones", "config": {}})
    else:
        layer = RandomFourierFeatures(400, kind)
    apply(layer, X)
    assert layer.scale == pytest.approx(scale or 1.0)
    assert layer.kernel_scale.numpy().tolist() == pytest.approx([layer.scale])
    # Half of the standard normal distribution lies within 0.674, half of the Cauchy distribution within 1.
    middle = {"gaussian": 0.674, "Laplacian": 1.0, "ones": 1.0}[kind]
    assert np.median(np.abs(layer.unscaled_kernel.numpy())) == pytest.approx(middle, rel=0.15)
    assert not layer.trainable_weights


def test_the_scale_can_be_trained() -> None:
    layer = RandomFourierFeatures(2, trainable=True)
    apply(layer, X)
    assert layer.trainable_weights == [layer.kernel_scale]
