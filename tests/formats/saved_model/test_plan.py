"""The plan of a SavedModel: every function, of which everything else follows."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model.nodes import name_functions
from kerasfmt.formats.saved_model.objects import Objects
from kerasfmt.formats.saved_model.plan import Plan, plan_model
from kerasfmt.graph import Builder, Function
from kerasfmt.ir import Model, Weight
from kerasfmt.ir.naming import OWN_NAMES
from kerasfmt.layers import Conv2D, Dense
from tests.formats.saved_model.saved import small


@pytest.fixture
def plan() -> Plan:
    return plan_model(small())


def test_layers_have_functions_by_name(plan: Plan) -> None:
    found = {layer.name: functions for layer, functions in plan.layers.items()}
    assert set(found) == {"inner", "norm", "shared", "drop", "out", "small"}
    assert set(found["shared"]) - set(found["out"]) == {"activity_regularizer_fn"}
    assert len(found["drop"]["__call__"].traces) == 2
    assert plan.traced
    assert list(plan.signatures) == ["serving_default"]


def test_penalties_are_functions_without_arguments(plan: Plan) -> None:
    ((weight, function),) = plan.losses.items()
    assert weight.name == "shared/kernel"
    (trace,) = function.traces
    assert (trace.name, trace.inputs, trace.function.captured) == ("loss_fn_0", ((), {}), (weight,))


def test_penalties_are_numbered_layer_by_layer() -> None:
    kerasfmt.clear_session()
    y = kerasfmt.Input((3,))
    inner = Model(y, Dense(3, kernel_regularizer="l1", name="in")(y))
    x = kerasfmt.Input((3,))
    model = Model(x, inner(Dense(3, bias_regularizer="l2", kernel_regularizer="l2", name="out")(x)))
    names = {weight.name: f.traces[0].name for weight, f in plan_model(model).losses.items()}
    assert names == {"out/kernel": "loss_fn_0", "out/bias": "loss_fn_1", "in/kernel": "loss_fn_2"}


def test_functions_that_layers_track() -> None:
    kerasfmt.clear_session()
    x = kerasfmt.Input((4, 4, 2))
    layer = Conv2D(2, 3, groups=2)
    plan = plan_model(Model(x, layer(x)))
    (function,) = plan.compiled[layer].values()
    assert function.jit_compile
    assert {t.function for t in function.traces} == set(*layer.tracked_functions().values())
    assert [f.traces for f in plan_model(plan.model, save_traces=False).compiled[layer].values()] == [()]


def test_without_traces_there_are_no_functions() -> None:
    plan = plan_model(small(), save_traces=False)
    assert not plan.traced
    assert (plan.layers, plan.losses, plan.signatures, plan.default) == ({}, {}, {}, None)


def test_a_model_without_an_input_shape() -> None:
    with pytest.raises(InvalidModelError, match="its input shape is not known"):
        plan_model(kerasfmt.Sequential([Dense(2)]))


def test_traces_that_there_are_already_are_used() -> None:
    model = small()
    made = model.default_trace(training=False)
    plan = plan_model(model)
    assert plan.names is OWN_NAMES
    assert made.function in {
        t.function for t in plan.layers[model]["call_and_return_conditional_losses"].traces
    }


def test_nothing_is_traced_after_the_plan(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Function:
        raise AssertionError("a function is made after the plan")

    monkeypatch.setattr(Builder, "finish", refuse)
    graph = ObjectGraph.of(Objects(plan, None, include_optimizer=True).root)
    assert len(list(name_functions(graph))) > 10
    assert all(isinstance(weight, Weight) for weight in graph.captures)
