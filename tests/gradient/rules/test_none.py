from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.gradient.rule import RULES, nothing
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.graph.op_defs import lookup

NONE = [op for op in RULES.names() if RULES.find(op) is nothing]


@pytest.mark.parametrize("op", NONE)
def test_the_op_exists(op: str) -> None:
    assert lookup(op).outputs


def test_nothing_flows_through_them() -> None:
    graph = Builder("f")
    x = graph.input(Spec((2, 3), dtypes.float32), "x")
    ones = ops.ones_like(x)
    pair = forward_backward(graph.finish([ops.stop_gradient(x), ones, ops.cast(ops.shape(x), "float32")]))
    assert pair.seeds == (0, 1, 2)
    assert pair.given == (None,)
    assert pair.backward.outputs == ()
    assert pair.taken == ()
