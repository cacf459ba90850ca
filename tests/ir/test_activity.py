"""Activity losses: the penalty as a function, and its share of a batch."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec
from kerasfmt.graph.run import run
from kerasfmt.ir.activity import activity_function, activity_losses
from kerasfmt.ir.regularizers import L1


def test_the_function_takes_any_rank() -> None:
    function = activity_function("d", L1(0.5), dtypes.float32)
    assert function.name == "d_activity_regularizer"
    assert function.inputs[0].spec == Spec(None, dtypes.float32)
    assert run(function, [np.full((2, 3), -2, np.float32)], {})[0] == 6


def test_losses_are_per_sample() -> None:
    penalty = activity_function("d", L1(1.0), dtypes.float32)
    graph = Builder()
    values = [graph.input(Spec((None, size), dtypes.float32)) for size in (2, 3)]
    function = graph.finish(activity_losses(penalty, values))
    found = run(function, [np.ones((4, 2), np.float32), np.ones((4, 3), np.float32)], {})
    np.testing.assert_array_equal(found, [2, 3])


def test_no_sample_has_no_loss() -> None:
    penalty = activity_function("d", L1(1.0), dtypes.float32)
    graph = Builder()
    function = graph.finish(activity_losses(penalty, [graph.input(Spec((None, 2), dtypes.float32))]))
    assert run(function, [np.ones((0, 2), np.float32)], {})[0] == 0
