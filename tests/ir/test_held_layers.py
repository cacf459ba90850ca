"""Layers that layers hold."""

from __future__ import annotations

import kerasfmt
from kerasfmt.ir.held_layers import children_of, every_layer
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
