"""Functions of a file, chosen by their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Function, Spec
from kerasfmt.graph.run import run
from kerasfmt.graphdef.structured_value import ArgSpec, OtherValue
from kerasfmt.ir.given import GivenFunction, GivenTrace

F = dtypes.float32
ROW = Spec((None, 2), F)


def function(count: int = 1) -> Function:
    graph = Builder("f")
    values = [graph.input(ROW, f"x{number}") for number in range(count)]
    return graph.finish([values[0] * 2.0])


def trace(arguments: Any, name: str = "f", outputs: Any = ROW, made: Function | None = None) -> GivenTrace:
    return GivenTrace(name, arguments, outputs, lambda: made or function(), None)


def given(*arguments: Any, spec: ArgSpec | None = None) -> GivenFunction:
    traces = [trace(each, str(number)) for number, each in enumerate(arguments)]
    return GivenFunction(traces, spec or ArgSpec(("inputs", "training"), (None,)), None)


def found(function: GivenFunction, inputs: Any, training: bool = False, **kwargs: Any) -> str | None:
    trace = function.find(inputs, kwargs, training)
    return None if trace is None else trace.name


def test_the_mode_and_the_shape_decide() -> None:
    wide, fixed = Spec((None, 2), F), Spec((3, 4), F)
    call = given(((wide, True), {}), ((wide, False), {}), ((fixed, False), {}))
    assert found(call, Spec((5, 2), F)) == "1"
    assert found(call, Spec((5, 2), F), True) == "0"
    assert found(call, Spec((None, 4), F)) == "2"
    assert found(call, Spec((3, None), F)) == "1"
    assert found(call, Spec((2, 4), F)) is None
    assert found(call, Spec((None, 2), dtypes.int32)) is None
    assert found(call, Spec(None, F)) == "1"
    assert found(call, Spec((2,), F)) is None


def test_structures_decide() -> None:
    call = given((([ROW, ROW],), {}), (({"a": ROW, "b": [ROW]},), {}), ((ROW,), {}), spec=ArgSpec(("x",)))
    assert found(call, (ROW, ROW)) == "0"
    assert found(call, {"b": [ROW], "a": ROW}) == "1"
    assert found(call, {"a": ROW}) is None
    assert found(call, [ROW]) == "2"
    assert found(call, [ROW, ROW, ROW]) is None
    assert found(given((([ROW],), {}), spec=ArgSpec(("x",))), ROW) == "0"


def test_further_arguments_by_name_and_by_place() -> None:
    spec = ArgSpec(("inputs", "mask", "scale"), (None, 2.0), ("training", "flag"), {"flag": "a"})
    mask = Spec((None,), dtypes.bool_)
    call = given(
        ((ROW, None, 2.0), {"training": False, "flag": "a"}),
        ((ROW, mask, 2.0), {"training": False, "flag": "a"}),
        ((ROW, None, ROW), {"training": False, "flag": "b"}),
        spec=spec,
    )
    assert found(call, ROW) == "0"
    assert found(call, ROW, mask=mask) == "1"
    assert found(call, ROW, scale=ROW, flag="b") == "2"
    assert found(call, ROW, scale=3.0) is None
    assert found(call, ROW, other=1) is None
    assert call.names == {"inputs", "mask", "scale", "training", "flag"}
    assert list(call.ordered({"flag": 1, "scale": 2, "mask": 3})) == ["mask", "scale", "flag"]


def test_arguments_of_any_name() -> None:
    call = given(
        ((ROW,), {"training": True}), ((ROW,), {"training": False}), spec=ArgSpec(("x",), varkw="kwargs")
    )
    assert found(call, ROW, True) == "0"
    assert found(call, ROW) == "1"


def test_values_of_other_kinds_fit_nothing() -> None:
    call = given(((OtherValue("RaggedTensorSpec"),), {}), spec=ArgSpec(("x",)))
    assert found(call, ROW) is None
    assert call.common_inputs() is None


def test_what_all_functions_take() -> None:
    first, second = Spec((3, 2), F, "x"), Spec((None, 2), F, "y")
    assert given(((first, True), {}), ((second, False), {})).common_inputs() == Spec((None, 2), F, "x")
    assert given((([first],), {})).common_inputs() == [first]
    assert given(((first,), {}), ((Spec(None, F),), {})).common_inputs() == Spec(None, F, "x")
    assert given(((None,), {})).common_inputs() is None
    assert given().common_inputs() is None


def test_functions_are_made_when_they_are_used() -> None:
    made: list[Function] = []

    def prepare() -> Function:
        made.append(function())
        return made[-1]

    one = GivenTrace("f", ((ROW,), {}), Spec((None, 2), F), prepare, None)
    assert not made
    assert one.function is one.function
    assert one.function.outputs[0].shape == (None, 2)
    assert np.array_equal(run(one.function, [np.ones((1, 2), np.float32)], {})[0], [[2, 2]])
    one.forget()
    assert one.function is made[1]


def test_functions_that_do_not_agree_with_their_signatures() -> None:
    with pytest.raises(GraphError, match="function f: expected 2 inputs and 1 outputs, got 1 and 1"):
        _ = trace(((ROW, ROW), {})).function
    with pytest.raises(GraphError, match="expected an output"):
        _ = trace(((ROW,), {}), outputs=Spec((None, 2), dtypes.int32)).function
    with pytest.raises(GraphError, match="expected an output"):
        _ = trace(((ROW,), {}), outputs=OtherValue("RaggedTensorSpec")).function
