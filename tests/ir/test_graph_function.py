"""The functions of graphs that were read, and the state that they share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, EagerConstant, Function, Spec, Table, emit, emit_one, ops
from kerasfmt.ir import Weight
from kerasfmt.ir.graph_function import GraphFunction, GraphSignature, GraphState, as_array, converted


def counter() -> Weight:
    found = Weight("count", (), dtypes.float32)
    found.value = np.float32(3)
    return found


def signature(name: str, function: Function, **inputs: Spec) -> GraphSignature:
    outputs = {f"y{number}": value.spec for number, value in enumerate(function.outputs)}
    return GraphSignature(name, inputs, outputs, lambda: (function, []), GraphState({}))


def adding(weight: Weight) -> GraphSignature:
    graph = Builder("add")
    x = graph.input(Spec((None, 2), dtypes.float32), "x")
    y = graph.input(Spec((), dtypes.int32), "n")
    total = x + emit_one("Cast", y, DstT=dtypes.float32)
    graph.assign(weight, graph.read(weight) + 1.0)
    return signature(
        "add",
        graph.finish([total, graph.read(weight)]),
        x=Spec((None, 2), dtypes.float32),
        n=Spec((), dtypes.int32),
    )


def table() -> Table:
    default = EagerConstant("default", np.array(-1, np.int64))
    return Table("words", dtypes.string, dtypes.int64, default, mutable=True)


def test_what_functions_change_stays() -> None:
    words = table()
    graph = Builder("insert")
    key, value = (
        graph.input(Spec((None,), dtypes.string), "key"),
        graph.input(Spec((None,), dtypes.int64), "value"),
    )
    emit("LookupTableInsertV2", words, key, value)
    size = emit("LookupTableSizeV2", graph.capture(words))[0]
    function = graph.finish([size, ops.lookup_table_find(words, key)])
    state = GraphState({})
    found = GraphFunction("insert", lambda: (function, []), tuple, state)
    assert [x.tolist() for x in found(["a"], [1])] == [1, [1]]
    assert [x.tolist() for x in found(["b", "a"], [2, 3])] == [2, [2, 3]]
    assert list(state) == [words]
    assert len(state) == 1
    assert state[words].export()[1].tolist() == [3, 2]
    with pytest.raises(TypeError, match="cannot be taken away"):
        del state[words]


def test_variables_are_read_and_assigned() -> None:
    weight = Weight("w", (2,), dtypes.float32)
    weight.value = np.float32([1, 2])
    state = GraphState({})
    state[weight] = np.float32([3, 4])
    assert state[weight].tolist() == weight.numpy().tolist() == [3, 4]


def test_the_arguments_of_a_function() -> None:
    graph = Builder("f")
    x = graph.input(Spec((None, 2), dtypes.float32), "x")
    function = graph.finish([x + x])
    found = GraphFunction("f", lambda: (function, []), next, GraphState({}))
    assert found.inputs == (Spec((None, 2), dtypes.float32, "x"),)
    assert found([[1, 2]]).tolist() == [[2, 4]]
    assert repr(found) == "<GraphFunction f>"
    with pytest.raises(InvalidModelError, match=r"function f: expected 1 arrays, \['x'\], got 2"):
        found([[1, 2]], 3)
    with pytest.raises(
        InvalidModelError, match=r"function f: input x: expected shape \(None, 2\), got \(2,\)"
    ):
        found([1, 2])


def test_values_become_arrays() -> None:
    assert converted("x", Spec(None, dtypes.string), ["a", b"\xff"]).tolist() == [b"a", b"\xff"]
    with pytest.raises(InvalidModelError, match="x: could not convert"):
        converted("x", Spec(None, dtypes.float32), "a")
    made = as_array({"no": "array"})
    assert (made.shape, made.dtype, made[()]) == ((), np.dtype(object), {"no": "array"})
    assert as_array(np.float32(1)).shape == ()


def test_a_signature_takes_and_gives_arrays_by_name() -> None:
    weight = counter()
    found = adding(weight)(n=1, x=[[1, 2]])
    np.testing.assert_array_equal(found["y0"], np.array([[2, 3]], np.float32), strict=True)
    assert repr(adding(weight)) == "<GraphSignature add(x, n) -> y0, y1>"


def test_what_a_signature_assigns_stays() -> None:
    weight = counter()
    add = adding(weight)
    assert [add(n=1, x=[[1, 2]])["y1"].item() for _ in range(2)] == [4.0, 5.0]
    assert weight.numpy() == 5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": [[1, 2]]}, r"signature add: expected the inputs \['n', 'x'\], got \['x'\]"),
        ({"x": [[1, 2]], "n": 1, "z": 1}, r"got \['n', 'x', 'z'\]"),
        ({"x": [[1, 2, 3]], "n": 1}, r"input x: expected shape \(None, 2\), got \(1, 3\)"),
        ({"x": [1, 2], "n": 1}, r"input x: expected shape \(None, 2\), got \(2,\)"),
        ({"x": [["a", "b"]], "n": 1}, "input x: could not convert"),
        ({"x": [[1, 2], [3]], "n": 1}, "input x: "),
    ],
)
def test_arrays_that_do_not_fit(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidModelError, match=said):
        adding(counter())(**given)


@pytest.mark.parametrize("given", ["a", b"a", ["a", b"b"], np.array([["é", "b"]]), np.array([], object)])
def test_texts_become_bytes(given: Any) -> None:
    graph = Builder("text")
    spec = Spec(None, dtypes.string)
    x = graph.input(spec, "x")
    found = signature("text", graph.finish([emit_one("Identity", x)]), x=spec)(x=given)["y0"]
    assert found.shape == np.shape(given)
    assert all(isinstance(text, bytes) for text in found.ravel())
