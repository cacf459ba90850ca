from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import AdditiveAttention, Attention
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
