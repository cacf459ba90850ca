from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kerasfmt.errors import GraphError
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Value, emit, ops
from tests.gradient.rule_tests import Cases, RuleTests

CASES = Cases()
function, floats = CASES.function, CASES.floats

TIME, BATCH, FEATURES, UNITS = 5, 2, 3, 4


def lstm(x: Value, h: Value, c: Value, params: Value) -> Sequence[Value]:
    return ops.cudnn_rnn(x, h, c, params)


def gru_whose_states_are_dropped(x: Value, h: Value, params: Value) -> Sequence[Value]:
    sequence, _, _ = ops.cudnn_rnn(x, h, 0, params, mode="gru")
    return [ops.strided_slice(sequence, [-1], [0], [1], shrink_axis_mask=1)]


def lstm_v2(x: Value, h: Value, c: Value, params: Value) -> Sequence[Value]:
    return emit("CudnnRNNV2", x, h, c, params)[1:3]


def lstm_of_sequences_of_any_length(
    x: Value, h: Value, c: Value, params: Value, lengths: Value
) -> Sequence[Value]:
    return ops.cudnn_rnn(x, h, c, params, lengths, time_major=False)


_STATE = floats(1, BATCH, UNITS)
_SEQUENCE = floats(TIME, BATCH, FEATURES)
_PARAMS = floats(4 * UNITS * (FEATURES + UNITS + 2))
for _build in (lstm, lstm_v2):
    function(_build, _SEQUENCE, _STATE, _STATE, _PARAMS, runs=False)
function(gru_whose_states_are_dropped, _SEQUENCE, _STATE, _PARAMS, runs=False)
_LENGTHS = np.array([5, 2], np.int32)
function(lstm_of_sequences_of_any_length, _SEQUENCE, _STATE, _STATE, _PARAMS, _LENGTHS, runs=False)


class TestCudnnRnn(RuleTests):
    cases = CASES

    def test_gradients_have_the_shapes_of_the_operands(self) -> None:
        for case in CASES:
            pair = forward_backward(case.function())
            given = [None if i is None else pair.backward.outputs[i].spec for i in pair.given]
            floats = [v.spec if v.dtype.is_floating else None for v in pair.forward.inputs]
            assert [spec and (spec.shape, spec.dtype) for spec in given] == [
                spec and (spec.shape, spec.dtype) for spec in floats
            ]

    def test_inference_only_has_no_gradient(self) -> None:
        case = next(case for case in CASES if case.name == "lstm")
        made = case.function()
        for node in made.nodes:
            if node.op == "CudnnRNN":
                node.attrs = {**node.attrs, "is_training": False}
        with pytest.raises(GraphError, match="is_training"):
            forward_backward(made)
