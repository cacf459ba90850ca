"""Layers that layers hold."""

from __future__ import annotations

import kerasfmt
from kerasfmt.ir.held_layers import children_of, every_call, every_layer
from kerasfmt.layers import Dense, TimeDistributed


def test_every_layer_comes_once() -> None:
    x = kerasfmt.Input((2, 3))
    shared, wrapper = Dense(3, name="shared"), TimeDistributed(Dense(4, name="inside"), name="wrapper")
    inner = kerasfmt.Model(x, wrapper(shared(x)), name="inner")
    y = kerasfmt.Input((2, 3))
    outer = kerasfmt.Model(y, [inner(shared(y)), inner(y)], name="outer")
    names = [layer.name for layer in every_layer(outer)]
    assert len(names) == len(set(names)) == 7
    assert names[-1] == "outer"
    assert names.index("wrapper") < names.index("inside") < names.index("inner")
    assert [layer.name for layer in children_of(wrapper)] == ["inside"]


def test_models_in_models_cost_one_step_each() -> None:
    model: kerasfmt.Model = kerasfmt.Sequential([Dense(1, input_shape=(1,))])
    for _ in range(60):
        x = kerasfmt.Input((1,))
        model = kerasfmt.Model(x, model(x))
    assert len(list(every_layer(model))) == 60 * 2 + 2


def test_calls_of_models_in_layers_and_in_models() -> None:
    x = kerasfmt.Input((3,), name="x")
    inner = kerasfmt.Model(x, Dense(3, name="inside")(x), name="inner")
    y = kerasfmt.Input((2, 3), name="y")
    outer = kerasfmt.Model(y, TimeDistributed(inner, name="each")(y), name="outer")
    model = kerasfmt.Sequential([outer, Dense(2, name="last")], name="all")
    names = [call.layer.name for call in every_call(model)]
    assert names == ["x", "inside", "y", "each", "outer_input", "outer", "last"]
    assert list(every_call(kerasfmt.Sequential([Dense(2)]))) == []
