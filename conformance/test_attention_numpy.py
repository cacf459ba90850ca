"""Layers that attend: kerasfmt in NumPy computes the same as Keras 2."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("tensorflow")

from conformance.case import Case
from conformance.cases.layer import MIXED_FLOAT16, Of, one_layer
from conformance.in_numpy import check_layer
from conformance.installed import keras2

keras: Any = keras2()

HEADS = {"num_heads": 2, "key_dim": 5}
SPREAD = Of(lambda k, layer, t: layer(*t))
"""The inputs as query, value and key."""

CASES = [
    one_layer("Attention", (4, 3), (5, 3)),
    one_layer("Attention", (4, 3), (5, 2), (5, 3), use_scale=True),
    one_layer("Attention", (4, 3), (5, 3), use_scale=True, score_mode="concat"),
    one_layer("Attention", (4, 3), (5, 3), score_mode="concat"),
    one_layer("Attention", (4, 3), (5, 3), dropout=0.3, _random=True),
    one_layer("Attention", (4, 3), (5, 3), _masked=True),
    one_layer("Attention", (4, 3), (5, 3), **MIXED_FLOAT16, _masked=True),
    one_layer(
        "Attention",
        (4, 3),
        (5, 3),
        _words="causal",
        _call=Of(lambda k, layer, t: layer(t, return_attention_scores=True, use_causal_mask=True)),
    ),
    one_layer(
        "Attention",
        (4, 3),
        (5, 3),
        _masked=True,
        _words="causal",
        _call=Of(lambda k, layer, t: layer(t, use_causal_mask=True)),
    ),
    one_layer("AdditiveAttention", (4, 3), (5, 3)),
    one_layer("AdditiveAttention", (4, 3), (5, 3), (5, 3), use_scale=False, _masked=True),
    one_layer("MultiHeadAttention", (4, 3), (5, 3), **HEADS, _call=SPREAD),
    one_layer(
        "MultiHeadAttention", (4, 3), (5, 2), (5, 6), **HEADS, value_dim=4, use_bias=False, _call=SPREAD
    ),
    one_layer(
        "MultiHeadAttention", (4, 3), (5, 3), **HEADS, output_shape=7, dropout=0.2, _random=True, _call=SPREAD
    ),
    one_layer("MultiHeadAttention", (2, 4, 3, 6), (2, 5, 3, 6), **HEADS, attention_axes=(2, 3), _call=SPREAD),
    one_layer("MultiHeadAttention", (2, 4, 6), (2, 5, 6), **HEADS, attention_axes=2, _call=SPREAD),
    one_layer("MultiHeadAttention", (4, 3), (5, 3), **HEADS, _masked=True, _call=SPREAD),
    one_layer("MultiHeadAttention", (4, 3), (5, 3), (5, 3), **HEADS, _masked=True, _call=SPREAD),
    one_layer(
        "MultiHeadAttention",
        (4, 3),
        (5, 3),
        **HEADS,
        _words="causal",
        _call=Of(lambda k, layer, t: layer(*t, return_attention_scores=True, use_causal_mask=True)),
    ),
    one_layer("MultiHeadAttention", (None, 3), (None, 3), **HEADS, _call=SPREAD),
    one_layer("MultiHeadAttention", (4, 3), (5, 3), **HEADS, **MIXED_FLOAT16, _call=SPREAD),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_layer(case: Case) -> None:
    check_layer(case, keras)
