"""What the attentions with projections share: how they are called, and which steps a query may attend to."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.layers import GroupQueryAttention, Layer, MultiHeadAttention
from kerasfmt.layers.projected_attention import window_mask
from tests.graph.evaluation import evaluate

QUERY, VALUE = (np.zeros(shape, np.float32) for shape in ((2, 5, 4), (2, 3, 4)))


@pytest.mark.parametrize("layer", [MultiHeadAttention(1, 2), GroupQueryAttention(2, 2, 1)], ids=str)
def test_a_query_alone(layer: Layer) -> None:
    with pytest.raises(InvalidModelError, match="expected a query and a value, got only a query"):
        layer(kerasfmt.Input((3, 2)))


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


def test_a_window() -> None:
    found = evaluate(lambda q, v: window_mask(q, v, 2), QUERY, VALUE)
    distance = np.abs(np.arange(5)[:, None] - np.arange(3))
    np.testing.assert_array_equal(found, distance[None] < 2)
