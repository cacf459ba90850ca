"""Functions from messages: what was encoded comes back, and what contradicts itself is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes, protos
from kerasfmt.errors import GraphError, KerasfmtError, UnsafeFileError
from kerasfmt.graph import Builder, Function, Spec, Variable, emit, emit_one
from kerasfmt.graph.ops.control import cond
from kerasfmt.graph.run import run
from kerasfmt.graphdef.decode import FunctionDecoder
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.graphdef.functions import FunctionEncoder
from kerasfmt.limits import Allowance
from tests.growth import assert_linear

VECTOR = Spec((None, 2), dtypes.float32)
X = np.array([[1, 2], [3, 4]], np.float32)
KERNEL = Variable("kernel", Spec((2, 2), dtypes.float32))
STATE = {KERNEL: np.array([[1, 2], [0, 1]], np.float32)}


def dense() -> Function:
    graph = Builder("dense")
    x = graph.input(VECTOR, "x")
    return graph.finish([emit_one("MatMul", x, KERNEL), emit_one("Relu", x)])


def calls() -> Function:
    graph = Builder("calls")
    x = graph.input(VECTOR, "x")
    left, right = graph.call(dense(), [x])
    halves = emit("Split", 1, emit_one("ConcatV2", [left, right], 1), num_split=2)
    return graph.finish([halves[1], emit_one("AddN", [left, right])])


def branches() -> Function:
    graph = Builder("branches")
    x = graph.input(VECTOR, "x")
    total = emit_one("Sum", x, np.array([0, 1], np.int32))
    result = cond(
        emit_one("Greater", total, 5.0), lambda v: emit_one("Neg", v), lambda v: emit_one("Relu", v), [x]
    )
    return graph.finish([result])


def library(*functions: Function) -> protos.FunctionDefLibrary:
    found, names = protos.FunctionDefLibrary(), FunctionNames()
    for function in functions:
        names.add(function)
    FunctionEncoder(names).encode_library(found)
    return found


def decoder(messages: Any, ops: Any = (), allowance: Allowance | None = None) -> FunctionDecoder:
    return FunctionDecoder(messages, ops, allowance or Allowance(), "f")


@pytest.mark.parametrize("build", [dense, calls, branches])
def test_what_was_encoded_computes_the_same(build: Callable[[], Function]) -> None:
    function = build()
    found = library(function)
    name = next(m.signature.name for m in found.function if f"_{function.name}_" in m.signature.name)
    decoded = decoder(found.function).function(name)
    bound = list(function.captured)
    expected = run(function, [X], dict(STATE))
    got = run(decoded, [X, *bound], dict(STATE))
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


def test_a_function_is_decoded_once() -> None:
    found = decoder(library(calls()).function)
    (name,) = [n for n in found._messages if "calls" in n]
    assert found.function(name) is found.function(name)
    (site,) = found.function(name).call_sites
    assert site.callee is found.function(next(n for n in found._messages if "dense" in n))
    assert name in found
    assert found.callees(found.needed(name)) == {site.callee.name}
    assert {"ConcatV2", "Split", "AddN"} < {node.op for node in found.needed(name)}


def test_nodes_may_come_in_any_order() -> None:
    found = library(dense())
    nodes = list(found.function[0].node_def)
    del found.function[0].node_def[:]
    found.function[0].node_def.extend(reversed(nodes))
    decoded = decoder(found.function).function(found.function[0].signature.name)
    np.testing.assert_array_equal(run(decoded, [X, KERNEL], dict(STATE))[1], X)


def spoil(change: Callable[[protos.FunctionDef], object], build: Callable[[], Function] = dense) -> Any:
    """The functions of a library, of which the last is spoilt."""
    found = library(build())
    change(found.function[-1])
    return found.function


def node(message: protos.FunctionDef, op: str) -> Any:
    return next(each for each in message.node_def if each.op == op)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: node(f, "MatMul").input.pop(), r"node MatMul \(MatMul\): expected 2 inputs, got 1"),
        (lambda f: node(f, "MatMul").input.append("x"), "expected 2 inputs, got 3"),
        (lambda f: node(f, "MatMul").input.__setitem__(0, "nothing"), "expected a node 'nothing', got none"),
        (
            lambda f: node(f, "MatMul").input.__setitem__(0, "Relu:nothing:0"),
            "expected a tensor 'Relu:nothing:0'",
        ),
        (lambda f: node(f, "MatMul").input.__setitem__(0, "Relu:activations:7"), "expected a tensor"),
        (lambda f: node(f, "MatMul").input.__setitem__(0, "Relu:activations:" + "9" * 6000), "a tensor"),
        (lambda f: node(f, "MatMul").input.__setitem__(0, "x:1"), "got an argument"),
        (lambda f: setattr(node(f, "MatMul").attr["T"], "type", 3), "expected int32, got float32"),
        (lambda f: setattr(node(f, "MatMul").attr["T"], "type", 10), "expected one of"),
        (lambda f: setattr(node(f, "MatMul").attr["transpose_a"], "i", 1), "expected bool, got 1"),
        (lambda f: setattr(node(f, "MatMul").attr["T"], "placeholder", "T"), "expected type, got"),
        (lambda f: node(f, "ReadVariableOp").attr.clear(), "attribute dtype .* is needed"),
        (lambda f: setattr(node(f, "MatMul"), "name", "Relu"), "two nodes are called 'Relu'"),
        (lambda f: setattr(node(f, "MatMul"), "op", "Unheard"), "op 'Unheard': no definition"),
        (lambda f: node(f, "Relu").input.append("^Identity_1"), "needs itself"),
        (lambda f: f.ret.clear(), "output identity: expected a tensor, got none"),
        (lambda f: setattr(f.signature.output_arg[0], "type", 3), "expected int32, got float32"),
        (lambda f: setattr(f.signature.input_arg[0], "number_attr", "N"), "expected one tensor, got a list"),
        (lambda f: setattr(f.signature.input_arg[1], "name", "x"), "two arguments are called 'x'"),
    ],
)
def test_functions_that_contradict_themselves(change: Callable[[Any], object], said: str) -> None:
    messages = spoil(change)
    with pytest.raises(KerasfmtError, match=said) as caught:
        decoder(messages).function(messages[-1].signature.name)
    assert str(caught.value).startswith("f: ")


def test_functions_that_call_themselves() -> None:
    messages = spoil(lambda f: None, calls)
    call = next(n for n in messages[-1].node_def if n.op == "StatefulPartitionedCall")
    call.attr["f"].func.name = messages[-1].signature.name
    with pytest.raises(GraphError, match="calls itself"):
        decoder(messages).function(messages[-1].signature.name)


def test_functions_that_call_each_other_too_deeply() -> None:
    (leaf,) = library(dense()).function
    messages = []
    for number in range(100):
        message = protos.FunctionDef()
        message.CopyFrom(leaf)
        message.signature.name = f"f{number}"
        inner = message.node_def.add(name="call", op="PartitionedCall", input=["x"])
        inner.attr["Tin"].list.type.append(1)
        inner.attr["Tout"].list.SetInParent()
        inner.attr["f"].func.name = f"f{number + 1}"
        message.control_ret["call"] = "call"
        messages.append(message)
    with pytest.raises(GraphError, match="is called more than 64 deep"):
        decoder(messages).function("f0")


def test_ops_that_only_the_file_defines_are_kept_and_need_not_run() -> None:
    def add(message: protos.FunctionDef) -> None:
        message.node_def.add(name="own", op="Own", input=["x"]).attr["N"].i = 2
        message.node_def.add(name="next", op="Identity", input=["own:parts:1"]).attr["T"].type = 1
        message.node_def.add(name="dead", op="Unheard", input=["x"])

    messages = spoil(add)
    own = protos.OpDef(name="Own")
    own.input_arg.add(name="x", type=1)
    own.output_arg.add(name="parts", type=1, number_attr="N")
    own.attr.add(name="N", type="int")
    name = messages[-1].signature.name
    decoded = decoder(messages, [own]).function(name)
    assert "own" not in {n.name for n in decoded.nodes}
    np.testing.assert_array_equal(run(decoded, [X, KERNEL], dict(STATE))[1], X)
    messages[-1].ret["identity"] = "next:output:0"
    decoded = decoder(messages, [own]).function(name)
    assert [v.dtype.name for n in decoded.nodes if n.name == "own" for v in n.outputs] == ["float32"] * 2
    with pytest.raises(GraphError, match="op Own: kerasfmt has no shape inference and no kernel"):
        run(decoded, [X, KERNEL], dict(STATE))


@pytest.mark.parametrize("count", [-1, 1 << 40])
def test_ops_with_impossible_numbers_of_outputs(count: int) -> None:
    def add(message: protos.FunctionDef) -> None:
        message.node_def.add(name="own", op="Own").attr["N"].i = count
        message.control_ret["own"] = "own"

    messages = spoil(add)
    own = protos.OpDef(name="Own")
    own.output_arg.add(name="parts", type=1, number_attr="N")
    own.attr.add(name="N", type="int")
    with pytest.raises(KerasfmtError, match=r"expected at least 0 tensors|takes"):
        decoder(messages, [own]).function(messages[-1].signature.name)


def test_definitions_of_ops_that_contradict_themselves() -> None:
    def add(message: protos.FunctionDef) -> None:
        message.node_def.add(name="own", op="Own")
        message.control_ret["own"] = "own"

    messages = spoil(add)
    own = protos.OpDef(name="Own")
    own.output_arg.add(name="y", type_attr="nothing")
    with pytest.raises(GraphError, match="does not agree with the definition of its op"):
        decoder(messages, [own]).function(messages[-1].signature.name)


def constant(message: Any, dtype: int) -> protos.NodeDef:
    found = protos.NodeDef(name="c", op="Const")
    found.attr["dtype"].type = dtype
    found.attr["value"].tensor.CopyFrom(message)
    return found


def test_constants_of_another_dtype_or_without_bounds() -> None:
    tensor = protos.TensorProto(dtype=3, int_val=[7])
    tensor.tensor_shape.dim.add(size=2)
    found = decoder([]).graph([constant(tensor, 3)], "g", {}, ["c:0"])
    np.testing.assert_array_equal(run(found, [], {})[0], np.array([7, 7], np.int32), strict=True)
    with pytest.raises(GraphError, match="expected a constant of float32, got int32"):
        decoder([]).graph([constant(tensor, 1)], "g", {}, ["c:0"])
    tensor.tensor_shape.dim.add(size=1 << 30)
    with pytest.raises(UnsafeFileError, match="takes"):
        decoder([]).graph([constant(tensor, 3)], "g", {}, ["c:0"])


FED = {"x:0": dtypes.float32, "v": dtypes.float32}


def test_a_part_of_a_graph_as_a_function() -> None:
    def add(name: str, op: str, *inputs: str, **types: int) -> protos.NodeDef:
        found = protos.NodeDef(name=name, op=op, input=inputs)
        for attr, value in types.items():
            found.attr[attr].type = value
        return found

    nodes = [
        add("y", "AddV2", "x", "v/read", T=1),
        add("v/read", "Identity", "v", T=1),
        add("v", "VariableV2", dtype=1),
        add("x", "Placeholder", dtype=1),
        add("other", "Unheard", "x"),
    ]
    found = decoder([]).graph(nodes, "g", FED, ["y:0"])
    assert found.input_names == ("x", "v")
    np.testing.assert_array_equal(run(found, [X, np.float32(1)], {})[0], X + 1)
    middle = decoder([]).graph(nodes, "g", {"x": dtypes.float32, "v/read:0": dtypes.float32}, ["y:0"])
    np.testing.assert_array_equal(run(middle, [X, np.float32(2)], {})[0], X + 2)
    with pytest.raises(GraphError, match="expected a tensor 'z:0', got none"):
        decoder([]).graph(nodes, "g", {"z:0": dtypes.float32}, ["y:0"])
    with pytest.raises(GraphError, match="expected a tensor 'y:1', got none"):
        decoder([]).graph(nodes, "g", FED, ["y:1"])


def test_the_cost_of_nodes_is_counted() -> None:
    messages = spoil(lambda f: None)
    allowance = Allowance(0)
    allowance.left = 10_000.0
    with pytest.raises(UnsafeFileError, match="takes"):
        decoder(messages, allowance=allowance).function(messages[-1].signature.name)


def test_there_is_no_such_function() -> None:
    with pytest.raises(GraphError, match="expected a function 'none', got none"):
        decoder([]).function("none")


def test_decoding_is_linear_in_the_nodes() -> None:
    def make(count: int) -> Callable[[], object]:
        message = protos.FunctionDef()
        message.signature.name = "f"
        message.signature.input_arg.add(name="x", type=1)
        message.signature.output_arg.add(name="y", type=1)
        for number in reversed(range(count)):
            needed = f"n{number - 1}:z:0" if number else "x"
            node = message.node_def.add(name=f"n{number}", op="AddV2", input=[needed, "x"])
            node.attr["T"].type = 1
        message.ret["y"] = f"n{count - 1}:z:0"
        return lambda: decoder([message]).function("f")

    assert_linear(make, 100)
