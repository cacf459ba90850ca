from __future__ import annotations

import numpy as np

import kerasfmt
from kerasfmt.layers import RNN, SimpleRNN, SimpleRNNCell
from tests.layers.rnn.one_cell import draw

X = draw(3, 5, 2)


def test_it_is_a_cell_that_runs() -> None:
    x = kerasfmt.Input((5, 2))
    layer = SimpleRNN(4, "relu", use_bias=True, return_sequences=True, name="layer")
    model = kerasfmt.Model(x, layer(x))
    other = kerasfmt.Model(x, RNN(SimpleRNNCell(4, "relu"), return_sequences=True)(x))
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(model.predict(X), other.predict(X))
    assert isinstance(layer.cell, SimpleRNNCell)
    assert layer.cell.options_of is layer
    assert [w.name for w in layer.weights] == [
        f"layer/{layer.cell.name}/{name}" for name in ("kernel", "recurrent_kernel", "bias")
    ]


def test_the_cell_has_the_options_of_the_layer() -> None:
    layer = SimpleRNN(
        4,
        dropout=0.1,
        recurrent_dropout=0.2,
        kernel_regularizer="l2",
        bias_initializer="ones",
        dtype="float64",
        seed=3,
        trainable=False,
    )
    cell = layer.cell
    assert isinstance(cell, SimpleRNNCell)
    for name in (
        "units",
        "dropout",
        "recurrent_dropout",
        "kernel_regularizer",
        "bias_initializer",
        "policy",
        "seed",
    ):
        assert getattr(cell, name) == getattr(layer, name)
    assert not cell.trainable


def test_config() -> None:
    layer = SimpleRNN(4, zero_output_for_mask=True, unroll=True, activity_regularizer="l2")
    config = layer.get_config()
    assert [*config][3:] == [
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major",
        "zero_output_for_mask", "units", "activation", "use_bias",
        "kernel_initializer", "recurrent_initializer", "bias_initializer",
        "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout",
    ]  # fmt: skip
    assert SimpleRNN.from_config(config).get_config() == config


def test_penalties() -> None:
    x = kerasfmt.Input((5, 2))
    layer = SimpleRNN(4, activity_regularizer="l2", recurrent_regularizer="l1")
    model = kerasfmt.Model(x, layer(x))
    assert model.default_trace(training=True).losses == 1
    assert [w.regularizer is not None for w in layer.weights] == [False, True, False]
