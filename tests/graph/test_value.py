"""Values and nodes: arithmetic, shapes, inputs as arguments, and how they are printed."""

from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value, emit, emit_one

VECTOR = Spec((2,), dtypes.float32)


def test_arithmetic() -> None:
    x = Builder().input(VECTOR)
    results = [x + 1, 1 + x, x - 1, 1 - x, x * 2, 2 * x, x / 2, -x]
    ops = ["AddV2", "AddV2", "Sub", "Sub", "Mul", "Mul", "RealDiv", "Neg"]
    assert [v.node.op for v in results] == ops
    assert [v.node.inputs.index(x) for v in results] == [0, 1, 0, 1, 0, 1, 0, 0]
    assert all(v.spec == VECTOR for v in results)


def test_arithmetic_with_arrays() -> None:
    x, array = Builder().input(VECTOR), np.ones(2, np.float32)
    results = [array + x, array - x, array * x, array / x, np.float32(1) / x]
    assert [v.node.op for v in results] == ["AddV2", "Sub", "Mul", "RealDiv", "RealDiv"]
    assert all(v.node.inputs[1] is x for v in results)


def test_a_value_of_unknown_rank_says_so() -> None:
    x = Builder().input(Spec(None, dtypes.float32), "x")
    assert x.shape is None
    with pytest.raises(ValueError, match=r"the rank of x \(Placeholder\) is not known"):
        x.rank  # noqa: B018
    assert repr(x) == "Value(x:0, None, float32)"
    assert Builder().input(VECTOR).rank == 1


def test_inputs_are_grouped_as_the_arguments_of_the_op() -> None:
    graph = Builder()
    a, b = graph.input(VECTOR), graph.input(VECTOR)
    joined = emit_one("ConcatV2", [a, b], 0)
    values, axis = joined.node.grouped_inputs()
    assert values == (a, b)
    assert isinstance(axis, Value)
    assert axis.node.op == "Const"


def test_a_node_is_printed_as_what_it_computes() -> None:
    graph = Builder()
    x = graph.input(Spec((None, 6), dtypes.float32), "x")
    product = emit_one("MatMul", x, emit_one("Reshape", x, [6, -1]), name="dense/MatMul")
    parts = graph.emit("Split", graph.constant(1), x, num_split=2)
    unknown = emit_one("Relu", graph.input(Spec(None, dtypes.float16), "y"))
    late = graph.emit("Neg", parts[1], device="/device:CPU:0")[0].node
    late.controls.append(product.node)
    assert [str(v.node) for v in (product, parts[0], unknown)] == [
        "dense/MatMul: float32[?, ?] = MatMul(x, Reshape)",
        "Split: float32[?, 3], float32[?, 3] = Split(Const_1, x)",
        "Relu: float16[...] = Relu(y)",
    ]
    assert repr(late) == "Node(Neg: float32[?, 3] = Neg(Split:1) on /device:CPU:0 after dense/MatMul)"


def test_a_list_of_inputs_is_printed_as_a_list() -> None:
    x = Builder().input(VECTOR, "x")
    (node,) = {v.node for v in emit("IdentityN", [x, x])}
    assert str(node) == "IdentityN: float32[2], float32[2] = IdentityN([x, x])"
