"""When LSTM and GRU run the function of all steps, and how they hand on what it takes."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.layers import GRU, LSTM, Layer

FITS: list[dict[str, Any]] = [
    {},
    {"dropout": 0.1, "implementation": 1, "time_major": True, "zero_output_for_mask": True},
    {"go_backwards": True, "return_sequences": True, "return_state": True},
]
DOES_NOT_FIT: list[dict[str, Any]] = [
    {"activation": "relu"},
    {"recurrent_activation": "hard_sigmoid"},
    {"recurrent_dropout": 0.1},
    {"unroll": True},
    {"use_bias": False},
]


def nodes(layer: Layer, training: bool = False, batch: int | None = None) -> list[str]:
    x = kerasfmt.Input((5, 3), batch_size=batch)
    model = kerasfmt.Model(x, layer(x))
    function = model.default_trace(training=training).function
    (call,) = (site.callee for site in function.call_sites)
    return [node.op for node in call.nodes]


@pytest.mark.parametrize("cls", [LSTM, GRU])
@pytest.mark.parametrize("options", FITS)
def test_with_the_options_of_cudnn_it_calls_one_function(cls: Any, options: dict[str, Any]) -> None:
    layer = cls(4, **options)
    assert layer.fits_cudnn
    found = nodes(layer)
    assert found.count("PartitionedCall") == 1
    assert not {"While", "StatelessWhile"} & {*found}
    assert found.count("ReadVariableOp") == found.count("Identity") == 3


@pytest.mark.parametrize("cls", [LSTM, GRU])
@pytest.mark.parametrize("options", DOES_NOT_FIT)
def test_with_others_it_runs_its_cell(cls: Any, options: dict[str, Any]) -> None:
    layer = cls(4, **options)
    assert not layer.fits_cudnn
    assert "PartitionedCall" not in nodes(layer)


def test_a_gru_that_resets_before_the_product_does_not_fit() -> None:
    assert not GRU(4, reset_after=False).fits_cudnn


def test_kept_states_are_handed_on_as_weights_are() -> None:
    found = nodes(LSTM(4, stateful=True), batch=2)
    assert found.count("ReadVariableOp") == found.count("Identity") == 5
    assert found.count("AssignVariableOp") == 2
    half = nodes(LSTM(4, stateful=True, dtype="mixed_float16"), batch=2)
    assert (half.count("ReadVariableOp"), half.count("Identity")) == (5, 3)


def test_inputs_are_dropped_before_the_call() -> None:
    layer = LSTM(4, dropout=0.5)
    assert "RandomUniform" in nodes(layer, training=True)
    assert "RandomUniform" not in nodes(LSTM(4, dropout=0.5))
