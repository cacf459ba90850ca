"""Convolutions: plain, depthwise, separable, transposed, locally connected."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.input_spec import InputSpec

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]
FIRST = {"data_format": "channels_first"}
ONES = {"kernel_initializer": "ones"}
RNG = np.random.default_rng(5)


def model_of(layer: Any, shape: Shape, dtype: str = "float32") -> kerasfmt.Model:
    inputs = kerasfmt.Input(batch_shape=shape, dtype=dtype)
    model = kerasfmt.Model(inputs, layer(inputs))
    model.set_weights([RNG.normal(size=w.shape).astype(w.dtype.numpy) for w in model.weights])
    return model


def convolved(x: Array, kernel: Array, stride: int = 1, dilation: int = 1) -> Array:
    """The convolution of (batch, height, width, channels), by loops; nothing is padded."""
    rows, columns = kernel.shape[:2]
    height = (x.shape[1] - (rows - 1) * dilation - 1) // stride + 1
    width = (x.shape[2] - (columns - 1) * dilation - 1) // stride + 1
    out = np.zeros((x.shape[0], height, width, kernel.shape[3]))
    for i, j, r, c in product(range(height), range(width), range(rows), range(columns)):
        out[:, i, j] += x[:, i * stride + r * dilation, j * stride + c * dilation] @ kernel[r, c]
    return out


# Layer, input shape, output shape, shapes of the weights.
SHAPES: list[tuple[Any, Shape, Shape, list[Shape]]] = [
    (layers.Conv1D(4, 3), (None, None, 6), (None, None, 4), [(3, 6, 4), (4,)]),
    (layers.Conv1D(4, 3, strides=2, padding="same"), (None, 9, 6), (None, 5, 4), [(3, 6, 4), (4,)]),
    (layers.Conv1D(4, 3, padding="causal", dilation_rate=2), (2, 9, 6), (2, 9, 4), [(3, 6, 4), (4,)]),
    (layers.Conv1D(4, 3, **FIRST), (None, 6, 9), (None, 4, 7), [(3, 6, 4), (4,)]),
    (layers.Conv2D(4, (3, 2)), (None, None, 8, 6), (None, None, 7, 4), [(3, 2, 6, 4), (4,)]),
    (layers.Conv2D(4, 3, groups=2), (None, 9, 8, 6), (None, 7, 6, 4), [(3, 3, 3, 4), (4,)]),
    (layers.Conv2D(4, 3, dilation_rate=2), (None, None, 8, 6), (None, None, 4, 4), [(3, 3, 6, 4), (4,)]),
    (layers.Conv2D(4, 3, use_bias=False), (None, 2, 9, 8, 6), (None, 2, 7, 6, 4), [(3, 3, 6, 4)]),
    (layers.Conv3D(4, 2), (None, 5, None, 6, 3), (None, 4, None, 5, 4), [(2, 2, 2, 3, 4), (4,)]),
    (layers.DepthwiseConv1D(3, depth_multiplier=2), (None, 9, 6), (None, 7, 12), [(3, 6, 2), (12,)]),
    (layers.DepthwiseConv2D(3, **FIRST), (None, 6, 9, 8), (None, 6, 7, 6), [(3, 3, 6, 1), (6,)]),
    (layers.SeparableConv1D(4, 3), (None, 9, 6), (None, 7, 4), [(3, 6, 1), (1, 6, 4), (4,)]),
    (
        layers.SeparableConv2D(4, 3, depth_multiplier=2),
        (None, None, 8, 6),
        (None, None, 6, 4),
        [(3, 3, 6, 2), (1, 1, 12, 4), (4,)],
    ),
    (layers.Conv1DTranspose(4, 3, strides=2), (None, 9, 6), (None, 19, 4), [(3, 4, 6), (4,)]),
    (
        layers.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1),
        (None, None, 8, 6),
        (None, None, 16, 4),
        [(3, 3, 4, 6), (4,)],
    ),
    (layers.Conv2DTranspose(4, 3, dilation_rate=2), (None, 9, 8, 6), (None, 13, 12, 4), [(3, 3, 4, 6), (4,)]),
    (layers.Conv3DTranspose(4, 2), (None, 5, 4, 3, 6), (None, 6, 5, 4, 4), [(2, 2, 2, 4, 6), (4,)]),
    (layers.LocallyConnected1D(4, 3), (None, 7, 6), (None, 5, 4), [(5, 18, 4), (5, 4)]),
    (layers.LocallyConnected1D(4, 7), (None, 7, 6), (None, 1, 4), [(1, 42, 4), (1, 4)]),
    (
        layers.LocallyConnected1D(4, 3, padding="same", implementation=2),
        (None, 7, 6),
        (None, 7, 4),
        [(7, 6, 7, 4), (7, 4)],
    ),
    (
        layers.LocallyConnected2D(4, 3, implementation=3),
        (None, 4, 3, 6),
        (None, 2, 1, 4),
        [(432,), (2, 1, 4)],
    ),
]


@pytest.mark.parametrize(("layer", "shape", "expected", "weights"), SHAPES)
def test_shapes(layer: Any, shape: Shape, expected: Shape, weights: list[Shape]) -> None:
    model = model_of(layer, shape)
    assert model.outputs[0].shape == expected
    assert [w.shape for w in layer.weights] == weights
    x = np.zeros(tuple(d or 11 for d in shape), np.float32)
    got = model.predict(x).shape
    assert all(e is None or e == g for e, g in zip(expected, got, strict=True))
    config = layer.get_config()
    assert type(layer).from_config(config).get_config() == config


def test_config_in_keras_order() -> None:
    config = layers.Conv2D(4, 3, activation="relu", name="c").get_config()
    assert list(config)[3:11] == [
        *(
            "filters",
            "kernel_size",
            "strides",
            "padding",
            "data_format",
            "dilation_rate",
            "groups",
            "activation",
        )
    ]
    assert config["kernel_size"] == (3, 3)
    assert config["strides"] == (1, 1)
    assert config["activation"] == "relu"
    assert list(layers.DepthwiseConv2D(3).get_config())[-4:] == [
        *("depth_multiplier", "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint")
    ]
    assert list(layers.Conv2DTranspose(4, 3).get_config())[-1] == "output_padding"
    assert "dilation_rate" not in layers.Conv3DTranspose(4, 3).get_config()


def test_positional_options_as_in_keras() -> None:
    assert layers.DepthwiseConv2D(3, 1, "same", 2).depth_multiplier == 2
    assert layers.SeparableConv2D(4, 3, 1, "same", None, 1, 2).depth_multiplier == 2
    assert layers.Conv2DTranspose(4, 3, 2, "same", 1).output_padding == (1, 1)


def test_options_of_weights() -> None:
    layer = layers.SeparableConv2D(4, 3, depthwise_regularizer="l2", pointwise_constraint="non_neg")
    model_of(layer, (None, 9, 8, 6))
    assert layer.depthwise_kernel.regularizer is not None
    assert layer.depthwise_kernel.constraint is None
    assert layer.pointwise_kernel.regularizer is None
    assert layer.pointwise_kernel.constraint is not None


def test_input_specs() -> None:
    conv, first = layers.Conv2D(4, 3, groups=2), layers.Conv2D(4, 3, **FIRST)
    model_of(conv, (None, 9, 8, 6)), model_of(first, (None, 6, 9, 8))
    assert conv.input_spec() == InputSpec(min_ndim=4, axes={-1: 6})
    assert first.input_spec() == InputSpec(min_ndim=4, axes={-3: 6})


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 2), (1, 3)])
def test_conv2d_by_loops(stride: int, dilation: int) -> None:
    layer = layers.Conv2D(4, (3, 2), strides=stride, dilation_rate=dilation)
    model = model_of(layer, (None, 9, 8, 3))
    kernel, bias = layer.get_weights()
    x = RNG.normal(size=(2, 9, 8, 3)).astype(np.float32)
    # float32 sums of 18 products.
    np.testing.assert_allclose(
        model.predict(x), convolved(x, kernel, stride, dilation) + bias, rtol=1e-4, atol=1e-5
    )


def test_groups_are_convolutions_of_their_own() -> None:
    layer = layers.Conv2D(4, 3, groups=2, activation="relu")
    model = model_of(layer, (None, 5, 5, 6))
    kernel, bias = layer.get_weights()
    x = RNG.normal(size=(2, 5, 5, 6)).astype(np.float32)
    halves = [convolved(x[..., :3], kernel[..., :2]), convolved(x[..., 3:], kernel[..., 2:])]
    np.testing.assert_allclose(
        model.predict(x), np.maximum(np.concatenate(halves, -1) + bias, 0), rtol=1e-4, atol=1e-5
    )
    (call,) = [n for n in model.layers[1].traces.exact(model.inputs[0].spec).function.nodes if "f" in n.attrs]
    assert call.attrs["f"].compiled  # type: ignore[union-attr]


def test_causal_outputs_see_no_later_input() -> None:
    model = model_of(layers.Conv1D(2, 3, padding="causal", dilation_rate=2), (None, 8, 3))
    x = RNG.normal(size=(1, 8, 3)).astype(np.float32)
    changed = x.copy()
    changed[:, 5:] += 1
    before, after = model.predict(x), model.predict(changed)
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert not np.allclose(before[:, 5], after[:, 5])


def test_same_dilation_of_unknown_size() -> None:
    layer = layers.Conv2D(2, 3, padding="same", dilation_rate=2)
    model = model_of(layer, (None, None, None, 3))
    kernel, bias = layer.get_weights()
    for size in (5, 6, 7):
        x = RNG.normal(size=(2, size, size + 1, 3)).astype(np.float32)
        padded = np.pad(x, [(0, 0), (2, 2), (2, 2), (0, 0)])
        np.testing.assert_allclose(
            model.predict(x), convolved(padded, kernel, 1, 2) + bias, rtol=1e-4, atol=1e-5
        )


def test_transposed_spreads_each_input() -> None:
    model = model_of(layer := layers.Conv1DTranspose(1, 2, strides=2, use_bias=False), (None, 3, 1))
    layer.set_weights([np.array([[[10]], [[1]]], np.float32)])
    np.testing.assert_array_equal(
        model.predict(np.array([[[1], [2], [3]]], np.float32)).ravel(), [10, 1, 20, 2, 30, 3]
    )


def test_dilated_transposed_is_the_gradient() -> None:
    """<conv(x), y> = <x, conv_transpose(y)> for one kernel."""
    conv = layers.Conv2D(2, 3, dilation_rate=2, use_bias=False)
    transposed = layers.Conv2DTranspose(3, 3, dilation_rate=2, use_bias=False)
    forward, backward = model_of(conv, (None, 9, 8, 3)), model_of(transposed, (None, 5, 4, 2))
    transposed.set_weights(conv.get_weights())
    x = RNG.normal(size=(1, 9, 8, 3)).astype(np.float32)
    y = RNG.normal(size=(1, 5, 4, 2)).astype(np.float32)
    left, right = np.sum(forward.predict(x) * y), np.sum(x * backward.predict(y))
    assert left == pytest.approx(right, rel=1e-4)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_implementations_of_locally_connected_agree(data_format: str) -> None:
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


def test_kernel_is_read_in_the_compute_dtype() -> None:
    model = model_of(layers.Conv1D(4, 3, dtype="mixed_float16"), (None, 9, 6), "float16")
    assert model.outputs[0].dtype.name == "float16"
    assert model.weights[0].dtype.name == "float32"
    assert model.predict(np.ones((1, 9, 6), np.float16)).dtype == np.float16


ERRORS: list[tuple[Any, str]] = [
    (lambda: layers.Conv2D(0, 3), "option filters: expected a whole number of at least 1, got 0"),
    (
        lambda: layers.Conv2D(4, (3, 3, 3)),
        "option kernel_size: expected 2 integers of at least 1, got (3, 3, 3)",
    ),
    (lambda: layers.Conv2D(4, 3, strides=0), "option strides: expected 2 integers of at least 1, got 0"),
    (
        lambda: layers.Conv2D(4, 3, padding="causal"),
        "option padding: expected one of ['valid', 'same'], got 'causal'",
    ),
    (lambda: layers.Conv2D(4, 3, groups=3), "option groups: expected a divisor of filters=4, got 3"),
    (
        lambda: layers.Conv2D(4, 3, strides=2, dilation_rate=2),
        "option dilation_rate: expected 1 with strides [2, 2], got [2, 2]",
    ),
    (
        lambda: layers.Conv2DTranspose(4, 3, strides=2, output_padding=2),
        "option output_padding: expected less than strides (2, 2), got (2, 2)",
    ),
    (
        lambda: layers.Conv2DTranspose(4, 3, dilation_rate=(1, 2)),
        "option dilation_rate: expected two equal numbers, got (1, 2)",
    ),
    (
        lambda: layers.Conv3DTranspose(4, 3, dilation_rate=2),
        "option dilation_rate: expected 1, got (2, 2, 2)",
    ),
    (
        lambda: layers.LocallyConnected1D(4, 3, padding="same"),
        "option padding: expected 'valid' with implementation 1, got 'same'",
    ),
    (
        lambda: layers.LocallyConnected1D(4, 3, implementation=4),
        "option implementation: expected one of [1, 2, 3], got 4",
    ),
    (
        lambda: model_of(layers.Conv2D(4, 3, groups=4), (None, 9, 8, 6)),
        "option groups: expected a divisor of the 6 input channels, got 4",
    ),
    (lambda: model_of(layers.Conv2D(4, 3), (None, 9, 8, None)), "input: expected a known size of axis -1"),
    (
        lambda: model_of(layers.Conv2D(4, 3), (None, 8, 6)),
        "input: expected at least 4 dimensions, got shape (None, 8, 6)",
    ),
    (
        lambda: model_of(layers.Conv2D(4, 5), (None, 3, 3, 6)),
        "option kernel_size: expected at most 3, the size of axis 1, got 5",
    ),
    (
        lambda: model_of(layers.SeparableConv1D(4, 3, dilation_rate=4, **FIRST), (None, 6, 8)),
        "option kernel_size: expected at most 8, the size of axis 2, got 3, dilated to 9",
    ),
    (lambda: model_of(layers.DepthwiseConv2D(3), (None, 8, 6)), "input: expected 4 dimensions"),
    (lambda: model_of(layers.Conv2DTranspose(4, 3), (None, 8, 6)), "input: expected 4 dimensions"),
    (
        lambda: model_of(layers.LocallyConnected1D(4, 3), (None, None, 6)),
        "input: expected a known size of axis 1",
    ),
    (
        lambda: model_of(layers.LocallyConnected1D(4, 8), (None, 7, 6)),
        "input: expected sizes of at least (8,)",
    ),
]


@pytest.mark.parametrize(("make", "text"), ERRORS)
def test_errors(make: Any, text: str) -> None:
    with pytest.raises(InvalidModelError) as caught:
        make()
    assert text in str(caught.value)
    assert str(caught.value).startswith("layer ")


def test_shared_layer_keeps_its_channels() -> None:
    layer = layers.Conv2D(4, 3, name="c")
    layer(kerasfmt.Input((9, 8, 3)))
    with pytest.raises(
        InvalidModelError, match=r"layer c \(Conv2D\): input: expected 3 elements along axis -1"
    ):
        layer(kerasfmt.Input((9, 8, 6)))


def test_unknown_option() -> None:
    with pytest.raises(UnsupportedLayerError, match="unknown option window=3"):
        layers.Conv2D(4, 3, window=3)


def test_aliases() -> None:
    assert layers.Convolution2D is layers.Conv2D
    assert layers.SeparableConvolution1D is layers.SeparableConv1D
    assert layers.Convolution3DTranspose is layers.Conv3DTranspose
