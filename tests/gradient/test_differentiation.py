"""The pair of Keras's LSTM: what both functions take and give, in TensorFlow's order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.graph import Builder, Function, Spec, Value, Variable, ops
from kerasfmt.graph.run import run
from tests.gradient.random_functions import random_case
from tests.gradient.rule_tests import Cases, RuleTests

UNITS, FEATURES = 4, 2


def gpu_lstm() -> Function:
    """The function that Keras 2 writes for a GPU; constants of one value are one node here."""
    graph = Builder("gpu_lstm_with_fallback")
    specs = {
        "inputs": (None, 3, FEATURES), "init_h": (None, UNITS), "init_c": (None, UNITS),
        "kernel": (FEATURES, 4 * UNITS), "recurrent_kernel": (UNITS, 4 * UNITS), "bias": (4 * UNITS,),
    }  # fmt: skip
    x, h, c, kernel, recurrent, bias = (graph.input(Spec(s, dtypes.float32), n) for n, s in specs.items())
    x = ops.transpose(x, [1, 0, 2])
    h, c = ops.expand_dims(h, 0), ops.expand_dims(c, 0)
    weights = [*ops.split(kernel, 4, 1), *ops.split(recurrent, 4, 1)]
    biases = ops.split(ops.concat([np.zeros(4 * UNITS, np.float32), bias], 0), 8, 0)
    parts = [
        *[ops.reshape(ops.transpose(w, [1, 0]), [-1]) for w in weights],
        *[ops.reshape(b, [-1]) for b in biases],
    ]
    outputs, h, c = ops.cudnn_rnn(x, h, c, ops.concat(parts, 0))
    last = ops.strided_slice(outputs, [-1], [0], [1], shrink_axis_mask=1)
    runtime = graph.constant(np.float32(2))
    return graph.finish([last, ops.expand_dims(last, 1), ops.squeeze(h, [0]), ops.squeeze(c, [0]), runtime])


def origins(values: Sequence[Value]) -> list[str]:
    """The op that makes each value, and which of its outputs it is."""
    return [f"{v.node.op}:{v.index}" for v in values]


class TestRandomFunctions(RuleTests):
    cases = Cases(random_case(seed) for seed in range(25))

    def test_every_rule_has_a_case(self) -> None:
        assert len({case.name for case in self.cases}) == 25


def test_the_pair_of_an_lstm() -> None:
    function = gpu_lstm()
    pair = forward_backward(function)
    assert (pair.forward.name, pair.backward.name) == (
        "__forward_gpu_lstm_with_fallback",
        "__backward_gpu_lstm_with_fallback",
    )
    assert origins(pair.forward.outputs[:5]) == origins(function.outputs)
    # TensorFlow: strided_slice cudnnrnn cudnnrnn_0 cudnnrnn_1 cudnnrnn_2 transpose expanddims expanddims_1 concat_1
    # transpose_perm init_h init_c concat_1_axis transpose_1_perm ... split_2_split_dim split_split_dim ...
    assert origins(pair.forward.outputs[5:14]) == [
        "StridedSlice:0", "CudnnRNN:1", "CudnnRNN:2", "CudnnRNN:0", "CudnnRNN:3", "Transpose:0", "ExpandDims:0",
        "ExpandDims:0", "ConcatV2:0",
    ]  # fmt: skip
    assert [v.name for v in pair.forward.outputs[15:17]] == ["init_h", "init_c"]
    assert pair.seeds == (0, 1, 2, 3, 4)
    assert pair.taken == tuple(range(5, len(pair.forward.outputs)))
    assert len(pair.backward.inputs) == len(pair.seeds) + len(pair.taken)
    assert pair.given == (0, 1, 2, 3, 4, 5)
    assert [v.shape for v in pair.backward.outputs] == [v.shape for v in function.inputs]
    taken = [v.spec for v in pair.forward.outputs[5:]]
    assert [v.spec for v in pair.backward.inputs[5:]] == taken


def test_the_function_stays_as_it_is() -> None:
    function = gpu_lstm()
    before = str(function)
    first, second = forward_backward(function), forward_backward(function)
    assert str(function) == before
    assert str(first.forward) == str(second.forward)
    assert str(first.backward) == str(second.backward)


def test_outputs_without_gradients_have_no_seed() -> None:
    graph = Builder("f")
    x = graph.input(Spec((None, 2), dtypes.float64), "x")
    n = graph.input(Spec((), dtypes.int32), "n")
    pair = forward_backward(graph.finish([ops.shape(x), ops.exp(x), n]))
    assert (pair.seeds, pair.given) == ((1,), (0, None))
    forward = run(pair.forward, [np.ones((3, 2)), np.array(1, np.int32)], {})
    (grad,) = run(pair.backward, [np.ones((3, 2)), *[forward[i] for i in pair.taken]], {})
    np.testing.assert_allclose(grad, np.full((3, 2), np.e))


def test_a_handle_that_is_an_output() -> None:
    weight = Variable("weight", Spec((3,), dtypes.float32))
    graph = Builder("f")
    x = graph.input(Spec((3,), dtypes.float32), "x")
    handle = graph.capture(weight)
    pair = forward_backward(graph.finish([x * graph.read(weight), handle]))
    assert [v.spec for v in pair.backward.inputs[:2]] == [Spec((3,), dtypes.float32)] * 2
    forward = run(pair.forward, [np.full(3, 2, np.float32)], {weight: np.full(3, 5, np.float32)})
    seeds = [np.ones(3, np.float32)] * 2
    given = run(pair.backward, [*seeds, *[forward[i] for i in pair.taken]], {})
    assert [given[i].tolist() for i in pair.given if i is not None] == [[5.0] * 3, [3.0] * 3]
