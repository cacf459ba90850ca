from __future__ import annotations

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.gradient.backward_graph import BackwardGraph, is_trainable
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.graph import Builder, Shape, Spec, Variable, ops
from kerasfmt.graph.run import run


def begun(shape: Shape = (None, 3), dtype: dtypes.DType = dtypes.float32) -> BackwardGraph:
    graph = Builder("f")
    x = graph.input(Spec(shape, dtype), "x")
    return BackwardGraph("b", ForwardGraph(graph.finish([ops.identity(x)]), "f"))


def test_values_of_the_forward_function_become_arguments() -> None:
    graph = begun()
    (x,) = graph.forward.parameters
    (y,) = graph.forward.outputs
    with graph.scope("gradients"):
        product = graph.emit_one("Mul", x, y)
    again = graph.emit_one("AddV2", product, x)
    assert [v.node.name for v in graph.inputs] == ["gradients_mul_x", "gradients_mul_identity"]
    assert list(graph.captured) == [x, y]
    assert again.node.inputs[1] is graph.inside(x) is graph.inputs[0]
    assert graph.inside(product) is product


def test_handles_stand_for_variables() -> None:
    weight = Variable("weight", Spec((2, None), dtypes.float64))
    forward = Builder("f")
    handle = forward.capture(weight)
    graph = BackwardGraph("b", ForwardGraph(forward.finish([forward.read(weight)]), "f"))
    (handle,) = graph.forward.parameters
    zeros = graph.zeros_like(handle)
    assert graph.captured_so_far == (weight,)
    assert zeros.dtype is dtypes.float64
    (found,) = run(graph.finish([zeros]), [], {weight: np.ones((2, 3))})
    np.testing.assert_array_equal(found, np.zeros((2, 3)))


def test_variables_in_an_order() -> None:
    first, second = (Variable(name, Spec((), dtypes.float32)) for name in "ab")
    graph = begun()
    graph.capture(second)
    graph.capture_in_order([first, second])
    assert graph.captured_so_far == (first, second)


@pytest.mark.parametrize("shape, op", [((2, 3), "Const"), ((None, 3), "Shape"), (None, "Shape")])
def test_shapes_are_constants_where_they_are_known(shape: Shape, op: str) -> None:
    graph = begun(shape)
    found = graph.shape_of(graph.forward.parameters[0], dtypes.int64)
    assert (found.node.op, found.dtype) == (op, dtypes.int64)


@pytest.mark.parametrize("shape, op", [((None, 3), "Const"), (None, "Rank")])
def test_ranks_are_constants_where_they_are_known(shape: Shape, op: str) -> None:
    graph = begun(shape)
    assert graph.rank_of(graph.forward.parameters[0]).node.op == op


@pytest.mark.parametrize(
    "shape, number, op",
    [
        ((2, 3), 0, "Const"),
        ((2, 3), 1, "Const"),
        ((1000,), 1, "Fill"),
        ((None,), 0, "ZerosLike"),
        (None, 1, "OnesLike"),
    ],
)
def test_constants_like_a_value(shape: Shape, number: int, op: str) -> None:
    graph = begun(shape)
    found = graph.constant_like(graph.forward.parameters[0], number)
    assert found.node.op == op
    data = np.full((2, 3) if shape in ((2, 3), None) else (1000,), 7, np.float32)
    (array,) = run(graph.finish([found]), [data] if graph.inputs else [], {})
    np.testing.assert_array_equal(array, np.full_like(data, number))


def test_only_complex_numbers_are_conjugated() -> None:
    real, complex_ = begun(), begun(dtype=dtypes.complex64)
    assert real.conj(real.forward.parameters[0]) is real.forward.parameters[0]
    assert complex_.conj(complex_.forward.parameters[0]).node.op == "Conj"


def test_what_has_gradients() -> None:
    without = {"bool", "int32", "int64", "string", "uint8"}
    assert not any(is_trainable(dtypes.of(name)) for name in without)
    assert all(map(is_trainable, (dtypes.float16, dtypes.bfloat16, dtypes.complex128, dtypes.variant)))
