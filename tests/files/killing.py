"""Kills a process before each step in which it changes a name, one after the other.

`python -m conformance attack kills` does so before every step that may change files.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

from conformance.attack.steps import killed_before

_STEPS = {os.link, os.replace, os.rename, os.unlink, os.mkdir, os.rmdir}


def killed_at_each_step(action: Callable[[], object]) -> Iterator[int]:
    """Runs an action in processes of their own; yields after each that was killed, and after the one that was not."""
    for step in itertools.count():
        was_killed = killed_before(step, action, _changes_a_name)
        yield step
        if not was_killed:
            return


def _changes_a_name(called: Any) -> bool:
    return called in _STEPS
