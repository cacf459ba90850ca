"""Loops that collect what their steps give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from kerasfmt.graph import Value, ops

Step: TypeAlias = Callable[[Value, Sequence[Value], Sequence[Value]], tuple[Sequence[Value], Sequence[Value]]]
"""From a place, what is carried and the invariants to what is carried on and what is collected there."""


def collecting_loop(
    step: Step,
    state: Sequence[Value],
    lists: Sequence[Value],
    invariants: Sequence[Value],
    count: Value,
    *,
    backwards: bool,
    name: str,
) -> tuple[list[Value], list[Value]]:
    """What a loop over the places 0 to count - 1 carries in the end, and the lists that it fills.

    Args:
      step: what happens at a place, int32 ().
      state: what the first step gets.
      lists: lists of `count` tensors, one for each tensor that a step collects.
      invariants: further arguments, the same in each step.
      count: int32 (), the number of steps.
      backwards: whether the last place comes first.
      name: of the loop.
    """
    at, end = 1 + len(state), 1 + len(state) + len(lists)

    def body(*values: Value) -> list[Value]:
        time, last = values[0], values[end]
        place = ops.subtract(ops.subtract(last, time), np.int32(1)) if backwards else time
        carried, found = step(place, values[1:at], values[end + 1 :])
        put = [ops.tensor_list_set_item(x, place, y) for x, y in zip(values[at:end], found, strict=True)]
        return [ops.add(time, np.int32(1)), *carried, *put]

    found = ops.while_loop(
        lambda *values: ops.less(values[0], values[end]),
        body,
        [count.graph.constant(np.int32(0)), *state, *lists],
        [count, *invariants],
        count,
        name=name,
    )
    return found[1:at], found[at:]
