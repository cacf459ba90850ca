from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.gradient.rules.broadcasting import reduced, same_known_shape
from kerasfmt.graph import Builder, Shape, Spec

AXES: dict[tuple[Shape, Shape], tuple[list[int] | None, list[int] | None] | None] = {
    ((2, 3), (2, 3)): (None, None),
    ((2, 3), (3,)): (None, [0]),
    ((1, 3), (2, 1)): ([0], [1]),
    ((None, 3), (3,)): (None, [0]),
    ((1, 1), (1, 1)): (None, None),
    ((1,), (1, 1)): ([], None),
    ((None, 3), (None, 3)): None,
    (None, (3,)): None,
}
"""The axes over which each gradient is summed, None if it stays as it is; None for both if only a run can know."""


@pytest.mark.parametrize("x, y", AXES)
def test_gradients_are_summed_over_what_was_repeated(x: Shape, y: Shape) -> None:
    forward = Builder("f")
    a, b = (forward.input(Spec(shape, dtypes.float32), "x") for shape in (x, y))
    graph = BackwardGraph("b", ForwardGraph(forward.finish([a, b]), "f"))
    grad = graph.input(Spec(None, dtypes.float32))
    found = reduced(graph, *graph.forward.parameters, grad, grad)
    expected = AXES[x, y]
    for part, axes in zip(found, expected or (None, None), strict=True):
        assert part is not None
        if expected is None:
            assert part.node.inputs[0].node.inputs[1].node.op == "BroadcastGradientArgs"
        elif axes is None:
            assert part is grad
        else:
            summed = part.node.inputs[0].node
            assert (part.node.op, summed.op) == ("Reshape", "Sum")
            assert summed.inputs[1].node.attrs["value"].tolist() == axes


def test_no_gradient_stays_none() -> None:
    forward = Builder("f")
    values = [forward.input(Spec((2, 1), dtypes.float32)), forward.input(Spec((2, 3), dtypes.float32))]
    graph = BackwardGraph("b", ForwardGraph(forward.finish(values), "f"))
    assert reduced(graph, *graph.forward.parameters, None, None) == (None, None)


def test_same_known_shape() -> None:
    graph = Builder()
    known = [graph.input(Spec((2, 3), dtypes.float32)) for _ in range(2)]
    assert same_known_shape(*known)
    assert not same_known_shape(known[0], graph.input(Spec((2, 1), dtypes.float32)))
    open_ = graph.input(Spec((None, 3), dtypes.float32))
    assert not same_known_shape(open_, open_)
    assert not same_known_shape(graph.input(Spec(None, dtypes.float32)))
