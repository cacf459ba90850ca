"""Calls made again from configs: their order, shared layers, and the indices of nested models."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import kerasfmt
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import Model
from tests.dialects.configs import (
    INNER2,
    MLP,
    NESTED,
    Config,
    entry_layer,
    functional,
    keras3_call,
    keras3_dense,
    keras3_input,
    keras_tensor,
    layer,
    nested,
    predict,
    ref,
)


def test_calls_in_any_order() -> None:
    config = copy.deepcopy(MLP)
    config["config"]["layers"].reverse()
    np.testing.assert_array_equal(predict(model_from_config(config)), predict(model_from_config(MLP)))


def shared(dialect: int) -> Config:
    """x -> d -> d -> d, all one layer."""
    if dialect == 2:
        layers = [entry_layer("x", 3), layer("Dense", "d", [ref("x")], [ref("d", 0)], [ref("d", 1)], units=3)]
    else:
        calls = [keras3_call(keras_tensor(*at)) for at in (("x", 0), ("d", 0), ("d", 1))]
        layers = [keras3_input("x", 3), keras3_dense("d", *calls)]
    return functional("m", layers, [["x", 0, 0]], [["d", 2, 0]])


@pytest.mark.parametrize("dialect", [2, 3])
def test_a_shared_layer(dialect: int) -> None:
    model = model_from_config(shared(dialect))
    assert len(model.get_layer("d").calls) == 3
    assert [c.tensor_inputs[0].origin.index for c in model.get_layer("d").calls] == [0, 0, 1]
    assert len(model.weights) == 2


@pytest.mark.parametrize("name", NESTED)
def test_node_indices_of_nested_models(name: str) -> None:
    layers, output = NESTED[name]
    model = model_from_config(functional("outer", layers, [["x", 0, 0]], [output]))
    inner = model.layers[1]
    calls = len(inner.calls)
    assert calls == len(layers[1]["inbound_nodes"])
    assert model.outputs[0].origin is inner.calls[-1]
    again = model_from_config(model.described())
    np.testing.assert_array_equal(predict(again), predict(model))
    assert len(again.layers[1].calls) == calls


def test_the_first_call_of_a_nested_model_has_index_1_in_keras_2() -> None:
    bad = functional(
        "outer", [entry_layer("x", 3), nested(INNER2, [ref("x")])], [["x", 0, 0]], [["inner", 0, 0]]
    )
    with pytest.raises(InvalidModelError, match="which does not exist"):
        model_from_config(bad)


def test_what_is_written_counts_as_keras_2() -> None:
    x = kerasfmt.Input((3,), name="x")
    inner = model_from_config(INNER2)
    config = Model(x, inner(inner(x)), name="outer").get_config()
    assert config["output_layers"] == [["inner", 2, 0]]
    assert config["layers"][1]["inbound_nodes"] == [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]]
