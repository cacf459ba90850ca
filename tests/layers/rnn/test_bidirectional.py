"""Bidirectional: what the two layers give, merged in every way, with their states and masks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, KerasfmtError
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.layers import RNN, Bidirectional, Dense, Embedding, GRUCell, LSTMCell, SimpleRNN
from kerasfmt.layers.rnn.bidirectional import copy_of
from tests.layers.rnn.one_cell import draw

X = draw(3, 5, 2)


def again(model: kerasfmt.Model) -> kerasfmt.Model:
    """The model of the same config, with the same weights."""
    made = kerasfmt.model_from_config(json.loads(json.dumps(model.get_config())))
    assert made.get_config() == model.get_config()
    made.set_weights(model.get_weights())
    return made


@pytest.mark.parametrize("mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [False, True])
def test_merged(mode: str | None, sequences: bool) -> None:
    x = kerasfmt.Input((5, 2))
    model = kerasfmt.Model(x, Bidirectional(SimpleRNN(4, return_sequences=sequences), mode)(x))
    y = [SimpleRNN(4, return_sequences=sequences, go_backwards=back)(x) for back in (False, True)]
    apart = kerasfmt.Model(x, y)
    apart.set_weights(model.get_weights())
    ahead, back = apart.predict(X)
    back = back[:, ::-1] if sequences else back
    wanted = {
        "concat": np.concatenate([ahead, back], -1),
        "sum": ahead + back,
        "mul": ahead * back,
        "ave": (ahead + back) / 2,
        None: [ahead, back],
    }[mode]
    found = model.predict(X)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert [t.shape for t in model.outputs] == [
        (None, *np.shape(a)[1:]) for a in (found if mode is None else [found])
    ]
    np.testing.assert_array_equal(again(model).predict(X), found)


def test_names_and_what_keras_is_told() -> None:
    x = kerasfmt.Input((5, 2))
    layer = Bidirectional(SimpleRNN(4, name="inner"), name="both")
    layer(x)
    assert [w.name for w in layer.weights[::3]] == [
        "both/forward_inner/simple_rnn_cell/kernel",
        "both/backward_inner/simple_rnn_cell/kernel",
    ]
    assert [*layer.sublayers] == ["forward_layer", "backward_layer"]
    assert layer.layer.name == "inner"
    assert not layer.layer.built
    assert (layer.forward_layer.go_backwards, layer.backward_layer.go_backwards) == (False, True)
    assert layer.input_spec() == [InputSpec(ndim=3)]
    assert Bidirectional(RNN(GRUCell(2))).input_spec() is None
    assert Bidirectional(SimpleRNN(2, unroll=True)).keras_signature() is None
    assert not layer.forward_layer.zero_output_for_mask
    assert Bidirectional(SimpleRNN(4, return_sequences=True)).backward_layer.zero_output_for_mask
    assert [*layer.get_config()] == ["name", "trainable", "dtype", "layer", "merge_mode"]


def test_a_backward_layer_of_its_own() -> None:
    x = kerasfmt.Input((5, 2))
    layer = Bidirectional(SimpleRNN(4), backward_layer=SimpleRNN(3, "relu", go_backwards=True, name="other"))
    model = kerasfmt.Model(x, layer(x))
    assert model.predict(X).shape == (3, 7)
    assert layer.backward_layer.name == "backward_other"
    config = layer.get_config()
    assert config["backward_layer"]["config"]["name"] == "other"
    np.testing.assert_array_equal(again(model).predict(X), model.predict(X))


def test_states_go_in_and_come_out() -> None:
    layer = Bidirectional(RNN(LSTMCell(4), return_state=True, return_sequences=True))
    x, *states = (kerasfmt.Input(shape) for shape in ((None, 2), *[(4,)] * 4))
    outputs = layer(x, initial_state=states)
    assert [t.shape for t in outputs] == [(None, None, 8), *[(None, 4)] * 4]
    model = kerasfmt.Model([x, *states], outputs)
    zeros = [np.zeros((3, 4), np.float32)] * 4
    whole, h, c, *back = model.predict([X, *zeros])
    first, *between = model.predict([X[:, :2], *zeros])
    second, *after = model.predict([X[:, 2:], *between[:2], *zeros[2:]])
    np.testing.assert_allclose(after[:2], [h, c], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        np.concatenate([first, second], 1)[..., :4], whole[..., :4], rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(back[0], whole[:, 0, 4:])
    np.testing.assert_array_equal(again(model).predict([X, *zeros])[0], whole)


def test_masks() -> None:
    words = kerasfmt.Input((5,), dtype="int32")
    embedded = Embedding(9, 2, mask_zero=True)(words)
    sequences = Bidirectional(SimpleRNN(4, return_sequences=True))
    model = kerasfmt.Model(words, sequences(embedded))
    assert model.outputs[0].masked
    rows = np.array([[3, 4, 0, 0, 0], [1, 2, 3, 4, 5]], np.int32)
    found = model.predict(rows)
    assert not found[0, 2:].any()
    assert found[0, :2].all()
    short = model.predict(np.pad(rows[:1, :2], ((0, 0), (0, 3))))
    np.testing.assert_allclose(found[:1], short, rtol=1e-5, atol=1e-6)
    assert not Bidirectional(SimpleRNN(4))(embedded).masked
    both = Bidirectional(SimpleRNN(4, return_sequences=True, return_state=True), None)(embedded)
    assert [t.masked for t in both] == [True, True, False, False]


def test_constants() -> None:
    from tests.layers.rnn.test_cell import FromOne

    x, k = kerasfmt.Input((4, 3)), kerasfmt.Input((3,))
    layer = Bidirectional(RNN(FromOne()), merge_mode="sum")
    model = kerasfmt.Model([x, k], layer(x, constants=k))
    rows, given = draw(2, 4, 3), draw(2, 3)
    np.testing.assert_allclose(model.predict([rows, given]), 2 * rows.prod(1) * given**4, rtol=1e-5)
    assert layer.get_config()["num_constants"] == 1


def test_stateful() -> None:
    layer = Bidirectional(SimpleRNN(4, stateful=True))
    assert layer.stateful
    x = kerasfmt.Input((5, 2), batch_size=3)
    model = kerasfmt.Model(x, layer(x))
    first, second = model.predict(X), model.predict(X)
    assert not np.allclose(first, second)
    layer.reset_states()
    np.testing.assert_array_equal(model.predict(X), first)
    layer.reset_states([draw(3, 4), draw(3, 4)])
    assert not np.allclose(model.predict(X), first)
    with pytest.raises(InvalidModelError, match="it has no states to reset"):
        Bidirectional(SimpleRNN(4)).reset_states()


def test_losses_of_both_layers() -> None:
    x = kerasfmt.Input((5, 2))
    model = kerasfmt.Model(x, Bidirectional(SimpleRNN(4, activity_regularizer="l2"))(x))
    assert model.default_trace(training=True).losses == 2


def test_copies_have_the_options_and_no_weights() -> None:
    layer = RNN(
        [LSTMCell(2, name="a"), GRUCell(3, reset_after=False, name="b")], return_sequences=True, name="c"
    )
    layer(kerasfmt.Input((4, 3)))
    made = copy_of(layer)
    assert made.get_config() == layer.get_config()
    assert not made.built
    assert made.cell is not layer.cell
    assert not set(made.sublayers.values()) & set(layer.sublayers.values())


def test_trainable_as_the_layer_is() -> None:
    x = kerasfmt.Input((5, 2))
    layer = Bidirectional(SimpleRNN(4, trainable=False))
    layer(x)
    assert not layer.trainable
    layer.trainable = True
    assert len(layer.trainable_weights) == 6


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"layer": Dense(2)}, "option layer: expected a recurrent layer"),
        ({"layer": SimpleRNN(2), "merge_mode": "max"}, "option merge_mode: expected one of"),
        ({"layer": SimpleRNN(2), "backward_layer": 3}, "option backward_layer: expected a recurrent layer"),
        ({"layer": SimpleRNN(2), "backward_layer": SimpleRNN(2)}, "expected go_backwards to differ"),
        (
            {"layer": SimpleRNN(2), "backward_layer": SimpleRNN(2, go_backwards=True, return_sequences=True)},
            "option backward_layer: expected return_sequences=False as the layer has it, got True",
        ),
    ],
)
def test_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(KerasfmtError, match=rf"layer it \(Bidirectional\): .*{text}"):
        Bidirectional(**options, name="it")


def test_half_of_the_states() -> None:
    x, s = kerasfmt.Input((5, 2)), kerasfmt.Input((4,))
    with pytest.raises(InvalidModelError, match="expected the states of both layers, got 1 states"):
        Bidirectional(SimpleRNN(4))(x, initial_state=s)
