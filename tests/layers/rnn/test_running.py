"""How a cell runs during one call: several sequences, and what is the same in each step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Value, ops
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import RNN, GRUCell, SimpleRNNCell
from kerasfmt.typing import override
from tests.layers.rnn.one_cell import draw


class TwoSums(Layer, register=False):
    """The sums of two sequences, with a constant times the second; one state is nested."""

    state_size = ([3], 2)
    output_size = (3, 2)

    @override
    def call(self, inputs: tuple[Value, Value], states: Any, constants: Any = None) -> Any:
        (first,), second = states
        first, second = first + inputs[0], second + inputs[1] * constants[0]
        return (first, second), ([first], second)


@pytest.mark.parametrize("unroll", [False, True])
def test_structures_go_through(unroll: bool) -> None:
    x, y, k = kerasfmt.Input((4, 3)), kerasfmt.Input((4, 2)), kerasfmt.Input((2,))
    layer = RNN(TwoSums(), return_sequences=True, return_state=True, unroll=unroll)
    outputs = layer((x, y), constants=k)
    model = kerasfmt.Model([x, y, k], outputs)
    a, b, c = draw(5, 4, 3), draw(5, 4, 2), draw(5, 2)
    (sums, scaled), (first,), second = model.predict([a, b, c])
    np.testing.assert_allclose(sums, a.cumsum(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scaled, b.cumsum(1) * c[:, None], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(first, sums[:, -1])
    np.testing.assert_array_equal(second, scaled[:, -1])


def random_ops(layer: Layer, shape: tuple[int, ...]) -> list[tuple[str, int]]:
    """The functions of a trained call of a layer with the number of random ops in each."""
    x = kerasfmt.Input(shape)
    trace = kerasfmt.Model(x, layer(x)).default_trace(training=True)
    found, pending = [], [trace.function]
    while pending:
        function = pending.pop()
        found.append((function.name, sum(node.op == "RandomUniform" for node in function.nodes)))
        pending += [site.callee for site in function.call_sites]
    return [(name, count) for name, count in found if count]


def test_masks_are_made_once_and_outside_of_the_loop() -> None:
    layer = RNN(GRUCell(2, dropout=0.5, recurrent_dropout=0.5), name="layer")
    assert random_ops(layer, (4, 3)) == [("layer_layer_call_and_return_conditional_losses", 6)]
    unrolled = RNN(GRUCell(2, dropout=0.5), unroll=True, name="layer")
    assert random_ops(unrolled, (4, 3)) == [("layer_layer_call_and_return_conditional_losses", 1)]


class Noisy(Layer, register=False):
    """A cell of a user that draws in each step."""

    state_size = 3

    @override
    def call(self, inputs: Value, states: Any, training: bool = False) -> Any:
        noise = ops.random_uniform(ops.shape(inputs)) if training else ops.zeros_like(inputs)
        return inputs + noise, [states[0]]


def test_a_cell_of_a_user_knows_whether_it_is_trained() -> None:
    assert random_ops(RNN(Noisy()), (4, 3)) == [("while_body", 1)]
    x = kerasfmt.Input((4, 3))
    model = kerasfmt.Model(x, RNN(Noisy())(x))
    rows = draw(2, 4, 3)
    np.testing.assert_array_equal(model.predict(rows), rows[:, -1])


def test_constants_that_the_cell_does_not_take() -> None:
    x, k = kerasfmt.Input((4, 3)), kerasfmt.Input((2,))
    with pytest.raises(InvalidModelError, match=r"constants: cell simple_rnn_cell\w* does not take them"):
        RNN(SimpleRNNCell(2))(x, constants=k)
