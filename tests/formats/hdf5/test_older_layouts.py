"""Arrays of older layouts are shared out among the layers that adopt them, wherever these are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.hdf5.older_layouts import from_keras1, from_theano, in_todays_layout
from kerasfmt.formats.matching import ordered_weights
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import fields
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import ArrayLike, Weight
from kerasfmt.layers import (
    GRU,
    LSTM,
    BatchNormalization,
    Bidirectional,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    ConvLSTM2D,
    Dense,
    DepthwiseConv2D,
    TimeDistributed,
)
from tests.formats.hdf5.build import sequential_config, write_model


class Halves(Layer, register=False):
    """Two weights; older files have the first one in two halves, or both negative."""

    first: Weight = fields.weight()
    second: Weight = fields.weight()

    def build(self, inputs: Spec) -> None:
        self.first = self.add_weight("first", (4,))
        self.second = self.add_weight("second", (2,))

    def call(self, inputs: Value) -> Value:
        return inputs * ops.reduce_sum(ops.identity(inputs.graph.read(self.first)))

    def adopt(self, stored: Sequence[ArrayLike]) -> Sequence[ArrayLike]:
        arrays = [np.asarray(a) for a in stored]
        if len(arrays) == 3:
            return [np.concatenate(arrays[:2]), arrays[2]]
        if arrays and arrays[0].max() > 100:
            raise ValueError("expected less than 100")
        return [-a for a in arrays]


def built(layer: Layer) -> Layer:
    x = kerasfmt.Input((3,))
    kerasfmt.Model(x, layer(x))
    return layer


def named(*arrays: Any) -> list[tuple[str, Any]]:
    return [(f"a{i}", np.asarray(a, np.float32)) for i, a in enumerate(arrays)]


def plain(found: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(name, np.asarray(array).tolist()) for name, array in found]


OLD = ([1, 2], [3, 4], [5, 6])
NEW = ([-1, -2, -3, -4], [-5, -6])


def test_a_layer_that_adopts() -> None:
    layer = built(Halves(name="it"))
    assert plain(in_todays_layout(layer, named(*OLD), "file")) == [
        ("it/first", [1, 2, 3, 4]),
        ("it/second", [5, 6]),
    ]
    assert plain(in_todays_layout(layer, named(*NEW), "file")) == [("a0", [1, 2, 3, 4]), ("a1", [5, 6])]
    with pytest.raises(InvalidModelError, match=r"file: layer it \(Halves\): expected less than 100"):
        in_todays_layout(layer, named([101] * 4, [1, 1]), "file")


def test_other_layers_take_what_there_is() -> None:
    layer = built(Dense(2))
    stored = named([1], [2], [3])
    assert in_todays_layout(layer, stored, "file") == stored


def nested(*layers: Layer) -> kerasfmt.Model:
    x = y = kerasfmt.Input((3,))
    for layer in layers:
        y = layer(y)
    inner = kerasfmt.Model(x, y, name="inner")
    outer = kerasfmt.Input((3,))
    kerasfmt.Model(outer, inner(outer))
    return inner


def test_layers_in_a_model_by_place() -> None:
    inner = nested(BatchNormalization(name="norm"), Halves(name="it"))
    names = [weight.name for weight in ordered_weights(inner)]
    assert names == [
        "norm/gamma",
        "norm/beta",
        "it/first",
        "it/second",
        "norm/moving_mean",
        "norm/moving_variance",
    ]
    found = in_todays_layout(inner, named([1] * 3, [2] * 3, *NEW, [3] * 3, [4] * 3), "file")
    assert plain(found)[2:4] == [("a2", [1, 2, 3, 4]), ("a3", [5, 6])]
    assert plain(found)[0] == ("a0", [1] * 3) and plain(found)[5] == ("a5", [4] * 3)


def test_layers_in_a_model_by_shares() -> None:
    inner = nested(Halves(name="one"), Halves(name="two"))
    found = in_todays_layout(inner, named(*OLD, *OLD), "file")
    assert [name for name, _ in found] == ["one/first", "one/second", "two/first", "two/second"]
    assert np.asarray(found[2][1]).tolist() == [1, 2, 3, 4]
    odd = named(*OLD, [1], [2])
    assert in_todays_layout(inner, odd, "file") == odd
    mixed = nested(Halves(name="three"), BatchNormalization(name="norm"))
    both = named(*OLD, [1], [2], [3], [4])
    assert in_todays_layout(mixed, both, "file") == both


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (DepthwiseConv2D(3, data_format="channels_first", name="it"), "DepthwiseConv2D with channels_first"),
        (
            TimeDistributed(DepthwiseConv2D(3, data_format="channels_first")),
            "DepthwiseConv2D with channels_first",
        ),
    ],
)
def test_kernels_of_keras_1_in_an_order_that_is_not_read(layer: Layer, kind: str) -> None:
    with pytest.raises(
        UnsupportedFormatError, match=f"^file: Keras 1 stores the kernel of a {kind}.* in an order"
    ):
        from_keras1(layer, [], "file")


def test_kernels_of_keras_1_of_a_recurrent_convolution() -> None:
    layer = ConvLSTM2D(2, 3, name="it")
    layer(kerasfmt.Input((3, 6, 6, 1)))
    with pytest.raises(UnsupportedFormatError, match="Keras 1 stores the kernel of a ConvLSTM"):
        from_keras1(layer, [], "file")


def test_recurrent_kernels_of_theano_are_mirrored_too() -> None:
    layer = TimeDistributed(ConvLSTM2D(2, (3, 2), name="it"))
    layer(kerasfmt.Input((2, 3, 6, 6, 1)))
    kernel, recurrent, bias = draw((3, 2, 1, 8), (3, 2, 2, 8), (8,))
    found = from_theano(layer, named(kernel, recurrent, bias))
    for (_, array), expected in zip(found, (kernel[::-1, ::-1], recurrent[::-1, ::-1], bias), strict=True):
        np.testing.assert_array_equal(np.asarray(array), expected)


FIRST = {"data_format": "channels_first"}
KERNELS = {
    "Conv1D": (Conv1D(5, 3), (None, 7, 4), (3, 1, 4, 5), lambda a: a[:, 0]),
    "Conv1D of Keras 1.1": (Conv1D(5, 3), (None, 7, 4), (5, 4, 3, 1), lambda a: a[..., 0].transpose(2, 1, 0)),
    "Conv2D": (Conv2D(5, (3, 2)), (None, 7, 7, 4), (3, 2, 4, 5), lambda a: a),
    "Conv2D, channels first": (
        Conv2D(5, (3, 2), **FIRST),
        (None, 4, 7, 7),
        (5, 4, 3, 2),
        lambda a: a.transpose(2, 3, 1, 0),
    ),
    "Conv3D, channels first": (
        Conv3D(5, (3, 2, 1), **FIRST),
        (None, 4, 7, 7, 7),
        (5, 4, 3, 2, 1),
        lambda a: a.transpose(2, 3, 4, 1, 0),
    ),
    "Conv2DTranspose": (
        Conv2DTranspose(5, (3, 2)),
        (None, 7, 7, 4),
        (3, 2, 4, 5),
        lambda a: a.transpose(0, 1, 3, 2),
    ),
    "Conv2DTranspose, channels first": (
        Conv2DTranspose(5, (3, 2), **FIRST),
        (None, 4, 7, 7),
        (5, 4, 3, 2),
        lambda a: a.transpose(2, 3, 0, 1),
    ),
    "in a TimeDistributed": (TimeDistributed(Conv1D(5, 3)), (None, 2, 7, 4), (3, 1, 4, 5), lambda a: a[:, 0]),
}


@pytest.mark.filterwarnings("ignore:.*those of Theano:UserWarning")
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_of_keras_1(name: str) -> None:
    layer, shape, stored, change = KERNELS[name]
    x = kerasfmt.Input(shape[1:])
    layer(x)
    (array,) = draw(stored)
    found = from_keras1(layer, [("W", array), ("b", np.zeros(5, np.float32))], "file")
    assert tuple(found[0][1].shape) == layer.weights[0].shape
    np.testing.assert_array_equal(np.asarray(found[0][1]), change(array))
    assert found[1][0] == "b"


def test_a_kernel_that_may_be_mirrored() -> None:
    layer = Conv2D(5, 3, data_format="channels_first")
    layer(kerasfmt.Input((4, 7, 7)))
    with pytest.warns(UserWarning, match="file: Keras 1 does not say for which backend"):
        from_keras1(layer, named(*draw((5, 4, 3, 3), (5,))), "file")


def draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


STEPS = draw((2, 5, 3))[0]
CUDNN = {
    "name": "rnn",
    "trainable": True,
    "batch_input_shape": [None, 5, 3],
    "dtype": "float32",
    "return_sequences": False,
    "return_state": False,
    "go_backwards": False,
    "stateful": False,
    "units": 4,
    "kernel_initializer": {"class_name": "Ones", "config": {}},
    "bias_initializer": {"class_name": "Zeros", "config": {}},
    "kernel_regularizer": None,
    "activity_regularizer": None,
    "bias_constraint": None,
}
"""The config of a layer of cuDNN, as Keras 2.2 writes it."""


def old_file(
    path: Path, kind: str, arrays: Sequence[np.ndarray], config: Mapping[str, Any] = CUDNN, **options: Any
) -> Path:
    """A file with the model of one layer."""
    names = [f"rnn/{i}:0" if len(arrays) > 3 else f"rnn/{n}:0" for i, n in enumerate(NAMES[: len(arrays)])]
    entry = {"class_name": kind, "config": dict(config)}
    weights = {"rnn": dict(zip(names, arrays, strict=True))}
    return write_model(path / "m.h5", sequential_config(entry), weights, version="2.2.4", **options)


NAMES = ("kernel", "recurrent_kernel", "bias", *map(str, range(12)))


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_a_model_of_a_layer_of_cudnn(tmp_path: Path, kind: str, gates: int) -> None:
    stored = draw((3, gates * 4), (4, gates * 4), (2 * gates * 4,))
    model = kerasfmt.load_model(old_file(tmp_path, f"CuDNN{kind}", stored))
    layer = model.get_layer("rnn")
    assert type(layer) is (LSTM if kind == "LSTM" else GRU)
    for weight, array in zip(layer.weights, layer.adopt(stored), strict=True):
        np.testing.assert_array_equal(weight.numpy(), np.asarray(array))
    again = tmp_path / "again.h5"
    kerasfmt.save_model(model, again)
    np.testing.assert_array_equal(kerasfmt.load_model(again).predict(STEPS), model.predict(STEPS))


def test_plain_weights_of_a_layer_of_cudnn_stay(tmp_path: Path) -> None:
    stored = draw((3, 16), (4, 16), (16,))
    model = kerasfmt.load_model(old_file(tmp_path, "CuDNNLSTM", stored))
    for weight, array in zip(model.weights, stored, strict=True):
        np.testing.assert_array_equal(weight.numpy(), array)


def test_weights_of_cudnn_in_a_plain_layer(tmp_path: Path) -> None:
    config = {**CUDNN, "activation": "tanh", "recurrent_activation": "hard_sigmoid", "implementation": 0}
    stored = draw((3, 16), (4, 16), (32,))
    model = kerasfmt.load_model(old_file(tmp_path, "LSTM", stored, config))
    np.testing.assert_allclose(model.weights[2].numpy(), stored[2][:16] + stored[2][16:])
    assert model.get_layer("rnn").get_config()["implementation"] == 1


def test_weights_of_the_other_gru(tmp_path: Path) -> None:
    stored = draw((3, 12), (4, 12), (12,))
    with pytest.raises(
        InvalidModelError,
        match=r"layer rnn \(GRU\): layer rnn \(GRU\): .* make the layer with reset_after=False",
    ):
        kerasfmt.load_model(old_file(tmp_path, "CuDNNGRU", stored))


def test_a_gru_of_the_first_versions_resets_before_the_product(tmp_path: Path) -> None:
    config = {**CUDNN, "activation": "tanh", "recurrent_activation": "hard_sigmoid"}
    stored = draw((3, 12), (4, 12), (12,))
    model = kerasfmt.load_model(old_file(tmp_path, "GRU", stored, config))
    assert model.get_layer("rnn").get_config()["reset_after"] is False
    stated = {**config, "reset_after": True}
    both = [*stored[:2], np.stack([stored[2]] * 2)]
    other = tmp_path / "other"
    other.mkdir()
    model = kerasfmt.load_model(old_file(other, "GRU", both, stated))
    assert model.get_layer("rnn").get_config()["reset_after"] is True


def by_gates(kind: str, features: int = 3, units: int = 4) -> list[np.ndarray]:
    return draw(*[(features, units), (units, units), (units,)] * (4 if kind == "LSTM" else 3))


@pytest.mark.parametrize("version", ["1.2.2", None])
def test_weights_of_keras_1(tmp_path: Path, version: str | None) -> None:
    x = kerasfmt.Input((5, 3))
    model = kerasfmt.Sequential([x, LSTM(4, return_sequences=True), GRU(4, reset_after=False), Dense(2)])
    layers = model.layers
    stored = [by_gates("LSTM"), by_gates("GRU", features=4), draw((4, 2), (2,))]
    weights = {
        f"layer_{i}": {f"layer_{i}/{n}": array for n, array in enumerate(arrays)}
        for i, arrays in enumerate(stored)
    }
    path = write_model(tmp_path / "w.h5", weights=weights, version=version)
    kerasfmt.load_weights(model, path)
    for layer, arrays in zip(layers, stored, strict=True):
        for weight, array in zip(layer.weights, layer.adopt(arrays), strict=True):
            np.testing.assert_array_equal(weight.numpy(), np.asarray(array))


@pytest.mark.parametrize("cudnn", [False, True])
def test_both_directions_adopt_their_own(tmp_path: Path, cudnn: bool) -> None:
    x = kerasfmt.Input((5, 3))
    layer = Bidirectional(LSTM(4), name="both")
    model = kerasfmt.Model(x, layer(x))
    one = draw((3, 16), (4, 16), (32,)) if cudnn else by_gates("LSTM")
    other = [2 * array for array in one]
    arrays = {f"both/{n}": array for n, array in enumerate([*one, *other])}
    path = write_model(tmp_path / "w.h5", weights={"both": arrays}, version="2.2.4" if cudnn else "1.2.2")
    kerasfmt.load_weights(model, path)
    wanted = [np.asarray(a) for half in (one, other) for a in LSTM(4).adopt(half)]
    for weight, array in zip(model.weights, wanted, strict=True):
        np.testing.assert_array_equal(weight.numpy(), array)
