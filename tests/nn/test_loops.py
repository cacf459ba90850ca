"""Loops that carry tensors and collect others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.graph.run import run
from kerasfmt.nn.loops import collecting_loop


@pytest.mark.parametrize(("backwards", "collected"), [(False, [2, 4, 8]), (True, [8, 7, 5])])
def test_sums_from_either_end(backwards: bool, collected: list[int]) -> None:
    graph = Builder("f")
    x, more = (graph.input(Spec(shape, dtypes.float32)) for shape in ((None,), ()))
    count = ops.getitem(ops.shape(x), 0)

    def step(
        place: Value, state: Sequence[Value], rest: Sequence[Value]
    ) -> tuple[Sequence[Value], Sequence[Value]]:
        total = state[0] + ops.gather(rest[0], place)
        return [total], [total + rest[1]]

    lists = [ops.tensor_list_reserve(count, (), dtypes.float32)]
    zero = graph.constant(np.float32(0))
    (total,), (handle,) = collecting_loop(
        step, [zero], lists, [x, more], count, backwards=backwards, name="sums"
    )
    function = graph.finish([total, ops.tensor_list_stack(handle, (), dtypes.float32, None)])
    for values, wanted in (([1, 2, 4], collected), ([], [])):
        arrays = [np.array(values, np.float32), np.float32(1)]
        (found, stacked) = run(function, arrays, {})
        assert found == sum(values)
        assert stacked.tolist() == wanted
