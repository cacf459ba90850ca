from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.ir.layer import find_layer_class
from kerasfmt.layers import GRU, RNN, GRUCell
from tests.layers.layer_tests import LayerTests, use
from tests.layers.rnn.one_cell import draw

X = draw(3, 5, 2)
WEIGHTS = {
    "gru_cell/kernel": (3, 12),
    "gru_cell/recurrent_kernel": (4, 12),
    "gru_cell/bias": (2, 12),
}
NOT_IN_KERAS_3 = {"keras": "option time_major"}


class TestLayers(LayerTests):
    uses = [
        use(GRU(4), (None, 5, 3), gives=(None, 4), weights=WEIGHTS),
        use(GRU(4, return_sequences=True), (None, None, 3), gives=(None, None, 4), weights=WEIGHTS),
        use(GRU(4, activation="relu"), (None, 5, 3), gives=(None, 4), weights=WEIGHTS),
        use(
            GRU(4, use_bias=False, unroll=True, go_backwards=True, return_sequences=True),
            (None, 5, 3),
            gives=(None, 5, 4),
            weights={k: v for k, v in WEIGHTS.items() if "bias" not in k},
        ),
        use(
            GRU(4, time_major=True),
            (None, 5, 3),
            gives=(5, 4),
            weights=WEIGHTS,
            not_in=NOT_IN_KERAS_3,
        ),
        use(
            GRU(4, reset_after=False),
            (None, 5, 3),
            gives=(None, 4),
            weights={**WEIGHTS, "gru_cell/bias": (12,)},
        ),
        use(GRU(4, dtype="mixed_float16"), (None, 5, 3), gives=(None, 4), weights=WEIGHTS),
        use(GRU(4, dropout=0.2, recurrent_dropout=0.1), (None, 5, 3), gives=(None, 4), weights=WEIGHTS),
    ]
    refused = {
        "units": (lambda: GRU(0, name="it"), "option units: expected a whole number of at least 1, got 0"),
        "implementation": (
            lambda: GRU(4, implementation=3, name="it"),
            "option implementation: expected one of [0, 1, 2], got 3",
        ),
        "inputs": (
            lambda: GRU(4, name="it")(kerasfmt.Input((3,))),
            "input: expected at least 3 dimensions (batch, steps, ...), got shape (None, 3)",
        ),
        "initial states": (
            lambda: GRU(4, name="it")(kerasfmt.Input((5, 3)), initial_state=[kerasfmt.Input((4,))] * 2),
            "expected 1 initial states, got 2",
        ),
    }


def model_of(layer: kerasfmt.layers.Layer) -> kerasfmt.Model:
    x = kerasfmt.Input((5, 2))
    return kerasfmt.Model(x, layer(x))


@pytest.mark.parametrize("options", [{}, {"go_backwards": True}, {"return_sequences": True}])
def test_the_function_of_all_steps_does_what_the_cell_does(options: dict[str, Any]) -> None:
    fused = model_of(GRU(4, **options, bias_initializer="ones"))
    by_cell = model_of(RNN(GRUCell(4), **options))
    by_cell.set_weights(fused.get_weights())
    np.testing.assert_allclose(fused.predict(X), by_cell.predict(X), rtol=1e-5, atol=1e-6)


def test_config() -> None:
    layer = GRU(4, zero_output_for_mask=True)
    assert [*layer.get_config()][3:] == [
        "return_sequences", "return_state", "go_backwards", "stateful", "unroll", "time_major",
        "zero_output_for_mask", "units", "activation", "recurrent_activation", "use_bias",
        "kernel_initializer", "recurrent_initializer", "bias_initializer",
        "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "activity_regularizer",
        "kernel_constraint", "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout",
        "implementation", "reset_after",
    ]  # fmt: skip


CONFIG = {"name": "old", "units": 4, "return_sequences": True, "stateful": False}


def test_a_layer_of_cudnn_is_read_as_this_one() -> None:
    dense = {"class_name": "CuDNNGRU", "config": {**CONFIG, "batch_input_shape": [None, 5, 3]}}
    model = kerasfmt.model_from_config({"name": "m", "layers": [dense]})
    layer = model.get_layer("old")
    assert type(layer) is GRU
    assert (layer.activation.name, layer.recurrent_activation.name, layer.fits_cudnn) == (
        "tanh",
        "sigmoid",
        True,
    )
    assert find_layer_class("CuDNNGRU") is not None
    assert "CuDNNGRU" not in dir(kerasfmt.layers)


def test_the_implementation_of_the_first_versions() -> None:
    config = {"name": "old", "units": 4, "implementation": 0, "batch_input_shape": [None, 5, 3]}
    model = kerasfmt.model_from_config({"name": "m", "layers": [{"class_name": "GRU", "config": config}]})
    assert model.get_layer("old").get_config()["implementation"] == 1
    assert GRU(4, recurrent_dropout=0.1).get_config()["implementation"] == 1


def test_weights_of_cudnn_are_adopted() -> None:
    layer = GRU(4)
    model_of(layer)
    stored = [np.ones((2, 12), np.float32), np.ones((4, 12), np.float32), np.ones(24, np.float32)]
    assert [np.asarray(a).shape for a in layer.adopt(stored)] == [(2, 12), (4, 12), (2, 12)]
    with pytest.raises(ValueError, match="make the layer with reset_after=True"):
        GRU(4, reset_after=False).adopt(stored)
