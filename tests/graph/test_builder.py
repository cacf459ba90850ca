"""Builders: names, constants, captures, calls, pruning."""

from __future__ import annotations

import re

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Spec, Variable, emit, emit_one

VECTOR = Spec((2,), dtypes.float32)


def variable(name: str = "dense/kernel") -> Variable:
    return Variable(name, VECTOR)


NAMES = [
    (["a", "a", "a"], ["a", "a_1", "a_2"]),
    (["a", "a_1", "a"], ["a", "a_1", "a_2"]),
    (["a_1", "a", "a"], ["a_1", "a", "a_2"]),
    (["Relu", "relu"], ["Relu", "relu_1"]),
    (["a b", "ü/x"], ["a_b", "._/x"]),
    (["_hidden", "_hidden"], ["._hidden", "._hidden_1"]),
    (["x/y", "x/y"], ["x/y", "x/y_1"]),
]


@pytest.mark.parametrize(("wanted", "given"), NAMES)
def test_names_are_unique_and_valid(wanted: list[str], given: list[str]) -> None:
    graph = Builder()
    assert [graph.unique_name(name) for name in wanted] == given
    assert all(re.fullmatch(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*", name) for name in given)


def test_a_freed_name_can_be_taken_again() -> None:
    graph = Builder()
    graph.free_name(graph.unique_name("a"))
    assert graph.unique_name("a") == "a"


def test_scopes_nest_and_end() -> None:
    graph = Builder()
    x = graph.input(VECTOR, "x")
    with graph.scope("outer"):
        with graph.scope("inner"):
            first = emit_one("Relu", x)
        second = emit_one("Relu", x, name="act")
    third = emit_one("Relu", x)
    assert [v.node.name for v in (first, second, third)] == ["outer/inner/Relu", "outer/act", "Relu"]


def test_a_scope_ends_with_an_error() -> None:
    graph = Builder()
    with pytest.raises(KeyError), graph.scope("outer"):
        raise KeyError
    assert emit_one("Relu", graph.input(VECTOR)).node.name == "Relu"


ARGUMENTS = [
    ("inputs", "inputs"),
    ("My Input", "my_input"),
    ("1st", "st"),
    ("é", "unknown"),
    ("a/b.c", "a_b_c"),
]


@pytest.mark.parametrize(("wanted", "given"), ARGUMENTS)
def test_names_of_arguments(wanted: str, given: str) -> None:
    graph = Builder()
    assert graph.input(VECTOR, wanted).node.name == given
    assert graph.input_names == [wanted]
    assert graph.input(VECTOR, wanted).node.name == f"{given}_1"


def test_an_argument_is_named_by_its_spec() -> None:
    graph = Builder()
    graph.input(Spec((2,), dtypes.float32, "x"))
    graph.input(VECTOR)
    assert graph.input_names == ["x", "arg"]


# Constants.


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1.5, "float32"),
        (3, "int32"),
        (True, "bool"),
        ("text", "string"),
        ([1, 2], "int32"),
        (np.float64(1), "float64"),
        (np.int64(1), "int64"),
        (np.zeros(2), "float64"),
        (np.array([1], "int64"), "int64"),
    ],
)
def test_dtypes_of_constants(value: object, dtype: str) -> None:
    assert Builder().constant(value).dtype.name == dtype


def test_a_constant_takes_the_dtype_that_is_asked_for() -> None:
    constant = Builder().constant(np.array([1.0, 2.0]), dtypes.float16)
    assert constant.dtype is dtypes.float16
    assert constant.node.attrs["value"].dtype == np.float16


def test_equal_constants_are_one_node() -> None:
    graph = Builder()
    one = graph.constant(1.0)
    assert graph.constant(np.float32(1)) is one
    assert graph.constant([b"a"]) is graph.constant([b"a"])
    others = [
        graph.constant(1),
        graph.constant([1.0]),
        graph.constant(1.0, dtypes.float64),
        graph.constant(-1.0),
        graph.constant([b"b"]),
        graph.constant(np.zeros((1, 2), np.float32)),
        graph.constant(np.zeros((2, 1), np.float32)),
    ]
    assert len({id(v) for v in [one, *others]}) == 8


def test_a_constant_keeps_its_content() -> None:
    array = np.ones(2, np.float32)
    graph = Builder()
    constant = graph.constant(array)
    array[0] = 5
    np.testing.assert_array_equal(constant.node.attrs["value"], [1, 1])
    assert graph.constant(np.ones(2, np.float32)) is constant


def test_zeros_of_either_sign_are_two_constants() -> None:
    graph = Builder()
    assert graph.constant(0.0) is not graph.constant(-0.0)


# Captures and the order of side effects.


def test_a_variable_is_captured_once() -> None:
    graph, kernel, bias = Builder(), variable(), variable("dense/bias")
    handle = graph.capture(kernel)
    graph.read(bias)
    assert graph.capture(kernel) is handle
    assert (handle.dtype, handle.shape) == (dtypes.resource, ())
    assert graph.variable_of(handle) is kernel
    function = graph.finish([])
    assert function.captured == (kernel, bias)
    assert [h.node.name for _, h in function.captures] == ["dense_kernel_resource", "readvariableop_resource"]


def test_a_read_has_the_shape_of_the_variable() -> None:
    value = Builder().read(variable(), "MatMul")
    assert (value.shape, value.dtype) == ((2,), dtypes.float32)
    assert value.node.name == "MatMul/ReadVariableOp"


def test_a_call_shows_whether_the_callee_has_state() -> None:
    graph, pure = Builder(), Builder("pure")
    x = pure.input(VECTOR)
    function = pure.finish([emit_one("Relu", x)])
    assert not function.stateful
    (out,) = graph.call(function, [graph.input(VECTOR)])
    assert (out.node.op, out.shape) == ("PartitionedCall", (2,))
    reader = Builder("peek")
    (out,) = graph.call(reader.finish([reader.read(variable())]), [])
    assert out.node.op == "StatefulPartitionedCall"
    assert graph.finish([out]).stateful


def test_a_call_may_know_more_of_the_shapes() -> None:
    inner = Builder()
    function = inner.finish([emit_one("Relu", inner.input(Spec(None, dtypes.float32)))])
    graph = Builder()
    x = graph.input(VECTOR)
    assert graph.call(function, [x])[0].shape is None
    assert graph.call(function, [x], [(2,)])[0].shape == (2,)


def test_a_call_needs_the_inputs_of_the_callee() -> None:
    inner = Builder("inner")
    function = inner.finish([emit_one("Relu", inner.input(VECTOR))])
    graph = Builder()
    with pytest.raises(GraphError, match="function inner: expected 1 inputs, got 2"):
        graph.call(function, [graph.input(VECTOR), graph.input(VECTOR)])
    with pytest.raises(GraphError, match=r"function inner: input arg: expected float32, got int32"):
        graph.call(function, [graph.input(Spec((2,), dtypes.int32))])


# Finish.


def test_finish_prunes_what_nothing_needs() -> None:
    graph = Builder("f")
    x = graph.input(VECTOR, "x")
    emit_one("Relu", graph.constant([3.0, 4.0]))
    kept = emit_one("Neg", x)
    function = graph.finish([kept])
    assert [n.op for n in function.nodes] == ["Neg"]
    assert function.outputs == (kept,)
    assert function.control_outputs == ()
    assert (function.name, function.input_names) == ("f", ("x",))
    assert graph.finish([kept], "g", compiled=True).name == "g"


def test_finish_keeps_side_effects_and_what_they_need() -> None:
    graph, step = Builder(), variable()
    x = graph.input(VECTOR)
    emit_one("Relu", x)
    graph.assign(step, emit_one("Neg", x))
    function = graph.finish([])
    assert [n.op for n in function.nodes] == ["Neg", "AssignVariableOp"]
    assert [n.op for n in function.control_outputs] == ["AssignVariableOp"]
    assert function.written == {step}


def test_finish_keeps_what_a_needed_node_waits_for() -> None:
    graph = Builder()
    x = graph.input(VECTOR)
    first = emit_one("Relu", x)
    last = emit_one("Neg", x)
    last.node.controls.append(first.node)
    assert [n.op for n in graph.finish([last]).nodes] == ["Relu", "Neg"]


def test_nodes_are_in_the_order_of_their_making() -> None:
    graph = Builder()
    x = graph.input(VECTOR)
    for op in ("Relu", "Neg", "Abs", "Exp"):
        x = emit_one(op, x)
    assert [n.op for n in graph.finish([x]).nodes] == ["Relu", "Neg", "Abs", "Exp"]


def test_a_node_without_outputs() -> None:
    graph, step = Builder(), variable()
    assert emit("AssignVariableOp", graph.capture(step), graph.input(VECTOR), dtype=dtypes.float32) == ()


def test_a_node_has_as_many_shapes_as_outputs() -> None:
    graph = Builder()
    x = graph.input(VECTOR)
    for shapes in ([], [(2,), (2,)]):
        with pytest.raises(ValueError, match="argument"):
            graph.emit("Relu", x, shapes=shapes)


def test_an_output_of_another_function_is_refused() -> None:
    inner, outer = Builder("inner"), Builder("outer")
    with pytest.raises(GraphError, match="function inner: its output x is of function outer"):
        inner.finish([outer.input(Spec((), dtypes.float32), "x")])
