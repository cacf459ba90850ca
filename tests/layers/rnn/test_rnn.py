"""RNN: its options, and the cell among them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsafeFileError
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import RNN, GRUCell, SimpleRNNCell
from tests.layers.rnn.one_cell import draw

X = draw(3, 5, 2)


def model_of(layer: Layer) -> kerasfmt.Model:
    x = kerasfmt.Input((5, 2))
    return kerasfmt.Model(x, layer(x))


def test_config_comes_back() -> None:
    options: dict[str, Any] = {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True}
    layer = RNN(GRUCell(4, reset_after=False), **options)
    config = layer.get_config()
    assert [*config][3:] == [
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major",
        "zero_output_for_mask", "cell",
    ]  # fmt: skip
    model = model_of(layer)
    again = kerasfmt.model_from_config(json.loads(json.dumps(model.get_config())))
    assert again.get_config() == model.get_config()
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_constants_are_counted_in_the_config() -> None:
    layer = RNN(SimpleRNNCell(4))
    assert "num_constants" not in layer.get_config()
    assert RNN.from_config({"cell": SimpleRNNCell(2), "num_constants": 2}).get_config()["num_constants"] == 2
    x, k = kerasfmt.Input((5, 2)), kerasfmt.Input((2,))
    with pytest.raises(InvalidModelError, match=r"constants: cell .* does not take them"):
        layer(x, constants=k)
    with pytest.raises(
        InvalidModelError, match="option num_constants: expected a whole number of at least 0"
    ):
        RNN(SimpleRNNCell(4), num_constants=-1)


def test_steps_that_a_file_unrolls_are_paid_for() -> None:
    x = {"batch_input_shape": [None, 10**9, 2], "name": "x"}
    layers = [
        {"class_name": "InputLayer", "name": "x", "config": x, "inbound_nodes": []},
        {
            "class_name": "RNN",
            "name": "layer",
            "config": {"unroll": True, "cell": {"class_name": "GRUCell", "config": {"units": 2}}},
            "inbound_nodes": [[["x", 0, 0, {}]]],
        },
    ]
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["layer", 0, 0]],
    }
    with pytest.raises(UnsafeFileError, match="bytes more in memory"):
        kerasfmt.model_from_config(config)
