from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import BatchNormalization, SyncBatchNormalization
from tests.layers.layer_tests import LayerTests, Refusal, use
from tests.layers.one_layer import apply, f32, model_of, reread

IMAGE = np.arange(2 * 2 * 3 * 4, dtype=np.float32).reshape(2, 2, 3, 4) % 7
ROWS = f32([1, 2], [3, 6])
STATISTICS = ("gamma", "beta", "moving_mean", "moving_variance")


def ops_of(layer: Layer, *arrays: Any, training: bool = False) -> set[str]:
    model = model_of(layer, *arrays)
    specs = model.input_specs
    return {node.op for node in layer.traces.exact(specs, {}, training).function.nodes}


def failing(text: str, *shape: int, **options: Any) -> Refusal:
    return lambda: apply(BatchNormalization(name="it", **options), np.zeros(shape, np.float32)), text


class TestLayers(LayerTests):
    uses = [
        use(BatchNormalization(), (None, 3), gives=(None, 3), weights=dict.fromkeys(STATISTICS, (3,))),
        use(
            BatchNormalization(axis=1, center=False),
            (None, 3, None, 5),
            gives=(None, 3, None, 5),
            weights=dict.fromkeys(("gamma", "moving_mean", "moving_variance"), (3,)),
        ),
        use(
            BatchNormalization(axis=[-1, 1]),
            (None, 2, 3, 4),
            gives=(None, 2, 3, 4),
            weights=dict.fromkeys(STATISTICS, (1, 2, 1, 4)),
            not_in={"keras": "Keras 3 takes one axis"},
        ),
        use(
            SyncBatchNormalization(),
            (None, 5, 3),
            gives=(None, 5, 3),
            weights=dict.fromkeys(STATISTICS, (3,)),
        ),
    ]
    refused = {
        "axis": failing("option axis: expected axes of inputs with 2 dimensions, got 4", 2, 3, axis=4),
        "axis twice": failing("expected each axis once", 2, 3, axis=[1, -1]),
        "axis type": failing("option axis: expected an axis or a list of axes", 2, 3, axis="last"),
        "fused axis": failing("option fused: expected False or None", 2, 3, 4, 5, axis=2, fused=True),
        "fused rank": failing("option fused: expected inputs of 4 or 5 dimensions, got 2", 2, 3, fused=True),
        "fused synchronized": failing("synchronized is set", 2, 3, fused=True, synchronized=True),
        "fused first": failing("expected 1 or 3 for the fused op", 2, 3, 4, 5, axis=-4),
        "renorm fused": failing("does not renorm", 2, 3, 4, 5, renorm=True, fused=True),
        "renorm bound": failing(
            "option renorm_clipping: expected bounds rmin, rmax and dmax, got ['max']",
            *(2, 3),
            renorm=True,
            renorm_clipping={"max": 2},
        ),
        "renorm text": failing(
            "option renorm_clipping: expected numbers or None",
            2,
            3,
            renorm=True,
            renorm_clipping={"rmax": "2"},
        ),
        "virtual": failing("option virtual_batch_size: expected None, got 2", 2, 3, virtual_batch_size=2),
        "unknown size": (
            lambda: BatchNormalization(name="it")(kerasfmt.Input((3, None))),
            "expected a known size",
        ),
    }


def test_moves_its_averages() -> None:
    layer = BatchNormalization(momentum=0.75, epsilon=0.0)
    np.testing.assert_allclose(apply(layer, ROWS, training=True), f32([-1, -1], [1, 1]))
    # mean (2, 4), variance (1, 4): a quarter of the way from (0, 0) and (1, 1).
    np.testing.assert_array_equal(layer.moving_mean.numpy(), f32(0.5, 1))
    np.testing.assert_array_equal(layer.moving_variance.numpy(), f32(1, 1.75))


def test_the_fused_one_corrects_the_variance() -> None:
    layer = BatchNormalization(momentum=0.5, epsilon=0.0)
    x = ROWS.reshape(2, 1, 1, 2)
    np.testing.assert_allclose(apply(layer, x, training=True).reshape(2, 2), f32([-1, -1], [1, 1]))
    # Bessel's correction makes the variances 2 and 8.
    np.testing.assert_array_equal(layer.moving_mean.numpy(), f32(1, 2))
    np.testing.assert_array_equal(layer.moving_variance.numpy(), f32(1.5, 4.5))


def test_infers_with_its_averages() -> None:
    layer = BatchNormalization(epsilon=0.0)
    model = model_of(layer, ROWS)
    model.set_weights([f32(2, 3), f32(1, 0), f32(1, 2), f32(4, 16)])
    np.testing.assert_allclose(model.predict(ROWS), f32([1, 0], [3, 3]))


@pytest.mark.parametrize("x", [ROWS, IMAGE], ids=["plain", "fused"])
def test_a_frozen_one_does_not_train(x: Any) -> None:
    layer = BatchNormalization(trainable=False)
    np.testing.assert_array_equal(apply(layer, x, training=True), apply(BatchNormalization(), x))
    assert not layer.moving_mean.numpy().any()
    assert [w.name.split("/")[1] for w in layer.non_trainable_weights] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]


def test_leaves_masked_steps_out() -> None:
    layer = BatchNormalization(momentum=0.0)
    x = f32([[1.0], [3.0], [0.0]], [[5.0], [0.0], [0.0]])
    apply(layer, x, training=True, masked=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), [3])
    np.testing.assert_allclose(layer.moving_variance.numpy(), [8 / 3], rtol=1e-6)


FUSED: dict[str, tuple[dict[str, Any], tuple[int, ...], bool]] = {
    "last": ({}, (2, 3, 4, 5), True),
    "first": ({"axis": 1}, (2, 3, 4, 5), True),
    "negative": ({"axis": -3}, (2, 3, 4, 5), True),
    "volume": ({}, (2, 3, 4, 5, 6), True),
    "volume middle": ({"axis": 3}, (2, 3, 4, 5, 6), False),
    "off": ({"fused": False}, (2, 3, 4, 5), False),
    "synchronized": ({"synchronized": True}, (2, 3, 4, 5), False),
    "rank": ({}, (2, 3, 4), False),
    "middle": ({"axis": 2}, (2, 3, 4, 5), False),
    "two axes": ({"axis": [1, 3]}, (2, 3, 4, 5), False),
    "half": ({"dtype": "mixed_float16"}, (2, 3, 4, 5), True),
    "double": ({"dtype": "float64"}, (2, 3, 4, 5), False),
}


@pytest.mark.parametrize("name", FUSED)
def test_is_fused_where_keras_fuses_it(name: str) -> None:
    options, shape, fused = FUSED[name]
    found = ops_of(BatchNormalization(**options), np.zeros(shape, np.float32))
    assert ("FusedBatchNormV3" in found) == fused


def test_synchronized_statistics_are_those_of_the_batch() -> None:
    layer, plain = (BatchNormalization(momentum=0.0, synchronized=flag) for flag in (True, False))
    np.testing.assert_allclose(
        apply(layer, ROWS, training=True), apply(plain, ROWS, training=True), rtol=1e-5
    )
    np.testing.assert_allclose(layer.moving_variance.numpy(), plain.moving_variance.numpy())
    assert "synchronized" not in layer.get_config()


def test_sync_batch_normalization_is_a_synchronized_one() -> None:
    layer, plain = SyncBatchNormalization(name="n"), BatchNormalization(name="n", synchronized=True)
    assert apply(layer, ROWS, training=True).tolist() == apply(plain, ROWS, training=True).tolist()
    assert layer.get_config() == plain.get_config()


def test_renorm_corrects_towards_its_running_statistics() -> None:
    layer = BatchNormalization(renorm=True, renorm_momentum=0.5, momentum=0.75, epsilon=0.0)
    # The statistics that it has run to, mean 0 and deviation 1, normalize nothing.
    np.testing.assert_allclose(apply(layer, ROWS, training=True), ROWS, rtol=1e-6)
    # mean (2, 4), deviation (1, 2).
    np.testing.assert_allclose(layer.renorm_mean.numpy(), f32(1, 2))
    np.testing.assert_allclose(layer.renorm_stddev.numpy(), f32(1, 1.5))
    np.testing.assert_allclose(layer.moving_mean.numpy(), f32(0.5, 1))
    np.testing.assert_allclose(layer.moving_stddev.numpy(), f32(1, 1.25))
    np.testing.assert_allclose(layer.moving_variance.numpy(), f32(1, 1.5625))


def test_renorm_bounds_its_correction() -> None:
    bounds = {"rmax": 1.5, "rmin": 1.25, "dmax": 3}
    layer = BatchNormalization(renorm=True, renorm_clipping=bounds, epsilon=0.0)
    # Ratios 1 and 2, shifts 2 and 4.
    np.testing.assert_allclose(apply(layer, ROWS, training=True), f32([0.75, 1.5], [3.25, 4.5]), rtol=1e-6)
    assert reread(layer).renorm_clipping == bounds


def test_renorm_starts_from_the_root_of_the_variance() -> None:
    layer = BatchNormalization(
        renorm=True, moving_variance_initializer={"class_name": "Constant", "config": {"value": 4}}
    )
    apply(layer, ROWS)
    assert layer.renorm_stddev.numpy().tolist() == layer.moving_stddev.numpy().tolist() == [2, 2]


def test_keeps_its_weights_in_float32() -> None:
    for dtype in ("float16", "mixed_float16", "mixed_bfloat16"):
        layer = BatchNormalization(dtype=dtype)
        apply(layer, ROWS)
        assert {w.dtype.name for w in layer.weights} == {"float32"}


def test_states_its_build() -> None:
    layer = BatchNormalization(axis=[-1, 1])
    apply(layer, IMAGE)
    assert layer.axis == [3, 1]
    assert layer.input_spec() == InputSpec(ndim=4, axes={3: 4, 1: 2})
    assert [w.shape for w in layer.weights] == [(1, 2, 1, 4)] * 4
    assert layer.tracked_lists() == ("axis", "_param_shape")
    again = reread(layer)
    assert again.axis == [3, 1]
    assert (layer.moving_mean.synchronization, layer.moving_mean.aggregation) == (3, 2)
