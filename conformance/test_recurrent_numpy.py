"""Recurrent layers: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import BATCH, Case
from conformance.cases.layer import FLOAT64, L1L2, L2, MIXED_FLOAT16, Of, inner, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

STEPS = (5, 3)
BIASES = {"bias_initializer": "uniform"}


def cell(kind: str, units: int = 4, **options: Any) -> dict[str, Any]:
    return {"cell": inner(kind, units, **options), "_words": f"{kind}({options})"}


def stacked(*kinds: str) -> dict[str, Any]:
    def make(k: Any) -> list[Any]:
        return [getattr(k.layers, kind)(n + 2) for n, kind in enumerate(kinds)]

    return {"cell": Of(make), "_words": "+".join(kinds)}


CASES = [
    one_layer("SimpleRNN", STEPS, units=4),
    one_layer("SimpleRNN", (None, 3), units=4, return_sequences=True),
    one_layer("SimpleRNN", STEPS, units=4, return_sequences=True, return_state=True),
    one_layer("SimpleRNN", STEPS, units=4, go_backwards=True, return_sequences=True),
    one_layer("SimpleRNN", STEPS, units=4, time_major=True, return_sequences=True),
    one_layer("SimpleRNN", STEPS, units=4, unroll=True, return_sequences=True),
    one_layer("SimpleRNN", STEPS, units=4, unroll=True, go_backwards=True),
    one_layer("SimpleRNN", STEPS, units=4, use_bias=False, activation="relu"),
    one_layer("SimpleRNN", STEPS, units=4, return_sequences=True, _masked=True),
    one_layer("SimpleRNN", STEPS, units=4, return_state=True, _masked=True, go_backwards=True),
    one_layer("SimpleRNN", STEPS, units=4, unroll=True, return_sequences=True, _masked=True),
    one_layer(
        "SimpleRNN",
        STEPS,
        units=4,
        zero_output_for_mask=True,
        return_sequences=True,
        return_state=True,
        _masked=True,
    ),
    one_layer(
        "SimpleRNN",
        STEPS,
        units=4,
        zero_output_for_mask=True,
        unroll=True,
        return_sequences=True,
        _masked=True,
    ),
    one_layer("SimpleRNN", STEPS, units=4, stateful=True, _batch=BATCH),
    one_layer("SimpleRNN", STEPS, units=4, stateful=True, return_state=True, unroll=True, _batch=BATCH),
    one_layer(
        "SimpleRNN",
        STEPS,
        units=4,
        kernel_regularizer=L2,
        recurrent_regularizer=L1L2,
        activity_regularizer=L2,
    ),
    one_layer("SimpleRNN", STEPS, units=4, **MIXED_FLOAT16),
    one_layer("SimpleRNN", STEPS, units=4, **FLOAT64),
    one_layer("RNN", STEPS, **cell("SimpleRNNCell")),
    one_layer("RNN", STEPS, **cell("LSTMCell"), return_state=True),
    one_layer(
        "RNN",
        STEPS,
        **cell("LSTMCell", implementation=1, unit_forget_bias=False, **BIASES),
        return_sequences=True,
    ),
    one_layer("RNN", STEPS, **cell("LSTMCell", unit_forget_bias=False, use_bias=False)),
    one_layer("RNN", STEPS, **cell("LSTMCell", recurrent_activation="hard_sigmoid", activation="relu")),
    one_layer("RNN", STEPS, **cell("GRUCell", **BIASES), return_state=True, return_sequences=True),
    one_layer("RNN", STEPS, **cell("GRUCell", reset_after=False, **BIASES)),
    one_layer("RNN", STEPS, **cell("GRUCell", implementation=1, **BIASES), go_backwards=True),
    one_layer("RNN", STEPS, **cell("GRUCell", implementation=1, reset_after=False, use_bias=False)),
    one_layer("RNN", STEPS, **cell("GRUCell"), unroll=True, return_sequences=True),
    one_layer("RNN", STEPS, **stacked("LSTMCell", "GRUCell"), return_sequences=True),
    one_layer("RNN", STEPS, **stacked("GRUCell", "SimpleRNNCell", "LSTMCell"), return_state=True),
    one_layer("RNN", STEPS, **stacked("LSTMCell", "LSTMCell"), _masked=True),
    one_layer("RNN", STEPS, **stacked("LSTMCell", "GRUCell"), stateful=True, _batch=BATCH),
    one_layer("Bidirectional", STEPS, layer=inner("SimpleRNN", 4)),
    one_layer("Bidirectional", STEPS, layer=inner("SimpleRNN", 4, return_sequences=True), merge_mode="mul"),
    one_layer("Bidirectional", STEPS, layer=inner("SimpleRNN", 4, return_state=True), merge_mode="ave"),
    one_layer(
        "Bidirectional",
        STEPS,
        layer=inner("SimpleRNN", 4, return_sequences=True, return_state=True),
        merge_mode=None,
        _masked=True,
    ),
    one_layer(
        "Bidirectional", STEPS, layer=inner("RNN", inner("LSTMCell", 4)), merge_mode="sum", _masked=True
    ),
    one_layer(
        "Bidirectional",
        STEPS,
        layer=inner("SimpleRNN", 4),
        backward_layer=inner("SimpleRNN", 3, go_backwards=True, activation="relu"),
    ),
    one_layer("Bidirectional", STEPS, layer=inner("SimpleRNN", 4, activity_regularizer="l2")),
    one_layer("Bidirectional", STEPS, layer=inner("SimpleRNN", 4, stateful=True), _batch=BATCH),
    one_layer("Bidirectional", STEPS, layer=inner("SimpleRNN", 4), **MIXED_FLOAT16),
    one_layer("TimeDistributed", (3, *STEPS), layer=inner("SimpleRNN", 4)),
    one_layer("TimeDistributed", (3, *STEPS), layer=inner("RNN", inner("GRUCell", 4), return_sequences=True)),
    one_layer("ConvLSTM1D", (3, 6, 2), filters=3, kernel_size=3),
    one_layer("ConvLSTM1D", (3, 6, 2), filters=3, kernel_size=2, padding="same", return_sequences=True),
    one_layer("ConvLSTM2D", (3, 6, 5, 2), filters=3, kernel_size=3, return_sequences=True, return_state=True),
    one_layer("ConvLSTM2D", (3, 6, 5, 2), filters=3, kernel_size=(3, 2), strides=(2, 1), go_backwards=True),
    one_layer("ConvLSTM2D", (None, None, None, 2), filters=3, kernel_size=2, padding="same"),
    one_layer("ConvLSTM2D", (3, 6, 5, 2), filters=3, kernel_size=2, dilation_rate=2, use_bias=False),
    one_layer("ConvLSTM2D", (3, 6, 5, 2), filters=3, kernel_size=2, stateful=True, _batch=BATCH),
    one_layer("ConvLSTM2D", (3, 6, 5, 2), filters=3, kernel_size=2, unit_forget_bias=False, **MIXED_FLOAT16),
    one_layer("ConvLSTM3D", (2, 4, 4, 4, 1), filters=2, kernel_size=3, recurrent_activation="sigmoid"),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
