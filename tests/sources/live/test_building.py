"""Layers of Keras's own, built as live ones were built."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.sources.live.building import as_shapes, build_as


class Built:
    """A live layer that says for which shapes it was built."""

    def __init__(self, stated: Any) -> None:
        self.stated = stated

    def get_build_config(self) -> Any:
        return self.stated


def attention() -> Any:
    return kerasfmt.layers.MultiHeadAttention(2, 3)


@pytest.mark.parametrize(
    ("make", "stated", "shapes"),
    [
        (lambda: kerasfmt.layers.Dense(2), {"input_shape": [None, 3]}, [(3, 2), (2,)]),
        (
            attention,
            {"shapes_dict": {"query_shape": (None, 5, 4), "value_shape": (None, 7, 6), "key_shape": None}},
            [(4, 2, 3), (2, 3), (6, 2, 3), (2, 3), (6, 2, 3), (2, 3), (2, 3, 4), (4,)],
        ),
    ],
)
def test_shapes_of_one_and_of_several_arguments(make: Any, stated: Any, shapes: Any) -> None:
    layer = make()
    build_as(layer, Built(stated))
    assert layer.built
    assert [w.shape for w in layer.weights] == shapes


@pytest.mark.parametrize("live", [Built(None), Built({}), Built({"a": (1,), "b": (2,)}), object()])
def test_a_layer_that_does_not_say(live: Any) -> None:
    layer = kerasfmt.layers.Dense(2)
    build_as(layer, live)
    assert not layer.built


def test_shapes() -> None:
    assert as_shapes([None, 2]) == (None, 2)
    assert as_shapes([[None, 2], (None, 3)]) == [(None, 2), (None, 3)]
    assert as_shapes({"a": [1]}) == {"a": (1,)}
