"""RNN: the ways to call it, its states, its masks, and what it says of itself to Keras."""

from __future__ import annotations

import json

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.layer import Layer
from kerasfmt.layers import RNN, Dense, Embedding, GRUCell, LSTMCell, Masking, SimpleRNN, SimpleRNNCell
from tests.layers.rnn.one_cell import Array, draw

X = draw(3, 5, 2)


def model_of(layer: Layer, *, batch: int | None = None, masked: bool = False) -> kerasfmt.Model:
    x = kerasfmt.Input((5, 2), batch_size=batch)
    return kerasfmt.Model(x, layer(Masking()(x) if masked else x))


def with_weights_of(model: kerasfmt.Model, other: kerasfmt.Model) -> kerasfmt.Model:
    model.set_weights(other.get_weights())
    return model


@pytest.mark.parametrize("sequences", [False, True])
@pytest.mark.parametrize("state", [False, True])
def test_what_is_given(sequences: bool, state: bool) -> None:
    layer = RNN(LSTMCell(4), return_sequences=sequences, return_state=state)
    x = kerasfmt.Input((5, 2))
    outputs = layer(x)
    shapes = [t.shape for t in (outputs if state else [outputs])]
    assert shapes == [(None, 5, 4) if sequences else (None, 4), *[(None, 4)] * 2 * state]
    found = kerasfmt.Model(x, outputs).predict(X)
    arrays = found if state else [found]
    assert [a.shape for a in arrays] == [(3, *shape[1:]) for shape in shapes if shape]
    if state:
        last = arrays[0][:, -1] if sequences else arrays[0]
        np.testing.assert_array_equal(last, arrays[1])


def test_ways_to_run_agree() -> None:
    plain = model_of(RNN(GRUCell(3), return_sequences=True))
    unrolled = with_weights_of(model_of(RNN(GRUCell(3), return_sequences=True, unroll=True)), plain)
    backwards = with_weights_of(model_of(RNN(GRUCell(3), return_sequences=True, go_backwards=True)), plain)
    x = kerasfmt.Input((3, 2), batch_size=5)
    time_major = kerasfmt.Model(x, RNN(GRUCell(3), return_sequences=True, time_major=True)(x))
    with_weights_of(time_major, plain)
    wanted = plain.predict(X)
    np.testing.assert_allclose(unrolled.predict(X), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(backwards.predict(X[:, ::-1]), wanted, rtol=1e-5, atol=1e-6)
    swapped = time_major.predict(np.swapaxes(X, 0, 1).copy())
    np.testing.assert_allclose(np.swapaxes(swapped, 0, 1), wanted, rtol=1e-5, atol=1e-6)


def masked(rows: Array) -> Array:
    """The arrays with zeros from a step on that is another one in each row."""
    found: Array = rows.copy()
    for row in range(len(found)):
        found[row, 2 + row :] = 0
    return found


@pytest.mark.parametrize("unroll", [False, True])
def test_masked_steps_keep_states_and_outputs(unroll: bool) -> None:
    layer = RNN(LSTMCell(3), return_sequences=True, return_state=True, unroll=unroll)
    model = model_of(layer, masked=True)
    plain = with_weights_of(model_of(RNN(LSTMCell(3), return_sequences=True, return_state=True)), model)
    given = masked(X)
    sequences, state, carry = model.predict(given)
    wanted, *_ = plain.predict(given)
    for row in range(len(X)):
        last = min(2 + row, 5) - 1
        np.testing.assert_allclose(sequences[row, : last + 1], wanted[row, : last + 1], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            sequences[row, last:], np.broadcast_to(wanted[row, last], (5 - last, 3)), rtol=1e-5, atol=1e-6
        )
        np.testing.assert_allclose(state[row], wanted[row, last], rtol=1e-5, atol=1e-6)
    assert carry.shape == (3, 3)


def test_masked_outputs_may_be_zero() -> None:
    layer = SimpleRNN(3, return_sequences=True, zero_output_for_mask=True)
    found = model_of(layer, masked=True).predict(masked(X))
    assert not found[0, 2:].any()
    assert found[0, :2].all()
    assert found[2, 3].all()


def test_outputs_that_are_sequences_keep_the_mask() -> None:
    x = kerasfmt.Input((5,), dtype="int32")
    steps = Embedding(9, 2, mask_zero=True)(x)
    assert RNN(GRUCell(3), return_sequences=True)(steps).masked
    assert not RNN(GRUCell(3))(steps).masked
    outputs = RNN(LSTMCell(3), return_sequences=True, return_state=True)(steps)
    assert [t.masked for t in outputs] == [True, False, False]
    stacked = RNN([LSTMCell(3), GRUCell(2)], return_state=True)(steps)
    assert not stacked[0].masked


def test_initial_states() -> None:
    layer = RNN(LSTMCell(4), return_sequences=True, return_state=True, name="layer")
    x, h, c = kerasfmt.Input((None, 2)), kerasfmt.Input((4,)), kerasfmt.Input((4,))
    model = kerasfmt.Model([x, h, c], layer(x, initial_state=[h, c]))
    zero = np.zeros((3, 4), np.float32)
    whole, *end = model.predict([X, zero, zero])
    first, *between = model.predict([X[:, :3], zero, zero])
    second, *after = model.predict([X[:, 3:], *between])
    np.testing.assert_allclose(np.concatenate([first, second], 1), whole, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after, end, rtol=1e-5, atol=1e-6)
    again = kerasfmt.model_from_config(json.loads(json.dumps(model.get_config())))
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again.predict([X, *between])[0], model.predict([X, *between])[0])
    nodes = next(entry["inbound_nodes"] for entry in model.get_config()["layers"] if entry["name"] == "layer")
    assert [node[0] for node in nodes[0]] == [t.origin.layer.name for t in (x, h, c)]


def test_one_state_may_be_given_alone_and_come_of_a_layer() -> None:
    x, s = kerasfmt.Input((5, 2)), kerasfmt.Input((3,))
    outputs = RNN(SimpleRNNCell(4), go_backwards=True)(x, initial_state=Dense(4)(s))
    model = kerasfmt.Model([x, s], outputs)
    a, b = (model.predict([X, draw(3, 3)]) for _ in range(2))
    assert not np.allclose(a, b)


def test_a_masked_sequence_with_states() -> None:
    x, s = kerasfmt.Input((5, 2)), kerasfmt.Input((4,))
    model = kerasfmt.Model([x, s], RNN(SimpleRNNCell(4))(Masking()(x), initial_state=s))
    state = draw(3, 4)
    np.testing.assert_array_equal(model.predict([np.zeros_like(X), state]), np.zeros_like(state))


class TestStateful:
    def test_the_next_call_goes_on(self) -> None:
        layer = RNN(LSTMCell(4), stateful=True, return_sequences=True)
        x = kerasfmt.Input((None, 2), batch_size=3)
        model = kerasfmt.Model(x, layer(x))
        other = kerasfmt.Model(y := kerasfmt.Input((5, 2)), RNN(LSTMCell(4), return_sequences=True)(y))
        other.set_weights(model.get_weights())
        parts = [model.predict(X[:, :2]), model.predict(X[:, 2:])]
        np.testing.assert_allclose(np.concatenate(parts, 1), other.predict(X), rtol=1e-5, atol=1e-6)
        layer.reset_states()
        np.testing.assert_array_equal(model.predict(X[:, :2]), parts[0])
        layer.reset_states([draw(3, 4), draw(3, 4)])
        assert not np.allclose(model.predict(X[:, :2]), parts[0])

    def test_batches_of_one_run_go_on(self) -> None:
        model = model_of(SimpleRNN(3, stateful=True), batch=1)
        rows = np.concatenate([X[:1], X[:1]])
        first, second = model.predict(rows)
        assert not np.allclose(first, second)

    def test_states_are_no_weights(self) -> None:
        layer = RNN([LSTMCell(4), GRUCell(3)], stateful=True)
        model = model_of(layer, batch=3)
        assert len(model.weights) == 6
        states = layer.saved_states()
        assert [[w.shape for w in states[0]], states[1].shape] == [[(3, 4), (3, 4)], (3, 3)]
        assert layer.stateful
        assert not RNN(GRUCell(3)).stateful

    def test_initial_states_count_while_the_states_are_zero(self) -> None:
        layer = SimpleRNN(4, stateful=True)
        x, s = kerasfmt.Input((5, 2), batch_size=3), kerasfmt.Input((4,), batch_size=3)
        model = kerasfmt.Model([x, s], layer(x, initial_state=s))
        plain = kerasfmt.Model(
            [y := kerasfmt.Input((5, 2)), t := kerasfmt.Input((4,))], SimpleRNN(4)(y, initial_state=t)
        )
        plain.set_weights(model.get_weights())
        state, other = draw(3, 4), draw(3, 4)
        first = model.predict([X, state])
        np.testing.assert_allclose(first, plain.predict([X, state]), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(model.predict([X, other]), plain.predict([X, first]), rtol=1e-5, atol=1e-6)

    def test_refused(self) -> None:
        with pytest.raises(InvalidModelError, match="option stateful: expected inputs with a known batch"):
            model_of(SimpleRNN(3, stateful=True))
        with pytest.raises(InvalidModelError, match="it has no states to reset"):
            SimpleRNN(3).reset_states()
        layer = SimpleRNN(3, stateful=True)
        model_of(layer, batch=2)
        with pytest.raises(InvalidModelError, match="expected 1 states, got 2"):
            layer.reset_states([np.zeros((2, 3)), np.zeros((2, 3))])
        with pytest.raises(InvalidModelError, match=r"expected shape \(2, 3\), got \(2, 4\)"):
            layer.reset_states([np.zeros((2, 4))])


def test_what_keras_is_told() -> None:
    layer = RNN(LSTMCell(4), name="layer")
    model_of(layer)
    assert layer.input_spec() == [InputSpec(shape=(None, None, 2), ndim=3)]
    signature = layer.keras_signature()
    assert isinstance(signature, list)
    assert signature[0].shape == (None, None, 2)
    assert layer.saved_states() == layer.state_spec == [None, None]
    assert layer.build_input == (None, 5, 2)
    assert layer.cell.build_input == (None, 2)
    assert [w.name for w in layer.weights] == [
        f"layer/{layer.cell.name}/{n}" for n in ("kernel", "recurrent_kernel", "bias")
    ]
    stateful = RNN(GRUCell(4), stateful=True, time_major=True)
    stateful(kerasfmt.Input((3, 2), batch_size=5))
    assert stateful.input_spec() == [InputSpec(shape=(None, 3, 2), ndim=3)]
    unrolled = RNN(GRUCell(4), unroll=True)
    model_of(unrolled)
    assert unrolled.keras_signature() is None


@pytest.mark.parametrize("shape", [(), (2,)])
def test_inputs_of_too_few_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidModelError, match=r"layer it \(RNN\): .*expected at least 3 dimensions"):
        RNN(GRUCell(4), name="it")(kerasfmt.Input(shape))


def test_calls_that_do_not_fit() -> None:
    x, s = kerasfmt.Input((5, 2)), kerasfmt.Input((4,))
    with pytest.raises(InvalidModelError, match="expected 2 initial states, got 1"):
        RNN(LSTMCell(4))(x, initial_state=s)
    with pytest.raises(InvalidModelError, match="it cannot be unrolled, as the number of steps is not known"):
        RNN(GRUCell(4), unroll=True)(kerasfmt.Input((None, 2)))
    layer = RNN(GRUCell(4))
    layer(x)
    with pytest.raises(InvalidModelError, match="dimensions 3 and 2 do not agree"):
        layer(kerasfmt.Input((5, 3)))
