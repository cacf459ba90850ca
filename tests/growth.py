"""How the work of a reader grows with its input, counted in steps of Python, not in seconds.

A step is a line, a call, or an element that a method of a list, a text or bytes goes through (`list.count`). What the
interpreter does inside of one step, such as `x in list`, is not seen; `seconds` compares that.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

_WALKING = frozenset(
    {"count", "index", "remove", "insert", "copy", "find", "rfind", "replace", "split", "partition"}
)


def steps(run: Callable[[], object]) -> int:
    """The steps that a call takes."""
    total = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal total
        total += 1
        return line

    def call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal total
        total += 1
        if event == "c_call" and argument.__name__ in _WALKING and hasattr(argument.__self__, "__len__"):
            total += len(argument.__self__)

    sys.setprofile(call)
    sys.settrace(line)
    try:
        run()
    finally:
        sys.settrace(None)
        sys.setprofile(None)
    return total


def seconds(run: Callable[[], object]) -> float:
    """The least processor time that a call takes, of several."""
    found = []
    gc.disable()
    for _ in range(5):
        start = time.process_time()
        run()
        found.append(time.process_time() - start)
    gc.enable()
    return min(found)


def assert_linear(make: Callable[[int], Callable[[], object]], size: int) -> None:
    """Four times the input may take six times the steps; quadratic work takes sixteen times.

    Args:
      make: what reads an input of a size; the input is ready when it is called.
      size: the smaller size.
    """
    reads = make(size), make(4 * size)
    reads[0]()  # imports, caches
    small, large = map(steps, reads)
    assert large < 6 * small, f"{size}: {small} steps; {4 * size}: {large} steps"


def refused(error: type[Exception], read: Callable[[], object]) -> Callable[[], object]:
    """What reads an input that has to be refused."""

    def run() -> None:
        with pytest.raises(error):
            read()

    return run
