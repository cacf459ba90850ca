"""Children of this process, which take over what it has imported and made."""

from __future__ import annotations

import os
import signal
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

DONE = 7
"""Exit status of a child whose action ended by itself."""


def start(action: Callable[[], object], said: Path | None = None) -> int:
    """The id of a child that performs an action.

    Args:
      action: what it does.
      said: where it writes the traceback, if the action raises an error; by default on stderr.
    """
    child = os.fork()
    if child:
        return child
    warnings.simplefilter("ignore")
    try:
        action()
    except BaseException:
        if said is None:
            traceback.print_exc()
        else:
            said.write_text(traceback.format_exc())
        os._exit(1)
    os._exit(DONE)


def end(child: int) -> int:
    """The exit status of a child, when it has ended; that of a killed one is the signal's number, negative."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def end_within(child: int, seconds: float) -> int | None:
    """The exit status of a child; None if it had to be killed because it did not end in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    end(child)
    return None
