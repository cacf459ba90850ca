"""Making nodes: what operands become, what is inferred, what the op definitions refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError, InvalidModelError, KerasfmtError
from kerasfmt.graph import Builder, Spec, Value, Variable, emit, emit_one


def value(*shape: int | None, dtype: dtypes.DType = dtypes.float32) -> Value:
    return Builder().input(Spec(shape, dtype), "x")


def weight(*shape: int, dtype: dtypes.DType = dtypes.float32, autocast: bool = False) -> Variable:
    return Variable("w", Spec(shape, dtype), autocast=autocast)


def ops(x: Value) -> list[str]:
    return [n.op for n in x.graph.nodes]


def test_every_attribute_has_a_value() -> None:
    node = emit_one("MatMul", value(2, 3), np.zeros((3, 4), np.float32), transpose_b=False).node
    assert node.attrs == {"transpose_a": False, "transpose_b": False, "T": dtypes.float32}


def test_the_name_of_a_node() -> None:
    x = value(2)
    assert [emit_one("Relu", x).node.name, emit_one("Relu", x).node.name] == ["Relu", "Relu_1"]
    assert emit_one("Relu", x, name="act").node.name == "act"
    (y,) = x.graph.emit("Relu", x, name="cpu", device="/device:CPU:0")
    assert (y.node.name, y.node.device) == ("cpu", "/device:CPU:0")


X = value(2)
REFUSED: dict[str, tuple[Callable[[], object], type[KerasfmtError], str]] = {
    "unknown op": (lambda: emit("Frobnicate", X), GraphError, "op Frobnicate: kerasfmt has no definition of it"),
    "operands": (lambda: emit("Relu", X, X), GraphError, "op Relu: expected 1 operands, got 2"),
    "no value": (lambda: emit("AddV2", 1, 2), GraphError, "op AddV2: no operand is a Value"),
    "two functions": (lambda: emit("AddV2", X, value(2)), GraphError, "come from different functions"),
    "two functions, by an operator": (lambda: X + value(2), GraphError, "come from different functions"),
    "two functions, in a list": (lambda: emit("AddN", [X, value(2)]), GraphError, "come from different functions"),
    "not a list": (
        lambda: emit("AddN", X),
        GraphError,
        "op AddN: argument inputs takes a list, got Value",
    ),
    "unknown attribute": (lambda: emit("Relu", X, alpha=1), GraphError, "op Relu: no attribute ['alpha']"),
    "attribute missing": (
        lambda: emit("Cast", X),
        GraphError,
        "op Cast: attribute DstT (type) is needed",
    ),
    "attribute of wrong type": (
        lambda: emit("MatMul", X, X, transpose_a="yes"),
        GraphError,
        "op MatMul: attribute transpose_a: expected bool, got 'yes'",
    ),
    "dtype not allowed": (
        lambda: emit("Erf", value(2, dtype=dtypes.int32)),
        GraphError,
        "op Erf: attribute T: expected one of ['bfloat16', 'float16', 'float32', 'float64'], got int32",
    ),
    "text not allowed": (
        lambda: emit(
            "MaxPool", value(1, 4, 4, 1), ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="FULL"
        ),
        GraphError,
        "op MaxPool: attribute padding: expected one of ['EXPLICIT', 'SAME', 'VALID'], got FULL",
    ),
    "list too short": (
        lambda: emit(
            "MaxPool", value(1, 4, 4, 1), ksize=[2, 2], strides=[1, 2, 2, 1], padding="SAME"
        ),
        GraphError,
        "op MaxPool: attribute ksize: at least 4, got 2",
    ),
    "dtypes": (
        lambda: emit("AddV2", y := value(2), emit_one("Cast", y, DstT=dtypes.int32)),
        GraphError,
        "op AddV2: argument y: expected float32, got int32 (Cast); cast it first",
    ),
    "fixed dtype": (
        lambda: emit("Select", X, X, X),
        GraphError,
        "op Select: argument condition: expected bool, got float32 (x); cast it first",
    ),
    "number": (
        lambda: emit("AddN", [X, X], N=3),
        GraphError,
        "op AddN: argument inputs: expected N=3 tensors, got 2",
    ),
    "types": (
        lambda: emit("IdentityN", [X, X], T=[dtypes.float32]),
        GraphError,
        "op IdentityN: argument input: expected ['float32'], got ['float32', 'float32']",
    ),
    "no tensors": (lambda: Builder().emit("AddN", [], T=dtypes.int8), GraphError, "at least 1"),
    "shapes": (
        lambda: emit("AddV2", X, np.zeros(3, np.float32)),
        InvalidModelError,
        "op AddV2 on (float32[2], float32[3]): shapes (2,) and (3,) do not broadcast",
    ),
    "unknown rank": (
        lambda: emit("AddV2", y := Builder().input(Spec(None, dtypes.float32)), emit_one("Reshape", y, [2, -1, -1])),
        InvalidModelError,
        "op Reshape on (float32?, int32[3]): ",
    ),
    "no kernel family": (
        lambda: emit("DecodeJpeg", value(dtype=dtypes.string)),
        GraphError,
        "op DecodeJpeg: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, error, message = REFUSED[name]
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_a_refused_node_leaves_no_trace() -> None:
    x = value(2)
    with pytest.raises(InvalidModelError):
        emit("MatMul", x, x)
    assert x.graph.finish([x]).nodes == ()
    assert emit_one("MatMul", *[emit_one("Reshape", x, [1, 2]), emit_one("Reshape", x, [2, 1])]).shape == (
        1,
        1,
    )
