"""A saver is killed at every step. What stands is a whole save, and the next save works and leaves nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from conformance.attack.result import Result
from conformance.attack.savers import SAVERS, Saver, scratch_directory, warm
from conformance.attack.steps import killed_before, steps_of

_FEW = 7
"""Steps of a short run, evenly spread, beside the last ones."""
_LAST = 5
"""The steps at the end, where a save is put in place."""


def attack(long: bool) -> Iterator[Result]:
    """A result for each saver, with nothing at the target and with an older save there."""
    for saver in SAVERS:
        for old in (None, 1):
            yield _killed(saver, old, long)


def _killed(saver: Saver, old: int | None, long: bool) -> Result:
    findings: list[str] = []
    with scratch_directory(long) as scratch:
        warm(saver, scratch)
        counted = _directory(scratch, "counted", saver, old)
        count = steps_of(partial(_save_over, saver, counted))
        chosen = (
            range(count) if long else sorted({*range(0, count, count // _FEW), *range(count - _LAST, count)})
        )
        kills = 0
        for step in chosen:
            directory = _directory(scratch, str(step), saver, old)
            kills += killed_before(step, partial(_save_over, saver, directory))
            findings += [f"step {step} of {count}: {finding}" for finding in _left(saver, directory, old)]
    what = "fresh" if old is None else "over an older save"
    return Result(f"kills: {saver.name}, {what}", kills, tuple(findings))


def _directory(scratch: Path, name: str, saver: Saver, old: int | None) -> Path:
    directory = scratch / name
    directory.mkdir()
    if old is not None:
        saver.save(directory / saver.target, old)
    return directory


def _save_over(saver: Saver, directory: Path) -> None:
    saver.save(directory / saver.target, 2)


def _left(saver: Saver, directory: Path, old: int | None) -> Iterator[str]:
    """What is wrong with what a killed save left, and with the next save."""
    target = directory / saver.target
    try:
        if (seen := saver.read(target)) not in (old, 2):
            yield f"expected save {old} or 2, got {seen}"
    except FileNotFoundError as error:
        if old is not None:
            yield f"nothing stands: {error}"
    except Exception as error:
        yield f"what stands is not whole: {type(error).__name__}: {error}"
    try:
        saver.save(target, 3)
        if (seen := saver.read(target)) != 3:
            yield f"the next save is {seen}, expected 3"
    except Exception as error:
        yield f"the next save failed: {type(error).__name__}: {error}"
    if debris := saver.debris(directory):
        yield f"the next save left {', '.join(debris)}"
