from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import AdditiveAttention, Attention, Masking, MultiHeadAttention
from kerasfmt.layers.attention import attention_equations, projection
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply, f32

QUERY = f32([[1, 0], [0, 1], [0, 0]])
VALUE = f32([[9, 0], [0, 9]])


class TestLayers(LayerTests):
    uses = [
        use(Attention(), (None, 3, 2), (None, 5, 2), gives=(None, 3, 2)),
        use(
            Attention(use_scale=True),
            (None, None, 2),
            (None, 5, 2),
            gives=(None, None, 2),
            weights={"scale": ()},
        ),
        use(
            Attention(use_scale=True, score_mode="concat"),
            *((None, 3, 2), (None, 5, 4), (None, 5, 2)),
            gives=(None, 3, 4),
            weights={"scale": (), "concat_score_weight": ()},
        ),
        use(AdditiveAttention(), (None, 3, 2), (None, None, 2), gives=(None, 3, 2), weights={"scale": (2,)}),
        use(AdditiveAttention(use_scale=False), (None, 3, 2), (None, 5, 2), gives=(None, 3, 2)),
    ]
    refused = {
        "one input": (lambda: Attention(name="it")(kerasfmt.Input((3, 2))), "expected [query, value]"),
        "score_mode": (
            lambda: Attention(score_mode="sum", name="it"),
            "option score_mode: expected one of",
        ),
        "query alone": (
            lambda: MultiHeadAttention(1, 2, name="it")(kerasfmt.Input((3, 2))),
            "expected a query and a value",
        ),
        "heads": (
            lambda: MultiHeadAttention(0, 2, name="it"),
            "option num_heads: expected a whole number of at least 1",
        ),
    }


def test_attention_looks_where_the_query_points() -> None:
    result = apply(Attention(), QUERY, VALUE)
    sharp = 1 / (1 + np.exp(-9))
    expected = f32([[9 * sharp, 9 - 9 * sharp], [9 - 9 * sharp, 9 * sharp], [4.5, 4.5]])
    np.testing.assert_allclose(result, expected, rtol=1e-4)
    np.testing.assert_allclose(apply(Attention(), QUERY, QUERY[:, :2], VALUE)[0, 2], [0.5, 0.5])


def test_causal_attention_sees_the_past() -> None:
    for layer, call in ((Attention(causal=True), {}), (Attention(), {"use_causal_mask": True})):
        _, scores = apply(layer, QUERY, QUERY, return_attention_scores=True, **call)
        np.testing.assert_array_equal(np.triu(scores[0], 1), np.zeros((3, 3)))
        np.testing.assert_allclose(scores.sum(-1), np.ones((1, 3)), rtol=1e-6)


def test_attention_leaves_masked_steps_out() -> None:
    value = f32([[9, 1], [0, 0]])
    result = apply(Attention(), QUERY, value, masked=True)
    # The third query is masked itself.
    np.testing.assert_allclose(result, f32([[9, 1], [9, 1], [0, 0]]))


@pytest.mark.parametrize("cls", [Attention, AdditiveAttention])
def test_dropout_while_training(cls: Any) -> None:
    layer = cls(dropout=0.5, seed=1)
    assert layer.random_generator()
    plain = apply(layer, QUERY, VALUE)
    assert np.abs(apply(layer, QUERY, VALUE, training=True) - plain).max() > 0.1
    np.testing.assert_array_equal(apply(cls(dropout=0.5), QUERY, VALUE).shape, plain.shape)


WEIGHTS: dict[str, tuple[Any, dict[str, tuple[int, ...]], list[str]]] = {
    "dot": (Attention(), {}, ["dropout", "use_scale", "score_mode"]),
    "scale": (Attention(use_scale=True), {"scale": ()}, ["dropout", "use_scale", "score_mode"]),
    "concat": (
        Attention(use_scale=True, score_mode="concat"),
        {"scale": (), "concat_score_weight": ()},
        ["dropout", "use_scale", "score_mode"],
    ),
    "additive": (AdditiveAttention(), {"scale": (2,)}, ["dropout", "use_scale"]),
    "additive plain": (AdditiveAttention(use_scale=False), {}, ["dropout", "use_scale"]),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_and_config(name: str) -> None:
    layer, weights, options = WEIGHTS[name]
    assert apply(layer, QUERY, VALUE).shape == (1, 3, 2)
    assert {key: w.shape for key, w in layer.weight_attributes.items()} == weights
    assert list(layer.get_config())[3:] == options


def test_equations() -> None:
    assert projection(2, 1, 2) == ("abc,cde->abde", "de")
    assert projection(2, 2, 1) == ("abcd,cde->abe", "e")
    assert attention_equations(4, (1,)) == ("aecd,abcd->acbe", "acbe,aecd->abcd")
    assert attention_equations(5, (1, 2)) == ("afgde,abcde->adbcfg", "adbcfg,afgde->abcde")


def multi_head(layer: MultiHeadAttention, masked: bool = False, **arguments: Any) -> kerasfmt.Model:
    inputs = [kerasfmt.Input((3, 2)), kerasfmt.Input((5, 2))]
    query, value = [Masking()(x) for x in inputs] if masked else inputs
    return kerasfmt.Model(inputs, layer(query, value, **arguments))


def test_multi_head_attention_states_its_weights() -> None:
    layer = MultiHeadAttention(2, 4, name="heads")
    multi_head(layer)
    assert [(w.name, w.shape) for w in layer.weights] == [
        ("heads/query/kernel", (2, 2, 4)),
        ("heads/query/bias", (2, 4)),
        ("heads/key/kernel", (2, 2, 4)),
        ("heads/key/bias", (2, 4)),
        ("heads/value/kernel", (2, 2, 4)),
        ("heads/value/bias", (2, 4)),
        ("heads/attention_output/kernel", (2, 4, 2)),
        ("heads/attention_output/bias", (2,)),
    ]
    assert list(layer.sublayers) == [
        *("_query_dense", "_key_dense", "_value_dense", "_softmax", "_dropout_layer", "_output_dense"),
    ]
    config = layer.get_config()
    assert config["value_shape"] == {"class_name": "TensorShape", "items": [None, 5, 2]}
    assert config["attention_axes"] == (1,)
    layer.trainable = False
    assert not layer.trainable_weights


def test_multi_head_model_comes_back_from_its_config() -> None:
    model = multi_head(MultiHeadAttention(2, 4, value_dim=3, output_shape=7))
    again = kerasfmt.model_from_config(model.get_config())
    again.set_weights(model.get_weights())
    x = [np.ones((2, 3, 2), np.float32), np.ones((2, 5, 2), np.float32)]
    assert model.predict(x).shape == (2, 3, 7)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.get_config() == model.get_config()


def test_multi_head_attention_leaves_masked_steps_out() -> None:
    rng = np.random.default_rng(0)
    query, value = rng.random((1, 3, 2), np.float32), rng.random((1, 5, 2), np.float32)
    value[:, 3:] = 0
    model = multi_head(MultiHeadAttention(2, 4), masked=True, return_attention_scores=True)
    result, scores = model.predict([query, value])
    assert model.outputs[0].masked
    assert not scores[..., 3:].any()
    np.testing.assert_allclose(scores.sum(-1), np.ones((1, 2, 3)), rtol=1e-6)
    assert result.shape == (1, 3, 2)


def test_multi_head_attention_takes_masks_and_causality() -> None:
    layer = MultiHeadAttention(2, 4)
    x, mask = kerasfmt.Input((3, 2)), kerasfmt.Input((3, 3), dtype="bool")
    outputs = layer(x, x, attention_mask=mask, use_causal_mask=True, return_attention_scores=True)
    model = kerasfmt.Model([x, mask], outputs)
    allowed = np.array([[[1, 1, 1], [0, 1, 1], [1, 1, 0]]], bool)
    _, scores = model.predict([np.ones((1, 3, 2), np.float32), allowed])
    np.testing.assert_allclose(scores[0, 0], f32([1, 0, 0], [0, 1, 0], [0.5, 0.5, 0]))


def test_the_order_in_which_a_call_names_its_arguments_says_nothing() -> None:
    x, mask = kerasfmt.Input((3, 2)), kerasfmt.Input((3, 3))
    layer = MultiHeadAttention(1, 2)
    ways = [layer(x, value=x, attention_mask=mask), layer(x, attention_mask=mask, value=x)]
    given = [np.arange(6, dtype="float32").reshape(1, 3, 2), np.tri(3, dtype="float32")[None]]
    first, second = kerasfmt.Model([x, mask], ways).predict(given)
    np.testing.assert_array_equal(first, second)
    assert [list(call.kwargs) for call in layer.calls] == [
        ["value", "attention_mask"],
        ["attention_mask", "value"],
    ]
