"""Calls of traced Python functions: the trace that was made for such arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError, InvalidModelError
from kerasfmt.formats.saved_model.graph_call import GraphCall, Trace
from kerasfmt.graph import Builder, Spec, emit_one
from kerasfmt.graphdef.structured_decode import Composite
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir.graph_function import GraphFunction, GraphState

X = Spec((None,), dtypes.float32, "x")
PAIR = Composite("RaggedTensorSpec", 2)


def trace(canonical: Any, *specs: Spec) -> Trace:
    """A trace that gives the arrays that it gets, and its own arguments."""
    graph = Builder("f")
    inputs = [graph.input(spec) for spec in specs]
    function = graph.finish([emit_one("Identity", value) for value in inputs])
    found = GraphFunction(
        "f",
        lambda: (function, []),
        lambda results: (canonical, [r.tolist() for r in results]),
        GraphState({}),
    )
    return Trace(found, lambda: canonical)


NUMBERS = Spec((None,), dtypes.int64)
TRACES = [
    trace(((X, 2), {"flag": False}), X),
    trace(((X, True), {"flag": False}), X),
    trace((({"a": X, "b": [X]}, 2), {"flag": True}), X, X),
    trace(((Spec((), dtypes.string), None), {"flag": False}), Spec((), dtypes.string)),
    trace(((PAIR, 0), {"flag": False}), NUMBERS, NUMBERS),
]
CALL = GraphCall("m", ArgSpec(("x", "n"), (2,), ("flag",), {"flag": False}), TRACES)


@pytest.mark.parametrize(
    ("args", "kwargs", "number", "arrays"),
    [
        (([1, 2],), {}, 0, [[1.0, 2.0]]),
        ((np.float32([1]),), {"n": 2}, 0, [[1.0]]),
        (([1.5], True), {}, 1, [[1.5]]),
        (({"b": [[2.0]], "a": [1.0]},), {"flag": True}, 2, [[1.0], [2.0]]),
        (("text", None), {}, 3, [b"text"]),
        ((([1, 2], [0, 2]), 0), {}, 4, [[1, 2], [0, 2]]),
    ],
)
def test_the_trace_for_such_arguments(args: Any, kwargs: Any, number: int, arrays: Any) -> None:
    assert CALL(*args, **kwargs) == (TRACES[number].canonical(), arrays)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (([1.0], 3), {}),
        (([[1.0]],), {}),
        ((np.array([1.0]),), {}),  # float64, where float32 was traced
        ((None,), {}),
        (({"a": [1.0]},), {"flag": True}),
        (({"a": [1.0], "b": []},), {"flag": True}),
        (([1.0],), {"flag": 0}),
        (([1.0],), {"other": 0}),
    ],
)
def test_arguments_that_it_was_not_traced_for(args: Any, kwargs: Any) -> None:
    with pytest.raises(InvalidModelError, match="m: it was not traced for such arguments; it was for"):
        CALL(*args, **kwargs)


def test_arguments_that_no_such_function_takes() -> None:
    with pytest.raises(InvalidModelError, match="m: expected at most 2 arguments, got 3"):
        CALL(1, 2, 3)
    with pytest.raises(InvalidModelError, match="m: argument 'x' is missing"):
        CALL()
    with pytest.raises(GraphError, match="an argument of kind object is not read"):
        GraphCall("m", ArgSpec(("x",)), [trace(((object(),), {}))])(1)
