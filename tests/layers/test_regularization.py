from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt.graph.run import run
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import (
    ActivityRegularization,
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    Identity,
    Masking,
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32, model_of


class TestLayers(LayerTests):
    uses = [
        use(SpatialDropout1D(0.5, seed=1), (None, None, 6), gives=(None, None, 6)),
        use(SpatialDropout2D(0.5, "channels_first", seed=1), (None, 3, 4, 5), gives=(None, 3, 4, 5)),
        use(SpatialDropout3D(0.5, seed=1), (None, 2, None, 4, 6), gives=(None, 2, None, 4, 6)),
        use(GaussianNoise(0.5, seed=1), (None, 6), gives=(None, 6)),
        use(GaussianDropout(0.2, seed=1), (None, 6), gives=(None, 6)),
        use(AlphaDropout(0.2, [None, 1, 4], seed=1), (None, None, 4), gives=(None, None, 4)),
        use(ActivityRegularization(0.5, 0.25), (None, 6), gives=(None, 6)),
        use(Identity(), (None, None), gives=(None, None)),
        use(Masking(-1.0), (None, None, 6), gives=(None, None, 6)),
    ]
    refused = {
        "rate": (
            lambda: SpatialDropout1D(1.5, name="it"),
            "option rate: expected a value in [0, 1], got 1.5",
        ),
        "data_format": (
            lambda: SpatialDropout2D(0.5, "last", name="it"),
            "option data_format: expected channels_last or",
        ),
        "data_format 1": (
            lambda: SpatialDropout1D(0.5, "channels_first", name="it"),
            "option data_format: expected channels_last",
        ),
        "rank": (
            lambda: SpatialDropout1D(0.5, name="it")(kerasfmt.Input((2,))),
            "expected 3 dimensions, got shape (None, 2)",
        ),
    }


RANDOM: dict[str, tuple[Layer, tuple[int, ...]]] = {
    "spatial 1": (SpatialDropout1D(0.5, seed=1), (64, 8, 16)),
    "spatial 2": (SpatialDropout2D(0.5, seed=1), (64, 4, 2, 16)),
    "spatial 3": (SpatialDropout3D(0.5, seed=1), (64, 2, 2, 2, 16)),
    "noise": (GaussianNoise(0.5, seed=1), (64, 128)),
    "gaussian": (GaussianDropout(0.2, seed=1), (64, 128)),
    "alpha": (AlphaDropout(0.2, seed=1), (64, 128)),
}


@pytest.mark.parametrize("name", RANDOM)
def test_noise_while_training_only(name: str) -> None:
    layer, shape = RANDOM[name]
    x = np.ones(shape, np.float32)
    np.testing.assert_array_equal(apply(layer, x), x)
    noisy = apply(layer, x, training=True)
    assert noisy.std() > 0.3
    if name != "alpha":
        # The standard error is below 0.02.
        assert abs(noisy.mean() - 1) < 0.1
    assert layer.random_generator()
    np.testing.assert_array_equal(apply(type(layer).from_config(layer.get_config()), x, training=True), noisy)


def test_spatial_dropout_drops_whole_maps() -> None:
    x = np.ones((16, 3, 4, 8), np.float32)
    last = apply(SpatialDropout2D(0.5, seed=2), x, training=True)
    np.testing.assert_array_equal(last, np.broadcast_to(last[:, :1, :1], x.shape))
    assert set(np.unique(last)) == {0, 2}
    first = apply(SpatialDropout2D(0.5, "channels_first", seed=2), x, training=True)
    np.testing.assert_array_equal(first, np.broadcast_to(first[:, :, :1, :1], x.shape))
    assert list(SpatialDropout2D(0.5).get_config())[-3:] == ["rate", "noise_shape", "seed"]
    assert SpatialDropout3D(0.5).input_spec() == InputSpec(ndim=5)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    x = np.random.default_rng(0).normal(size=(256, 256)).astype(np.float32)
    noisy = apply(AlphaDropout(0.3, seed=1), x, training=True)
    # The standard error of both is below 0.01.
    assert abs(noisy.mean()) < 0.03
    assert abs(noisy.var() - 1) < 0.03


def test_alpha_dropout_shares_its_mask() -> None:
    x = np.ones((8, 5, 4), np.float32)
    noisy = apply(AlphaDropout(0.5, [8, 1, 4], seed=3), x, training=True)
    np.testing.assert_array_equal(noisy, np.broadcast_to(noisy[:, :1], x.shape))


def test_activity_regularization_penalizes() -> None:
    layer = ActivityRegularization(l1=0.5, l2=0.25)
    model = model_of(layer, f32([1, -2], [0, 2]))
    trace = model.default_trace(training=True)
    result, loss = run(trace.function, [f32([1, -2], [0, 2])], {})
    np.testing.assert_array_equal(result, [[1, -2], [0, 2]])
    # (0.5 * 5 + 0.25 * 9) per example of two.
    assert loss == 2.375


def test_identity() -> None:
    np.testing.assert_array_equal(apply(Identity(), f32([1, 2])), [[1, 2]])
    assert not model_of(Identity(), f32([[1, 2]]), masked=True).outputs[0].masked


def test_masking() -> None:
    layer = Masking(mask_value=-1.0)
    x = f32([[1, -1], [-1, -1], [0, 0]])
    np.testing.assert_array_equal(apply(layer, x), [[[1, -1], [0, 0], [0, 0]]])
    assert model_of(layer, x).outputs[0].masked
