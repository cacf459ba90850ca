"""What operands fix of a node: dtypes, counts and attributes; how variables and numbers join them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Spec, Value, Variable, emit, emit_one


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype), "x")


def weight(*shape: int, dtype: dtypes.DType = dtypes.float32, autocast: bool = False) -> Variable:
    return Variable("w", Spec(shape, dtype), autocast=autocast)


def ops(x: Value) -> list[str]:
    return [n.op for n in x.graph.nodes]


DTYPES: list[tuple[Callable[[], Value], str]] = [
    (lambda: value(2, dtype=dtypes.float16) + 1, "float16"),
    (lambda: value(2, dtype=dtypes.float64) + 1.5, "float64"),
    (lambda: value(2, dtype=dtypes.int64) + np.int32(1), "int64"),
    (lambda: value(2) + np.float64(1), "float32"),
    (lambda: 1 - value(2, dtype=dtypes.bfloat16), "bfloat16"),
]


@pytest.mark.parametrize(("make", "dtype"), DTYPES)
def test_constants_take_the_dtype_of_the_values(make: Callable[[], Value], dtype: str) -> None:
    assert make().dtype.name == dtype


def test_attributes_without_operands_take_their_defaults() -> None:
    x = value(2, 3)
    total = emit_one("Sum", x, 1)
    assert total.node.attrs["Tidx"] is dtypes.int32
    assert emit_one("Sum", x, np.int64(1)).node.attrs["Tidx"] is dtypes.int64


def test_variables_are_read() -> None:
    x = value(None, 3)
    out = emit_one("MatMul", x, weight(3, 4))
    assert ops(x) == ["ReadVariableOp", "MatMul"]
    assert x.graph.nodes[0].name == "MatMul/ReadVariableOp"
    assert out.shape == (None, 4)


def test_an_autocast_variable_follows_the_values() -> None:
    x = value(None, 3, dtype=dtypes.float16)
    emit_one("MatMul", x, weight(3, 4, autocast=True))
    assert ops(x) == ["ReadVariableOp", "Cast", "MatMul"]
    x = value(None, 3)
    emit_one("MatMul", x, weight(3, 4, autocast=True))
    assert ops(x) == ["ReadVariableOp", "MatMul"]


def test_a_variable_fixes_the_dtype_of_constants() -> None:
    x = value(2, dtype=dtypes.bool_)
    out = emit_one("SelectV2", x, weight(2, dtype=dtypes.float64), 0)
    assert out.dtype is dtypes.float64


def test_several_outputs() -> None:
    parts = emit("Split", 1, value(2, 6), num_split=3)
    assert [(p.index, p.shape, p.dtype) for p in parts] == [(i, (2, 2), dtypes.float32) for i in range(3)]


def test_a_list_of_several_dtypes() -> None:
    x = value(2)
    count = emit_one("Cast", x, DstT=dtypes.int32)
    outputs = emit("IdentityN", [x, count, 1.5, weight(3, dtype=dtypes.float64)])
    assert [v.dtype.name for v in outputs] == ["float32", "int32", "float32", "float64"]
    assert [v.shape for v in outputs] == [(2,), (2,), (), (3,)]
    assert outputs[0].node.input_arity == (4,)


def test_shapes_that_are_given_take_the_place_of_those_inferred() -> None:
    x = value(2, 3)
    (known,) = emit("Relu", x, shapes=[(None, 3)])
    assert known.shape == (None, 3)
    assert emit_one("Relu", known).shape == (None, 3)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, [0, 2**40], 2**63, 10**40, {"a": 1}, object()])
def test_constants_that_no_tensor_holds(value: object) -> None:
    graph = Builder()
    with pytest.raises(
        ValueError, match=r"expected whole numbers that int32 holds|expected numbers that a tensor"
    ):
        graph.constant(value)
    with pytest.raises((ValueError, TypeError)):
        graph.constant(value, dtypes.int32)


def test_floats_beyond_float32_are_infinite() -> None:
    (array,) = [v.node.attrs["value"] for v in [Builder().constant(1e308)]]
    assert isinstance(array, np.ndarray)
    assert (array.dtype, array.tolist()) == (np.float32, np.inf)


@pytest.mark.parametrize(
    ("shape", "paddings"), [((2**62, 1), [[0, 0], [1, 2]]), ((2**32, 2**31 - 1), [[0, 0], [0, 1]])]
)
def test_outputs_that_no_tensor_holds(shape: tuple[int, ...], paddings: list[list[int]]) -> None:
    graph = Builder()
    x = graph.input(Spec(shape, dtypes.float32))
    with pytest.raises(
        InvalidModelError, match=r"op Pad on .*: shape .*: expected at most 9,223,372,036,854,775,807"
    ):
        graph.emit("Pad", x, np.array(paddings, np.int32))
