"""ConvLSTM layers: against their formula, and what they have in common with other recurrent layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import (
    Bidirectional,
    ConvLSTM1D,
    ConvLSTM2D,
    ConvLSTM3D,
    Masking,
    Reshape,
    TimeDistributed,
)
from tests.layers.rnn.one_cell import Array, draw

SHAPES: Mapping[type[Layer], tuple[int, ...]] = {
    ConvLSTM1D: (3, 5, 2),
    ConvLSTM2D: (3, 4, 5, 2),
    ConvLSTM3D: (2, 3, 4, 3, 2),
}


def model_of(layer: Layer, shape: tuple[int | None, ...], batch: int | None = None) -> kerasfmt.Model:
    x = kerasfmt.Input(shape, batch_size=batch)
    return kerasfmt.Model(x, layer(x))


def stirred(model: kerasfmt.Model) -> kerasfmt.Model:
    model.set_weights([draw(*w.shape) for w in model.weights])
    return model


def convolved(x: Array, kernel: Array, same: bool) -> Array:
    """A convolution with windows of 2 along every spatial axis, written out element by element."""
    rank = x.ndim - 2
    if same:
        x = np.pad(x, [(0, 0), *[(0, 1)] * rank, (0, 0)])
    sizes = [n - 1 for n in x.shape[1:-1]]
    out = np.zeros((x.shape[0], *sizes, kernel.shape[-1]))
    for offset in np.ndindex(*(2,) * rank):
        window = [slice(None), *(slice(o, o + n) for o, n in zip(offset, sizes, strict=True))]
        out += x[tuple(window)] @ kernel[offset]
    return out


def sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("cls", SHAPES, ids=lambda cls: cls.__name__)
def test_formula(cls: Any, padding: str) -> None:
    shape = SHAPES[cls]
    layer = cls(3, 2, padding=padding, recurrent_activation="sigmoid", return_sequences=True)
    model = stirred(model_of(layer, shape))
    kernel, recurrent, bias = model.get_weights()
    x = draw(2, *shape)
    h = c = np.zeros_like(convolved(x[:, 0], kernel[..., :3], padding == "same"))
    wanted = []
    for step in range(shape[0]):
        gates = convolved(x[:, step], kernel, padding == "same") + bias + convolved(h, recurrent, same=True)
        i, f, n, o = np.split(gates, 4, -1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(n)
        h = sigmoid(o) * np.tanh(c)
        wanted.append(h)
    np.testing.assert_allclose(model.predict(x), np.stack(wanted, 1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", SHAPES, ids=lambda cls: cls.__name__)
def test_outputs_and_states(cls: Any) -> None:
    shape = SHAPES[cls]
    model = stirred(model_of(cls(3, 2, return_state=True, padding="same"), shape))
    last, state, carry = model.predict(draw(2, *shape))
    assert last.shape == state.shape == carry.shape == (2, *shape[1:-1], 3)
    np.testing.assert_array_equal(last, state)
    assert [w.name.partition("/")[2] for w in model.weights] == ["kernel", "recurrent_kernel", "bias"]
    assert [w.shape[-1] for w in model.weights] == [12] * 3


def test_options() -> None:
    shape = (3, 6, 5, 2)
    strided = model_of(ConvLSTM2D(3, (3, 2), strides=(2, 1), go_backwards=True, use_bias=False), shape)
    assert strided.outputs[0].shape == (None, 2, 4, 3)
    assert strided.predict(draw(2, *shape)).shape == (2, 2, 4, 3)
    dilated = model_of(ConvLSTM2D(3, 2, dilation_rate=2, return_sequences=True), shape)
    assert dilated.predict(draw(2, *shape)).shape == (2, 3, 4, 3, 3)
    first = model_of(ConvLSTM2D(3, 2, data_format="channels_first"), (3, 2, 6, 5))
    last = model_of(ConvLSTM2D(3, 2), shape)
    last.set_weights(first.get_weights())
    x = draw(2, *shape)
    np.testing.assert_allclose(
        np.moveaxis(first.predict(np.moveaxis(x, -1, 2).copy()), 1, -1), last.predict(x), rtol=1e-5, atol=1e-6
    )


def test_open_sizes() -> None:
    model = stirred(model_of(ConvLSTM2D(3, 2, padding="same"), (None, None, None, 2)))
    assert model.outputs[0].shape == (None, None, None, 3)
    assert model.predict(draw(2, 3, 4, 5, 2)).shape == (2, 4, 5, 3)


def test_dropout_is_for_training_alone() -> None:
    layer = ConvLSTM2D(3, 2, dropout=0.5, recurrent_dropout=0.25, name="layer")
    model = model_of(layer, (3, 6, 5, 2))
    for training, count in ((True, 8), (False, 0)):
        (site,) = model.default_trace(training).function.call_sites
        assert sum(node.op == "RandomUniform" for node in site.callee.nodes) == count


def test_stateful() -> None:
    layer = ConvLSTM2D(3, 2, stateful=True)
    model = model_of(layer, (3, 6, 5, 2), batch=2)
    assert [w.shape for w in layer.states] == [(2, 5, 4, 3)] * 2
    x = draw(2, 3, 6, 5, 2)
    first = model.predict(x)
    assert not np.allclose(model.predict(x), first)
    layer.reset_states()
    np.testing.assert_array_equal(model.predict(x), first)
    with pytest.raises(InvalidModelError, match="option stateful: expected inputs of a known shape"):
        model_of(ConvLSTM2D(3, 2, stateful=True), (3, None, 5, 2), batch=2)


def test_masked_steps_keep_their_outputs() -> None:
    x = kerasfmt.Input((3, 6, 2))
    steps = Masking()(Reshape((3, 12))(x))
    model = stirred(
        kerasfmt.Model(x, ConvLSTM1D(3, 2, return_sequences=True)(TimeDistributed(Reshape((6, 2)))(steps)))
    )
    rows = draw(2, 3, 6, 2)
    rows[0, 1:] = 0
    found = model.predict(rows)
    np.testing.assert_array_equal(found[0, 1], found[0, 0])
    np.testing.assert_array_equal(found[0, 2], found[0, 0])
    assert not np.allclose(found[1, 1], found[1, 0])


def test_both_directions() -> None:
    x = kerasfmt.Input((3, 6, 2))
    model = stirred(
        kerasfmt.Model(x, Bidirectional(ConvLSTM1D(3, 2, return_sequences=True, name="inner"))(x))
    )
    assert model.predict(draw(2, 3, 6, 2)).shape == (2, 3, 5, 6)
    assert model.weights[3].name.partition("/")[2] == "backward_inner/kernel"


def test_what_keras_is_told() -> None:
    layer = ConvLSTM2D(3, 2, name="layer")
    assert layer.unbuilt_input_spec == [InputSpec(ndim=5)]
    layer(kerasfmt.Input((3, 6, 5, 2)))
    assert layer.input_spec() == [InputSpec(shape=(None, None, 6, 5, 2), ndim=5)]
    assert layer.state_spec == layer.saved_states() == [None, None]
    assert layer.cell.name == "conv_lstm_cell"


@pytest.mark.parametrize("cls", SHAPES, ids=lambda cls: cls.__name__)
def test_config_comes_back(cls: Any) -> None:
    config: dict[str, Any] = cls(
        3, 2, activity_regularizer="l2", dropout=0.5, zero_output_for_mask=True
    ).get_config()
    assert cls.from_config(config).get_config() == config
    assert [*config][3:12] == [
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major",
        "zero_output_for_mask", "filters", "kernel_size",
    ]  # fmt: skip
    assert [*config][-2:] == ["dropout", "recurrent_dropout"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"unroll": True}, "option unroll: expected False"),
        ({"time_major": True}, "option time_major: expected False"),
        ({"strides": 2, "dilation_rate": 2}, "option dilation_rate: expected 1 with strides"),
        ({"kernel_size": 0}, "option kernel_size: expected 2 integers of at least 1"),
        ({"padding": "causal"}, "option padding: expected one of"),
    ],
)
def test_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(KerasfmtError, match=rf"layer it \(ConvLSTM2D\): {text}"):
        ConvLSTM2D(**{"filters": 2, "kernel_size": 2, **options}, name="it")
