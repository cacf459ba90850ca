"""Values of constants are constants; values of inputs, and large ones, stay nodes."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.sources.jax.folding import folded


def test_arithmetic_of_constants_is_done() -> None:
    graph = Builder()
    value = ops.add(ops.multiply(graph.constant(np.int32([1, 2])), np.int32(3)), np.int32(1))
    made = folded(value)
    assert made.node.op == "Const"
    assert made.node.attrs["value"].tolist() == [4, 7]


def test_what_depends_on_an_input_stays() -> None:
    graph = Builder()
    x = graph.input(Spec((2,), dtypes.int32), "x")
    value = ops.add(x, np.int32(1))
    assert folded(value) is value
    assert folded(ops.shape(x)).node.op == "Shape"


def test_a_large_value_stays() -> None:
    graph = Builder()
    zero = graph.constant(np.float32(0))
    (value,) = graph.emit("BroadcastTo", zero, np.int32([100, 100]))
    assert folded(value) is value
