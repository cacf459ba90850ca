from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import GroupQueryAttention, MultiHeadAttention
from tests.layers.layer_tests import LayerTests, use
from tests.layers.one_layer import apply

RNG = np.random.default_rng(3)
QUERY, VALUE = (RNG.normal(size=shape).astype(np.float32) for shape in ((2, 5, 4), (2, 3, 4)))
GROUPED = {
    **{f"{name}/kernel": (4, heads, 2) for name, heads in (("query", 4), ("key", 2), ("value", 2))},
    **{f"{name}/bias": (heads, 2) for name, heads in (("query", 4), ("key", 2), ("value", 2))},
    "attention_output/kernel": (4, 2, 4),
    "attention_output/bias": (4,),
}


class TestLayers(LayerTests):
    uses = [
        use(
            GroupQueryAttention(2, 4, 2),
            *((None, 5, 4), (None, None, 4)),
            gives=(None, 5, 4),
            weights=GROUPED,
        ),
        use(
            GroupQueryAttention(
                2, 1, 1, use_bias=False, use_gate=True, sliding_window=2, dropout=0.5, seed=1
            ),
            *((None, None, 4), (None, None, 4)),
            gives=(None, None, 4),
            weights={
                **{f"{name}/kernel": (4, 1, 2) for name in ("query", "key", "gate", "value")},
                "attention_output/kernel": (1, 2, 4),
            },
        ),
    ]
    refused = {
        "groups": (
            lambda: GroupQueryAttention(2, 4, 3, name="it"),
            "option num_key_value_heads: expected a divisor of num_query_heads, 4, got 3",
        ),
        "rank": (
            lambda: GroupQueryAttention(2, 4, 2, name="it")([kerasfmt.Input((4,))] * 2),
            "expected (batch, steps, features)",
        ),
        "window": (
            lambda: GroupQueryAttention(2, 4, 2, sliding_window=0, name="it"),
            "option sliding_window: expected a whole number of at least 1, or None, got 0",
        ),
    }


@pytest.mark.parametrize("options", [{}, {"use_gate": True}, {"sliding_window": 2}])
def test_with_a_key_for_every_query_it_is_multi_head_attention(options: dict[str, Any]) -> None:
    grouped, plain = GroupQueryAttention(3, 2, 2, **options), MultiHeadAttention(2, 3, **options)
    for layer in (grouped, plain):
        apply(layer, QUERY, VALUE)
    plain.set_weights([RNG.normal(size=w.shape).astype(np.float32) for w in plain.weights])
    grouped.set_weights(plain.get_weights())
    for call in ({}, {"use_causal_mask": True}):
        np.testing.assert_allclose(
            apply(grouped, QUERY, VALUE, **call), apply(plain, QUERY, VALUE, **call), rtol=2e-5, atol=1e-6
        )


def test_queries_of_a_group_share_keys() -> None:
    few, many = GroupQueryAttention(2, 4, 2, use_bias=False), GroupQueryAttention(2, 4, 4, use_bias=False)
    for layer in (few, many):
        apply(layer, QUERY, VALUE)
    query, key, value, outputs = few.get_weights()
    few.set_weights([query, key * 3, value * 2, outputs])
    many.set_weights([query, np.repeat(key * 3, 2, 1), np.repeat(value * 2, 2, 1), outputs])
    np.testing.assert_allclose(apply(few, QUERY, VALUE), apply(many, QUERY, VALUE), rtol=1e-5, atol=1e-6)
