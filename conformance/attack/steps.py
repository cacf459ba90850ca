"""An action in a process of its own, which is killed before a chosen step.

A step is a call that may change files: of the operating system, or of an open file. The interpreter's profiler sees
each of them before it is made. To be killed before a step is to be killed after the one before it.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from conformance.attack.processes import DONE, end, start

_OF_FILES = {"write", "writelines", "truncate", "flush", "close"}
_MODULES = {os.open.__module__, "fcntl"}
_HARMLESS = {
    "fspath",
    "getpid",
    "getcwd",
    "geteuid",
    "stat",
    "lstat",
    "fstat",
    "scandir",
    "urandom",
    "readlink",
}


def steps_of(action: Callable[[], object]) -> int:
    """How many steps an action takes.

    Raises:
      AssertionError: the action failed.
    """
    source, sink = os.pipe()

    def count() -> None:
        os.write(sink, b"%d" % _watched(action, None))

    try:
        assert end(start(count)) == DONE
        return int(os.read(source, 20))
    finally:
        os.close(source)
        os.close(sink)


def may_change_files(called: Any) -> bool:
    """Whether a call of this function of C may change files."""
    name = getattr(called, "__name__", "")
    if isinstance(getattr(called, "__self__", None), io.IOBase):
        return name in _OF_FILES
    return called is io.open or (getattr(called, "__module__", None) in _MODULES and name not in _HARMLESS)


def killed_before(
    step: int, action: Callable[[], object], is_step: Callable[[Any], bool] = may_change_files
) -> bool:
    """Whether an action was killed before this step, counted from 0; otherwise it took fewer.

    Args:
      step: the number of the step.
      action: what is killed.
      is_step: whether a call of this function of C is a step.

    Raises:
      AssertionError: the action failed.
    """
    status = end(start(lambda: _watched(action, step, is_step)))
    assert status in (DONE, -signal.SIGKILL), f"the action failed before step {step}: status {status}"
    return status != DONE


def _watched(
    action: Callable[[], object], last: int | None, is_step: Callable[[Any], bool] = may_change_files
) -> int:
    """Counts the steps of an action; before step `last` the process is killed."""
    count = 0

    def watch(frame: FrameType, event: str, called: Any) -> None:
        nonlocal count
        if event != "c_call" or not is_step(called):
            return
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    sys.setprofile(watch)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count
