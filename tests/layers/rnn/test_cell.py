"""What any layer needs to be a cell: sizes of states, and layers of a user's own as cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.graph.run import run
from kerasfmt.ir import fields
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.weight import Weight
from kerasfmt.layers import RNN, Dense, LSTMCell, StackedRNNCells
from kerasfmt.layers.rnn.cell import StateShape, full, initial_states, output_size_of, state_size_of
from kerasfmt.typing import override
from tests.layers.rnn.one_cell import draw

X = draw(2, 4, 3)


class RunningMean(Layer, register=False):
    """The mean of the steps so far: a cell of a user, with two states."""

    bias: Weight = fields.weight()

    @property
    def state_size(self) -> list[int]:
        return [3, 1]

    @override
    def build(self, inputs: Spec) -> None:
        self.bias = self.add_weight("bias", (3,), initializer=kerasfmt.ir.initializers.get("zeros"))

    @override
    def call(self, inputs: Value, states: Any) -> Any:
        total, count = states
        total, count = total + inputs, count + 1.0
        return total / count + self.bias, [total, count]


class Image(Layer, register=False):
    """The sum of the steps: a state of two axes."""

    state_size = StateShape((2, 3))

    @override
    def call(self, inputs: Value, states: Any) -> Any:
        total = states[0] + inputs
        return total, [total]


class FromOne(Layer, register=False):
    """The product of the steps, and of what the caller gives; it begins with ones."""

    state_size = 3

    def get_initial_state(self, inputs: Any, batch_size: Value, dtype: dtypes.DType) -> Value:
        return full(batch_size, batch_size, (3,), dtype, 1.0)

    @override
    def call(self, inputs: Value, states: Any, constants: Any = None) -> Any:
        product = inputs * states[0] * (1.0 if constants is None else constants[0])
        return product, product


def model_of(cell: Layer, *shape: int, **options: Any) -> kerasfmt.Model:
    x = kerasfmt.Input(shape)
    return kerasfmt.Model(x, RNN(cell, name="layer", **options)(x))


def test_a_cell_of_a_user() -> None:
    model = model_of(RunningMean(name="mean"), 4, 3, return_sequences=True)
    counts = np.arange(1, 5, dtype=np.float32)[:, None]
    np.testing.assert_allclose(model.predict(X), X.cumsum(1) / counts, rtol=1e-5, atol=1e-6)
    assert [w.name for w in model.weights] == ["layer/mean/bias"]
    assert model.outputs[0].shape == (None, 4, 3)


@pytest.mark.parametrize("unroll", [False, True])
def test_a_state_of_several_axes(unroll: bool) -> None:
    x = draw(2, 4, 2, 3)
    model = model_of(Image(name="image"), 4, 2, 3, return_state=True, unroll=unroll)
    last, state = model.predict(x)
    np.testing.assert_allclose(last, x.sum(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(last, state)


def test_a_cell_that_makes_its_first_state_and_takes_constants() -> None:
    np.testing.assert_allclose(model_of(FromOne(), 4, 3).predict(X), X.prod(1), rtol=1e-5)
    x, constant = kerasfmt.Input((4, 3)), kerasfmt.Input((3,))
    model = kerasfmt.Model([x, constant], RNN(FromOne())(x, constants=constant))
    given = draw(2, 3)
    np.testing.assert_allclose(model.predict([X, given]), X.prod(1) * given**4, rtol=1e-5)


def test_a_loss_of_a_step_is_refused() -> None:
    class Costly(FromOne, register=False):
        activity_regularizer: kerasfmt.ir.regularizers.Option = kerasfmt.ir.regularizers.option()

    with pytest.raises(
        InvalidModelError, match=r"layer layer \(RNN\): .*cell costly: a loss that depends on a step"
    ):
        model_of(Costly(activity_regularizer="l2", name="costly"), 4, 3)


def test_states_of_another_number() -> None:
    class Forgetful(FromOne, register=False):
        @override
        def call(self, inputs: Value, states: Any, constants: Any = None) -> Any:
            return inputs, []

    with pytest.raises(InvalidModelError, match="cell forgetful: expected 1 states, got 0"):
        model_of(Forgetful(name="forgetful"), 4, 3)


@pytest.mark.parametrize("size", [0, -1, 2.5, "x", [], [2, 0], True])
def test_sizes_that_are_none(size: Any) -> None:
    class Cell(FromOne, register=False):
        state_size = size

    with pytest.raises(InvalidModelError, match="state_size: expected sizes of at least 1"):
        state_size_of(Cell())


def test_sizes() -> None:
    assert state_size_of(FromOne()) == [3]
    assert state_size_of(LSTMCell(2)) == [2, 2]
    assert state_size_of(StackedRNNCells([LSTMCell(2), FromOne()])) == ([2, 2], 3)
    assert [output_size_of(c) for c in (FromOne(), RunningMean(), LSTMCell(2))] == [3, 3, 2]


def test_first_states_are_zeros_by_default() -> None:
    graph = Builder()
    batch = graph.input(Spec((), dtypes.int32))
    states = initial_states(RunningMean(), batch, batch, dtypes.float16)
    assert [(s.shape, s.dtype.name) for s in states] == [((None, 3), "float16"), ((None, 1), "float16")]
    found = run(graph.finish([*states, ops.identity(batch)]), [np.int32(5)], {})
    assert [f.shape for f in found[:2]] == [(5, 3), (5, 1)]
    assert not found[0].any()


@pytest.mark.parametrize("value", [None, 3, "LSTMCell", Dense(2), [Dense(2)], [], [LSTMCell(2), None]])
def test_what_is_no_cell(value: Any) -> None:
    with pytest.raises(
        KerasfmtError, match=r"layer it \(RNN\): option cell: expected a |option cells: expected a "
    ):
        RNN(value, name="it")


def test_a_cell_of_another_dtype_computes_in_it() -> None:
    cell = LSTMCell(2, dtype="float64")
    x = kerasfmt.Input((4, 3), dtype="float64")
    assert kerasfmt.Model(x, RNN(cell, dtype="float64")(x)).outputs[0].dtype.name == "float64"
    with pytest.raises(UnsupportedLayerError):
        LSTMCell(2, dtype="no dtype")
