from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32, model_of, reread

IMAGE = np.arange(2 * 2 * 3 * 4, dtype=np.float32).reshape(2, 2, 3, 4) % 7
ROWS = f32([1, 2], [3, 6])


def ops_of(layer: Layer, *arrays: Any, training: bool = False) -> set[str]:
    model = model_of(layer, *arrays)
    specs = model.input_specs
    return {node.op for node in layer.traces.exact(specs, {}, training).function.nodes}


class TestLayers(LayerTests):
    uses = [
        use(LayerNormalization(), (None, 3), gives=(None, 3), weights={"gamma": (3,), "beta": (3,)}),
        use(
            LayerNormalization(axis=[1, 3], center=False),
            (None, 2, None, 4),
            gives=(None, 2, None, 4),
            weights={"gamma": (2, 4)},
        ),
        use(
            LayerNormalization(rms_scaling=True),
            (None, 3),
            gives=(None, 3),
            weights={"gamma": (3,)},
            not_in={"tf_keras": "Keras 2 has no such layer, or not with its options"},
        ),
        use(RMSNormalization(), (None, None, 3), gives=(None, None, 3), weights={"scale": (3,)}),
        use(GroupNormalization(2), (None, 5, 4), gives=(None, 5, 4), weights={"gamma": (4,), "beta": (4,)}),
        use(
            GroupNormalization(-1, axis=1, scale=False),
            (None, 4, 5),
            gives=(None, 4, 5),
            weights={"beta": (4,)},
        ),
        use(UnitNormalization(), (None, 4, 5), gives=(None, 4, 5)),
        use(UnitNormalization([1, 2]), (None, 4, 5), gives=(None, 4, 5)),
    ]
    refused = {
        "axis": (
            lambda: apply(LayerNormalization(axis=[0, 5], name="it"), ROWS),
            "option axis: expected axes of inputs with 2 dimensions, got [0, 5]",
        ),
        "groups": (
            lambda: apply(GroupNormalization(groups=2, name="it"), np.zeros((2, 3), np.float32)),
            "option groups: expected a divisor of 3",
        ),
        "no groups": (lambda: apply(GroupNormalization(groups=0, name="it"), ROWS), "option groups"),
    }


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
