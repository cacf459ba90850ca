"""The traced functions of layers: which there are, and what they return."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.layer_functions import LayerFunctions, LayerTraces
from kerasfmt.graph.run import run
from kerasfmt.ir import Layer, Model
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.naming import LayerNames
from kerasfmt.layers import Dense, Dropout

X = np.arange(6, dtype=np.float32).reshape(2, 3) - 2


@pytest.fixture
def model() -> Model:
    kerasfmt.clear_session()
    x = kerasfmt.Input((3,), name="x")
    return Model(x, Dropout(0.5, name="drop")(Dense(2, activity_regularizer="l1", name="d")(x)), name="m")


def traces(model: Model, layer: Layer) -> list[Any]:
    return LayerTraces(model, CallContext()).of(layer)


def functions(model: Model, layer: Layer) -> dict[str, PolymorphicFunction]:
    return LayerFunctions(CallContext()).of(layer, traces(model, layer))


def test_layers_that_take_training_have_two(model: Model) -> None:
    assert [t.training for t in traces(model, model)] == [True, False]
    assert [t.training for t in traces(model, model.get_layer("drop"))] == [True, False]
    assert [t.training for t in traces(model, model.get_layer("d"))] == [None]
    assert traces(model, model.get_layer("x")) == []


def test_each_function_is_there_once(model: Model) -> None:
    found = [t.function for layer in (model, *model.layers) for t in traces(model, layer)]
    assert len(set(found)) == len(found) == 5


def test_what_the_functions_return(model: Model) -> None:
    layer = model.get_layer("d")
    nodes = functions(model, layer)
    state = {w: w.numpy() for w in layer.weights}
    results = {}
    for name in ("__call__", "call_and_return_conditional_losses", "call_and_return_all_conditional_losses"):
        (trace,) = nodes[name].traces
        results[name] = run(trace.function, [X], dict(state))
    kernel, bias = layer.get_weights()
    expected = X @ kernel + bias
    for found in results.values():
        np.testing.assert_allclose(found[0], expected, rtol=1e-5, atol=1e-6)
    assert [len(found) for found in results.values()] == [1, 1, 2]
    penalty = results["call_and_return_all_conditional_losses"][1]
    np.testing.assert_allclose(penalty, 0.01 * np.abs(expected).sum(), rtol=1e-5)


def test_a_layer_without_penalty_has_one_function_for_both(model: Model) -> None:
    layer = model.get_layer("drop")
    nodes = functions(model, layer)
    assert nodes["call_and_return_all_conditional_losses"] is nodes["call_and_return_conditional_losses"]
    assert "activity_regularizer_fn" not in nodes


def test_signatures_name_every_argument(model: Model) -> None:
    nodes = functions(model, model)
    first, second = nodes["__call__"].traces
    assert first.keywords == second.keywords == ("x",)
    assert first.inputs[0][1:] == (True, None)
    assert second.inputs[0][1:] == (False, None)
    assert nodes["__call__"].arg_spec.args == ("inputs", "training", "mask")


def test_functions_of_one_body_are_derived_once() -> None:
    kerasfmt.clear_session()
    x = kerasfmt.Input((3,))
    first, second = Dense(3, name="a"), Dense(3, name="b")
    made = Model(x, second(first(Dense(3)(x))))
    context = CallContext(made.shared_traces)
    walked, maker = LayerTraces(made, context), LayerFunctions(context)
    a, b = (maker.of(layer, walked.of(layer))["__call__"].traces[0].function for layer in (first, second))
    assert a.body_id is b.body_id
    assert (a.captured, b.captured) == (tuple(first.weights), tuple(second.weights))
    assert [site.callee.name[0] for f in (a, b) for site in f.call_sites] == ["a", "b"]


def test_the_names_are_those_of_the_context(model: Model) -> None:
    layer = model.get_layer("d")
    context = CallContext(names=LayerNames({layer: "e"}))
    made = LayerFunctions(context).of(layer, LayerTraces(model, context).of(layer))
    assert {trace.name for function in made.values() for trace in function.traces} == {
        "e_layer_call_fn",
        "e_layer_call_and_return_conditional_losses",
        "e_layer_call_and_return_all_conditional_losses",
        "e_activity_regularizer",
    }
