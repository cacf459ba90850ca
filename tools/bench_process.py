"""Runs tasks of `bench_worker.py`, each in a process of its own, and takes medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from env import ROOT

WORKER = Path(__file__).with_name("bench_worker.py")


@dataclass(frozen=True)
class Run:
    """What a process took."""

    seconds: float
    mebibytes: float
    found: dict[str, Any]


@dataclass(frozen=True)
class Side:
    """A process to measure: an interpreter, a task and its arguments, and the checkout whose kerasfmt it imports."""

    python: Path
    task: str
    arguments: Sequence[object] = ()
    checkout: Path = ROOT

    def run(self) -> Run:
        """Runs the task in a process of its own.

        Raises:
          SystemExit: It failed.
        """
        command = [str(self.python), str(WORKER), self.task, *map(str, self.arguments)]
        settings = {**os.environ, "PYTHONPATH": str(self.checkout), "CUDA_VISIBLE_DEVICES": "-1"}
        settings.pop("PYTHONDONTWRITEBYTECODE", None)  # kerasfmt would be compiled anew in each process
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=out, stderr=errors, env=settings)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            errors.seek(0)
            if process.returncode:
                raise SystemExit(f"{' '.join(command)}: failed\n{errors.read().decode()[-3000:]}")
            found = json.loads(out.read().decode().splitlines()[-1])
        return Run(seconds, usage.ru_maxrss / 1024, found)


def run(python: Path, task: str, *arguments: object) -> Run:
    """Runs a task of the worker with the kerasfmt of this checkout."""
    return Side(python, task, arguments).run()


def in_turns(repeat: int, *sides: Side) -> list[list[Run]]:
    """The runs of each side; each round begins with another side than the round before."""
    runs: list[list[Run]] = [[] for _ in sides]
    for turn in range(repeat):
        for place in range(len(sides)):
            at = (turn + place) % len(sides)
            runs[at].append(sides[at].run())
    return runs


def alternate(repeat: int, *sides: Side) -> list[Run]:
    """The median of each side's runs, taken in turns."""
    return [
        Run(
            statistics.median(r.seconds for r in taken),
            statistics.median(r.mebibytes for r in taken),
            taken[-1].found,
        )
        for taken in in_turns(repeat, *sides)
    ]


def say(what: str) -> None:
    """Progress, on stderr."""
    print(what, file=sys.stderr, flush=True)
