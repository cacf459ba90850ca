from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    SyncBatchNormalization,
    UnitNormalization,
)
from tests.layers.one_layer import apply, f32, model_of, reread

IMAGE = np.arange(2 * 2 * 3 * 4, dtype=np.float32).reshape(2, 2, 3, 4) % 7
ROWS = f32([1, 2], [3, 6])


def ops_of(layer: Layer, *arrays: Any, training: bool = False) -> set[str]:
    model = model_of(layer, *arrays)
    specs = model.input_specs
    return {node.op for node in layer.traces.exact(specs, {}, training).function.nodes}


def test_batch_normalization_moves_its_averages() -> None:
    layer = BatchNormalization(momentum=0.75, epsilon=0.0)
    np.testing.assert_allclose(apply(layer, ROWS, training=True), f32([-1, -1], [1, 1]))
    # mean (2, 4), variance (1, 4): a quarter of the way from (0, 0) and (1, 1).
    np.testing.assert_array_equal(layer.moving_mean.numpy(), f32(0.5, 1))
    np.testing.assert_array_equal(layer.moving_variance.numpy(), f32(1, 1.75))


def test_fused_batch_normalization_corrects_the_variance() -> None:
    layer = BatchNormalization(momentum=0.5, epsilon=0.0)
    x = ROWS.reshape(2, 1, 1, 2)
    np.testing.assert_allclose(apply(layer, x, training=True).reshape(2, 2), f32([-1, -1], [1, 1]))
    # Bessel's correction makes the variances 2 and 8.
    np.testing.assert_array_equal(layer.moving_mean.numpy(), f32(1, 2))
    np.testing.assert_array_equal(layer.moving_variance.numpy(), f32(1.5, 4.5))


def test_batch_normalization_infers_with_its_averages() -> None:
    layer = BatchNormalization(epsilon=0.0)
    model = model_of(layer, ROWS)
    model.set_weights([f32(2, 3), f32(1, 0), f32(1, 2), f32(4, 16)])
    np.testing.assert_allclose(model.predict(ROWS), f32([1, 0], [3, 3]))


@pytest.mark.parametrize("x", [ROWS, IMAGE], ids=["plain", "fused"])
def test_frozen_batch_normalization_does_not_train(x: Any) -> None:
    layer = BatchNormalization(trainable=False)
    np.testing.assert_array_equal(apply(layer, x, training=True), apply(BatchNormalization(), x))
    assert not layer.moving_mean.numpy().any()
    assert [w.name.split("/")[1] for w in layer.non_trainable_weights] == [
        "gamma",
        "beta",
        "moving_mean",
        "moving_variance",
    ]


def test_batch_normalization_leaves_masked_steps_out() -> None:
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
def test_batch_normalization_is_fused_where_keras_fuses_it(name: str) -> None:
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


def test_rms_normalization() -> None:
    layer = RMSNormalization(epsilon=0.0)
    np.testing.assert_allclose(apply(layer, f32([3, 4])), f32([3, 4]) / np.sqrt(12.5), rtol=1e-6)
    both = RMSNormalization(axis=[2, 1], epsilon=0.0)
    x = IMAGE[0]
    np.testing.assert_allclose(
        apply(both, x), x / np.sqrt(np.mean(np.square(x), (1, 2), keepdims=True)), rtol=1e-6
    )
    assert both.scale.shape == (3, 4)


def test_layer_normalization_scaled_by_the_deviation() -> None:
    layer = LayerNormalization(rms_scaling=True, epsilon=0.0, scale=False)
    np.testing.assert_allclose(apply(layer, f32([1, 3])), f32([1, 3]), rtol=1e-6)
    assert [w.name.split("/")[1] for w in layer.weights] == ["gamma"]
    assert reread(layer).rms_scaling


def test_batch_normalization_keeps_its_weights_in_float32() -> None:
    for dtype in ("float16", "mixed_float16", "mixed_bfloat16"):
        layer = BatchNormalization(dtype=dtype)
        apply(layer, ROWS)
        assert {w.dtype.name for w in layer.weights} == {"float32"}


def test_batch_normalization_states_its_build() -> None:
    layer = BatchNormalization(axis=[-1, 1])
    apply(layer, IMAGE)
    assert layer.axis == [3, 1]
    assert layer.input_spec() == InputSpec(ndim=4, axes={3: 4, 1: 2})
    assert [w.shape for w in layer.weights] == [(1, 2, 1, 4)] * 4
    assert layer.tracked_lists() == ("axis", "_param_shape")
    again = reread(layer)
    assert again.axis == [3, 1]
    assert (layer.moving_mean.synchronization, layer.moving_mean.aggregation) == (3, 2)


def test_layer_normalization() -> None:
    expected = f32([-1, 1], [-1, 1])
    np.testing.assert_allclose(apply(LayerNormalization(epsilon=1e-4), ROWS), expected, atol=1e-3)
    plain = LayerNormalization(epsilon=0.0)
    np.testing.assert_allclose(apply(plain, ROWS), expected)
    assert "FusedBatchNormV3" not in ops_of(LayerNormalization(epsilon=1e-6), ROWS)
    assert "FusedBatchNormV3" in ops_of(LayerNormalization(axis=[1, 2, 3]), IMAGE)
    assert "FusedBatchNormV3" not in ops_of(LayerNormalization(axis=[1, 3]), IMAGE)
    assert "FusedBatchNormV3" not in ops_of(LayerNormalization(axis=1), IMAGE)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2], [2, 3], [3, 1]])
def test_layer_normalization_over_axes(axis: Any) -> None:
    layer = LayerNormalization(axis=axis)
    axes = tuple(np.ravel(axis))
    result = apply(layer, IMAGE)
    wide = IMAGE.astype(np.float64)
    mean, variance = wide.mean(axes, keepdims=True), wide.var(axes, keepdims=True)
    # Single precision against double.
    np.testing.assert_allclose(result, (wide - mean) / np.sqrt(variance + 1e-3), rtol=1e-4, atol=1e-5)
    assert reread(layer).axis == layer.axis
    assert layer.tracked_lists() == ("axis",)


def test_group_normalization() -> None:
    x = f32([1, 3, 10, 30])
    layer = GroupNormalization(groups=2, epsilon=0.0)
    np.testing.assert_allclose(apply(layer, x), f32([-1, 1, -1, 1]), rtol=1e-6)
    assert layer.input_spec() == InputSpec(ndim=2, axes={-1: 4})
    instance = GroupNormalization(groups=-1)
    np.testing.assert_array_equal(apply(instance, x), np.zeros_like(x))
    assert instance.groups == 4
    reread(instance)


def test_unit_normalization() -> None:
    layer = UnitNormalization()
    np.testing.assert_allclose(apply(layer, f32([3, 4], [0, 0])), f32([0.6, 0.8], [0, 0]), rtol=1e-6)
    assert reread(layer).axis == -1


FAILURES: dict[str, tuple[type[Layer], dict[str, Any], tuple[int, ...], str]] = {
    "axis": (
        BatchNormalization,
        {"axis": 4},
        (2, 3),
        "option axis: expected axes of inputs with 2 dimensions, got 4",
    ),
    "axis twice": (BatchNormalization, {"axis": [1, -1]}, (2, 3), "expected each axis once"),
    "axis type": (
        BatchNormalization,
        {"axis": "last"},
        (2, 3),
        "option axis: expected an axis or a list of axes",
    ),
    "fused axis": (
        BatchNormalization,
        {"axis": 2, "fused": True},
        (2, 3, 4, 5),
        "option fused: expected False or None",
    ),
    "fused rank": (
        BatchNormalization,
        {"fused": True},
        (2, 3),
        "option fused: expected inputs of 4 or 5 dimensions, got 2",
    ),
    "fused synchronized": (
        BatchNormalization,
        {"fused": True, "synchronized": True},
        (2, 3),
        "synchronized is set",
    ),
    "fused first": (BatchNormalization, {"axis": -4}, (2, 3, 4, 5), "expected 1 or 3 for the fused op"),
    "renorm fused": (BatchNormalization, {"renorm": True, "fused": True}, (2, 3, 4, 5), "does not renorm"),
    "renorm bound": (
        BatchNormalization,
        {"renorm": True, "renorm_clipping": {"max": 2}},
        (2, 3),
        "option renorm_clipping: expected bounds rmin, rmax and dmax, got ['max']",
    ),
    "renorm text": (
        BatchNormalization,
        {"renorm": True, "renorm_clipping": {"rmax": "2"}},
        (2, 3),
        "option renorm_clipping: expected numbers or None",
    ),
    "virtual": (
        BatchNormalization,
        {"virtual_batch_size": 2},
        (2, 3),
        "option virtual_batch_size: expected None, got 2",
    ),
    "layer axis": (LayerNormalization, {"axis": [0, 5]}, (2, 3), "option axis"),
    "groups": (GroupNormalization, {"groups": 2}, (2, 3), "option groups: expected a divisor of 3"),
    "no groups": (GroupNormalization, {"groups": 0}, (2, 3), "option groups"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_say_what_is_wrong(name: str) -> None:
    cls, options, shape, message = FAILURES[name]
    with pytest.raises((InvalidModelError, UnsupportedLayerError)) as caught:
        apply(cls(name="norm", **options), np.zeros(shape, np.float32))
    assert message in str(caught.value)
    assert "layer norm" in str(caught.value)


def test_unknown_axis() -> None:
    import kerasfmt

    with pytest.raises(InvalidModelError, match="expected a known size"):
        BatchNormalization()(kerasfmt.Input((3, None)))


@pytest.mark.parametrize(
    ("layer", "save_format"),
    [
        (RMSNormalization(name="norm"), "tf_keras"),
        (LayerNormalization(rms_scaling=True, name="norm"), "tf_keras"),
        (SyncBatchNormalization(name="norm"), "keras"),
    ],
)
def test_archives_that_hold_it_and_one_that_cannot(layer: Layer, save_format: str, tmp_path: Path) -> None:
    import kerasfmt

    other = "keras" if save_format == "tf_keras" else "tf_keras"
    model = model_of(layer, ROWS)
    with pytest.raises(UnsupportedLayerError, match=r"layer norm \(\w+\): Keras \d has no such layer"):
        kerasfmt.save_model(model, tmp_path / "m.keras", save_format=save_format)
    kerasfmt.save_model(model, tmp_path / "m.keras", save_format=other)
    np.testing.assert_array_equal(
        kerasfmt.load_model(tmp_path / "m.keras").predict(ROWS), model.predict(ROWS)
    )
