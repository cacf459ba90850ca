"""Finished functions: how they are printed, what they call, when their values are last used."""

from __future__ import annotations

import numpy as np

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Spec, Variable, emit_one, ops

VECTOR = Spec((None, 3), dtypes.float32)


def dense() -> Function:
    graph = Builder("dense")
    x = graph.input(VECTOR, "inputs")
    kernel, step = (
        Variable("dense/kernel", Spec((3, 5), dtypes.float32)),
        Variable("step", Spec((), dtypes.int64)),
    )
    product = emit_one("MatMul", x, kernel)
    graph.assign(step, graph.read(step) + 1)
    table = graph.constant(np.arange(1000, dtype=np.float32))
    row = ops.reduce_sum(ops.leaky_relu(product, 0.1) * ops.slice_(table, [0], [5]), 1, keepdims=True)
    return graph.finish([row, product])


DENSE = """\
function dense(inputs: float32[?, 3])
  capture matmul_readvariableop_resource = dense/kernel: float32[3, 5]
  capture readvariableop_resource = step: int64[]
  MatMul/ReadVariableOp: float32[3, 5] = ReadVariableOp(matmul_readvariableop_resource)
  MatMul: float32[?, 5] = MatMul(inputs, MatMul/ReadVariableOp)
  ReadVariableOp: int64[] = ReadVariableOp(readvariableop_resource)
  Const: int64[] = Const(value=1)
  AddV2: int64[] = AddV2(ReadVariableOp, Const)
  AssignVariableOp = AssignVariableOp(readvariableop_resource, AddV2) after ReadVariableOp
  Const_1: float32[1000] = Const(value=[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, ... 994 more])
  LeakyRelu: float32[?, 5] = LeakyRelu(MatMul, alpha=0.1)
  Const_2: int32[1] = Const(value=[0])
  Const_3: int32[1] = Const(value=[5])
  Slice: float32[5] = Slice(Const_1, Const_2, Const_3)
  Mul: float32[?, 5] = Mul(LeakyRelu, Slice)
  Const_4: int32[] = Const(value=1)
  Sum: float32[?, 1] = Sum(Mul, Const_4, keep_dims=True)
  return Sum, MatMul"""


def test_a_function_is_printed_line_by_line() -> None:
    assert str(dense()) == DENSE


def test_the_function_of_a_model_fits_a_screen() -> None:
    layers = [kerasfmt.layers.Dense(5, input_shape=(3,)), kerasfmt.layers.Softmax()]
    function = kerasfmt.Sequential(layers).default_trace(training=False).function
    for text in (str(function), *(str(site.callee) for site in function.call_sites)):
        lines = text.splitlines()
        assert len(lines) <= 50
        assert max(map(len, lines)) <= 120
    assert "captures, 2 nodes, 1 outputs" in repr(function)


def test_long_lines_are_broken() -> None:
    graph = Builder("wide")
    inputs = [graph.input(VECTOR, f"a_long_name_of_an_input_{i}") for i in range(20)]
    lines = str(graph.finish([emit_one("AddN", inputs)])).splitlines()
    assert max(map(len, lines)) <= 120
    assert " ".join(line.strip() for line in lines).count("a_long_name_of_an_input_19") == 2


def test_call_sites() -> None:
    inner = dense()
    graph = Builder("outer")
    x = graph.input(VECTOR)
    out = graph.call(inner, [emit_one("Neg", x)])[0]
    function = graph.finish([out])
    assert [(site.place, site.attr, site.callee) for site in function.call_sites] == [(1, "f", inner)]


def test_last_uses() -> None:
    graph = Builder()
    x = graph.input(VECTOR, "x")
    a = emit_one("Neg", x)
    b = emit_one("Relu", a)
    c = emit_one("AddV2", a, x)
    step = Variable("step", Spec((), dtypes.float32))
    graph.assign(step, 1.0)
    function = graph.finish([b, c])
    names = [sorted(v.name for v in values) for values in function.last_uses]
    assert [n.op for n in function.nodes] == ["Neg", "Relu", "AddV2", "Const", "AssignVariableOp"]
    assert names == [[], [], ["Neg", "x"], [], ["Const", "step_resource"]]
