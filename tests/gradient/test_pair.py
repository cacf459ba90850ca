from __future__ import annotations

import dataclasses

from kerasfmt import dtypes
from kerasfmt.gradient import ForwardBackward, forward_backward
from kerasfmt.graph import Builder, Spec, ops


def test_each_pair_is_a_key_of_its_own() -> None:
    graph = Builder("f")
    x = graph.input(Spec((2,), dtypes.float32), "x")
    first = forward_backward(graph.finish([ops.exp(x)]))
    second = ForwardBackward(**{f.name: getattr(first, f.name) for f in dataclasses.fields(first)})
    assert first != second
    assert len({first, second}) == 2
