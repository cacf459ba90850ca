from __future__ import annotations

import numpy as np

import kerasfmt
from kerasfmt.layers import CustomScaleLayer, LayerScale, StochasticDepth
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32


class TestLayers(LayerTests):
    uses = [
        use(LayerScale(0.5, 3), (None, None, 3), gives=(None, None, 3), weights={"gamma": (3,)}),
        use(StochasticDepth(0.25), (None, None, 3), gives=(None, None, 3)),
        use(CustomScaleLayer(0.1), (None, 3), (None, 3), gives=(None, 3)),
    ]
    refused = {
        f"drop_path_rate {rate}": (
            lambda rate=rate: StochasticDepth(rate, name="it"),
            "option drop_path_rate: expected a value in [0, 1]",
        )
        for rate in (-0.1, 1.5)
    }


def test_layer_scale() -> None:
    layer = LayerScale(0.5, 3, name="scale")
    x = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    np.testing.assert_array_equal(apply(layer, x), x * 0.5)
    assert [(w.name, w.shape) for w in layer.weights] == [("scale/gamma", (3,))]
    layer.set_weights([f32(1, 2, 3)])
    np.testing.assert_array_equal(apply(layer, x), x * f32(1, 2, 3))


def test_stochastic_depth_drops_whole_samples() -> None:
    layer = StochasticDepth(0.25)
    x = np.ones((400, 3, 2), np.float32)
    np.testing.assert_array_equal(apply(layer, x), x)
    noisy = apply(layer, x, training=True)
    np.testing.assert_array_equal(noisy, np.broadcast_to(noisy[:, :1, :1], x.shape))
    np.testing.assert_allclose(np.unique(noisy), [0, 1 / 0.75], rtol=1e-6)
    # The standard error is 0.03.
    assert abs(noisy.mean() - 1) < 0.2


def test_custom_scale() -> None:
    layer = CustomScaleLayer(0.1)
    np.testing.assert_allclose(apply(layer, f32([1, 2]), f32([10, 20])), f32([2, 4]))


def test_registered_name() -> None:
    config = {
        "name": "m",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"batch_input_shape": [None, 2], "name": "x"},
                "inbound_nodes": [],
            },
            {
                "class_name": "Custom>CustomScaleLayer",
                "config": {"name": "y", "scale": 2.0},
                "inbound_nodes": [[["x", 0, 0, {}], ["x", 0, 0, {}]]],
            },
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["y", 0, 0]],
    }
    model = kerasfmt.model_from_config(config)
    np.testing.assert_array_equal(model.predict(f32([1, 2])), f32([3, 6]))
    assert model.get_config()["layers"][1]["class_name"] == "Custom>CustomScaleLayer"
