"""Cells on top of each other compute what the layers of these cells compute one after the other."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import RNN, GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from tests.layers.rnn.one_cell import built, draw, step

X = draw(3, 5, 3)


def stack() -> StackedRNNCells:
    return StackedRNNCells([LSTMCell(2), SimpleRNNCell(4), GRUCell(3)], name="stack")


def test_a_stack_is_one_layer_after_the_other() -> None:
    x = kerasfmt.Input((5, 3))
    layer = RNN(stack(), return_sequences=True, name="layer")
    model = kerasfmt.Model(x, layer(x))
    y = x
    for cell in (LSTMCell(2), SimpleRNNCell(4), GRUCell(3)):
        y = RNN(cell, return_sequences=True)(y)
    apart = kerasfmt.Model(x, y)
    apart.set_weights(model.get_weights())
    np.testing.assert_allclose(model.predict(X), apart.predict(X), rtol=1e-5, atol=1e-6)
    cells = [w.name.split("/")[1:3] for w in model.weights]
    assert {names[0] for names in cells} == {"stack"}
    assert [names[1].rstrip("_0123456789") for names in cells[::3]] == [
        "lstm_cell",
        "simple_rnn_cell",
        "gru_cell",
    ]


@pytest.mark.parametrize("backwards", [False, True])
def test_states_are_nested_and_in_order(backwards: bool) -> None:
    cells = StackedRNNCells([LSTMCell(2), SimpleRNNCell(4)], reverse_state_order=backwards)
    assert cells.state_size == ((4, [2, 2]) if backwards else ([2, 2], 4))
    assert cells.output_size == 4
    x = kerasfmt.Input((5, 3))
    outputs = RNN(cells, return_state=True)(x)
    assert isinstance(outputs, list)
    model = kerasfmt.Model(x, outputs)
    last, *states = model.predict(X)
    simple, lstm = states if backwards else states[::-1]
    assert [v.shape for v in lstm] == [(3, 2), (3, 2)]
    np.testing.assert_array_equal(simple, last)


def test_a_sequence_goes_on_from_the_states_of_its_first_part() -> None:
    layer = RNN([LSTMCell(2), SimpleRNNCell(4)], return_state=True, return_sequences=True)
    part, *states = (kerasfmt.Input(shape) for shape in ((None, 3), (2,), (2,), (4,)))
    model = kerasfmt.Model([part, *states], layer(part, initial_state=[states[:2], states[2]]))
    zero = [np.zeros((3, n), np.float32) for n in (2, 2, 4)]
    whole, (state, carry), simple = model.predict([X, *zero])
    first, between, other = model.predict([X[:, :2], *zero])
    second, *after = model.predict([X[:, 2:], *between, other])
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, rtol=1e-5, atol=1e-6)
    for got, want in zip((*after[0], after[1]), (state, carry, simple), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_a_stack_is_a_cell_by_itself() -> None:
    cells = [LSTMCell(2), GRUCell(3)]
    both = built(StackedRNNCells(cells), 3)
    assert both.get_weights()[0].shape == (3, 8)
    x, h, c, s = draw(4, 3), draw(4, 2), draw(4, 2), draw(4, 3)
    below = step(cells[0], x, (h, c))
    above = step(cells[1], below[0], (s,))
    found = step(both, x, ([h, c], s))
    for got, want in zip(found, [above[0], *below[1:], above[1]], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_dropout_of_each_cell() -> None:
    x = kerasfmt.Input((5, 3))
    cells = [LSTMCell(2, dropout=0.5), GRUCell(3, recurrent_dropout=0.5), SimpleRNNCell(2)]
    model = kerasfmt.Model(x, RNN(cells)(x))
    for training, count in ((True, 1 + 3), (False, 0)):
        nodes = next(iter(model.default_trace(training).function.call_sites)).callee.nodes
        assert sum(node.op == "RandomUniform" for node in nodes) == count


def test_config_comes_back() -> None:
    layer = RNN(stack(), name="layer")
    config = layer.get_config()
    assert config["cell"]["class_name"] == "StackedRNNCells"
    assert [c["class_name"] for c in config["cell"]["config"]["cells"]] == [
        "LSTMCell",
        "SimpleRNNCell",
        "GRUCell",
    ]
    assert "reverse_state_order" not in config["cell"]["config"]
    x = kerasfmt.Input((5, 3))
    model = kerasfmt.Model(x, layer(x))
    again = kerasfmt.model_from_config(model.get_config())
    assert again.get_config() == model.get_config()
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_frozen_cells() -> None:
    layer = RNN(stack(), trainable=False)
    layer(kerasfmt.Input((5, 3)))
    assert not layer.trainable_weights
    assert len(layer.weights) == 9
    layer.trainable = True
    assert len(layer.trainable_weights) == 9


@pytest.mark.parametrize("cells", [[], None, [3], {"cells": []}])
def test_refused(cells: object) -> None:
    with pytest.raises(
        kerasfmt.KerasfmtError, match=r"layer it \(StackedRNNCells\): option cells: expected a "
    ):
        StackedRNNCells(cells, name="it")  # type: ignore[arg-type]


@pytest.mark.parametrize("cells", [None, {}, "cells", 3])
def test_a_config_without_a_list_of_cells(cells: object) -> None:
    config = {"class_name": "StackedRNNCells", "config": {"name": "it", "cells": cells}}
    model = {
        "name": "model",
        "layers": [
            {
                "class_name": "InputLayer",
                "name": "x",
                "config": {"batch_input_shape": [None, 5, 3], "name": "x"},
                "inbound_nodes": [],
            },
            {
                "class_name": "RNN",
                "name": "rnn",
                "config": {"name": "rnn", "cell": config},
                "inbound_nodes": [[["x", 0, 0, {}]]],
            },
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["rnn", 0, 0]],
    }
    with pytest.raises(kerasfmt.KerasfmtError, match="cells"):
        kerasfmt.model_from_config(model)
