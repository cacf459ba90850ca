"""Kills a process before each step in which it changes a name, one after the other."""

from __future__ import annotations

import itertools
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any

_STEPS = ("link", "replace", "rename", "unlink", "mkdir", "rmdir")


def killed_at_each_step(action: Callable[[], object]) -> Iterator[int]:
    """Runs an action in processes of their own; yields after each that was killed, and after the one that was not."""
    for last in itertools.count():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside idle threads
            child = os.fork()
        if child == 0:
            _run(action, last)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, -signal.SIGKILL), f"the action failed before step {last}"
        yield last
        if status == 0:
            return


def _run(action: Callable[[], object], last: int) -> None:
    """Runs an action and ends the process."""
    count = itertools.count()

    def step(function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **more: Any) -> Any:
            if next(count) == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **more)

        return counted

    for name in _STEPS:
        setattr(os, name, step(getattr(os, name)))
    try:
        action()
    except BaseException:
        os._exit(1)
    os._exit(0)
