"""Two savers and a reader of one target: every load is one whole save.

One of the savers is killed every now and then, and another one takes its place.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path

from conformance.attack.processes import DONE, end, start
from conformance.attack.result import Result
from conformance.attack.savers import SAVERS, Saver, model, scratch_directory, warm

_SECONDS = 1.0
_LONG_SECONDS = 120.0
_LIVES = (0.05, 0.4)
"""Seconds after which a saver is killed, at least and at most."""
_NUMBERS = ((2, 4, 6, 8), (3, 5, 7, 9))
"""The numbers of the saves of each saver."""
_TOLD = 5
"""Findings of one kind are many; the first ones are told."""


def attack(long: bool) -> Iterator[Result]:
    """A result for each saver: its trials are the loads."""
    for saver in SAVERS:
        yield _race(saver, long)


def _race(saver: Saver, long: bool) -> Result:
    with scratch_directory(long) as scratch:
        warm(saver, scratch)
        for number in (number for numbers in _NUMBERS for number in numbers):
            model(number)
        directory = scratch / "race"
        directory.mkdir()
        target = directory / saver.target
        saver.save(target, 1)
        deadline = time.monotonic() + (_LONG_SECONDS if long else _SECONDS)
        errors = scratch / "errors"
        errors.mkdir()
        children = [
            start(partial(_save_on, saver, target, _NUMBERS[0], deadline), errors / "steady"),
            start(partial(_save_and_die, saver, target, deadline, errors), errors / "dying"),
        ]
        loads, findings = _read_on(saver, target, deadline)
        for child in children:
            if end(child) != DONE:
                findings.append("a saver failed")
        findings += [path.read_text() for path in sorted(errors.iterdir())]
        saver.save(target, 10)
        if (seen := saver.read(target)) != 10:
            findings.append(f"the last save is {seen}, expected 10")
        if debris := saver.debris(directory):
            findings.append(f"the last save left {', '.join(debris)}")
    return Result(f"races: {saver.name}", loads, tuple(findings[:_TOLD]))


def _save_on(saver: Saver, target: Path, numbers: Sequence[int], deadline: float) -> None:
    for number in cycle(numbers):
        if time.monotonic() > deadline:
            return
        saver.save(target, number)


def _save_and_die(saver: Saver, target: Path, deadline: float, errors: Path) -> None:
    """Savers, one after the other, each of which is killed at a random moment."""
    lives = random.Random(saver.name)
    count = 0
    while (left := deadline - time.monotonic()) > 0:
        child = start(partial(_save_on, saver, target, _NUMBERS[1], deadline), errors / f"dying-{count}")
        count += 1
        time.sleep(min(left, lives.uniform(*_LIVES)))
        os.kill(child, signal.SIGKILL)
        end(child)


def _read_on(saver: Saver, target: Path, deadline: float) -> tuple[int, list[str]]:
    """How many loads there were, and what was wrong with them."""
    loads, findings = 0, []
    known = {1, *(number for numbers in _NUMBERS for number in numbers)}
    while time.monotonic() < deadline:
        loads += 1
        try:
            if (seen := saver.read(target)) not in known:
                findings.append(f"load {loads}: save {seen}, which nobody made")
        except Exception as error:
            findings.append(f"load {loads}: {type(error).__name__}: {error}")
    return loads, findings
