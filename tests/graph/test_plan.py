"""Plans: what of a run does not depend on the arguments."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Function, Spec, Variable, ops
from kerasfmt.graph.plan import Plan, plan_of
from kerasfmt.graph.run import run

ROW = Spec((None, 3), dtypes.float32)


def function(variable: Variable | None = None) -> Function:
    """`concat(x + 1, exp(x + 1) [, variable])`."""
    graph = Builder("f")
    x = graph.input(ROW)
    y = x + 1.0
    return graph.finish([ops.concat([y, ops.exp(y), *([graph.read(variable)] if variable else [])], 0)])


def test_constants_are_no_steps() -> None:
    plan = Plan(function())
    assert [step.node.op for step in plan.steps] == ["AddV2", "Exp", "ConcatV2"]
    assert [step.single for step in plan.steps] == [(0, 1), (3,), None]
    slots = plan.begin(["x"])
    assert slots[0] == "x" and [v.tolist() for v in slots[1:3]] == [1.0, 0]
    assert slots[3:] == [None] * 3


def test_what_no_step_needs_is_dropped() -> None:
    plan = Plan(function())
    assert [sorted(step.done) for step in plan.steps] == [[0], [], [3, 4]]
    assert plan.outputs == (5,)


def test_ops_that_need_a_context_have_no_kernel() -> None:
    variable = Variable("v", Spec((1, 3), dtypes.float32))
    kernels = {step.node.op: step.kernel is not None for step in Plan(function(variable)).steps}
    assert kernels == {"AddV2": True, "Exp": True, "ReadVariableOp": False, "ConcatV2": True}


def test_a_plan_is_made_once_and_goes_with_its_function() -> None:
    made = function()
    plan = weakref.ref(plan_of(made))
    assert plan_of(made) is plan()
    del made
    gc.collect()
    assert plan() is None


@pytest.mark.parametrize("count", [0, 2])
def test_another_number_of_arguments(count: int) -> None:
    with pytest.raises(GraphError, match=f"expected 1 arguments, got {count}"):
        Plan(function()).begin([0] * count)


def test_runs_do_not_see_each_other() -> None:
    made = function()
    inputs: list[Any] = [np.full((2, 3), i, np.float32) for i in range(2)]
    first = run(made, inputs[:1], {})[0].copy()
    run(made, inputs[1:], {})
    np.testing.assert_array_equal(run(made, inputs[:1], {})[0], first)


def test_floating_errors_pass_without_a_warning() -> None:
    (result,) = run(function(), [np.full((1, 3), 1e9, np.float32)], {})
    assert np.isinf(result[1]).all()
