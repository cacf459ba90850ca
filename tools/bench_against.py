"""This checkout of kerasfmt beside another one: `python tools/bench.py --against PATH`.

Both run the same tasks of `bench_worker.py`, which call nothing but kerasfmt's public names, in the same
environment and in turns. Before they are measured, each side has one run that does not count: it compiles the
checkout's modules and reads the files once.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import env
from bench_process import ROOT, Run, Side, in_turns, run, say

MODELS = ("ResNet50", "MobileNetV2")
DEPTHS = (500, 2000)
LEAST = 5
"""Runs of each side."""


@dataclass(frozen=True)
class Task:
    """A row of the table: its title, what each side runs, and the seconds of a run that count."""

    title: str
    task: str
    arguments: tuple[object, ...]
    seconds: Callable[[Run], float]


def compare(other: Path, repeat: int, titles: Sequence[str]) -> str:
    """The table of ratios.

    Args:
      other: the other checkout of kerasfmt.
      repeat: runs of each side; at least `LEAST`.
      titles: words, one of which a row's title must contain; all rows if empty.

    Raises:
      SystemExit: `other` holds no kerasfmt, no row has such a title, or a run failed.
    """
    if not (other / "kerasfmt" / "__init__.py").exists():
        raise SystemExit(f"{other}: expected a checkout with a directory kerasfmt, found none")
    repeat = max(repeat, LEAST)
    kept = ROOT / ".conformance" / "bench"
    kept.mkdir(parents=True, exist_ok=True)
    wanted = [task for task in _tasks(kept) if not titles or any(t in task.title for t in titles)]
    if not wanted:
        raise SystemExit(f"no row is about {' or '.join(titles)}")
    core = env.make(env.CORE)
    _prepare(kept, core, wanted)
    table = ["| | this checkout | the other | ratio | ratio of the fastest |", "|---|---|---|---|---|"]
    table += [_row(task, core, other.resolve(), repeat) for task in wanted]
    about = (
        f"Seconds, the median of {repeat} runs in turns after one that does not count. The other: {other}."
    )
    return "\n".join([about, "", *table])


def _tasks(kept: Path) -> list[Task]:
    def whole(taken: Run) -> float:
        return taken.seconds

    def inside(key: str) -> Callable[[Run], float]:
        return lambda taken: float(taken.found[key])

    target = kept / "against"
    return [
        *(
            Task(
                f"{name}: HDF5 to SavedModel, whole process",
                "convert",
                (kept / f"{name}.h5", target),
                whole,
            )
            for name in MODELS
        ),
        *(
            Task(
                f"{name}: save alone, warm process",
                "kerasfmt_save",
                (kept / f"{name}.h5", target, 5),
                inside("seconds"),
            )
            for name in MODELS
        ),
        *(
            Task(
                f"{name}: save alone{suffix}, warm process, not flushed",
                "kerasfmt_save",
                (kept / f"{name}.h5", kept / f"against{suffix}", 5, "unflushed"),
                inside("seconds"),
            )
            for name in MODELS
            for suffix in ("", ".h5", ".keras")
        ),
        *(
            Task(f"save of {depth:,} Dense layers", "layers", (target, depth), inside(str(depth)))
            for depth in DEPTHS
        ),
        Task("import kerasfmt", "import_alone", (), inside("seconds")),
        Task("small MLP: load of HDF5, whole process", "load", (kept / "mlp.h5",), whole),
    ]


def _prepare(kept: Path, core: Path, wanted: Sequence[Task]) -> None:
    """Makes the HDF5 files that the tasks read; TensorFlow writes those of the architectures."""
    read = {task.arguments[0] for task in wanted if task.arguments}
    if any(kept / f"{name}.h5" in read and not (kept / f"{name}.h5").exists() for name in MODELS):
        run(env.make(env.LINES["2.21"]), "models", kept)
    if kept / "mlp.h5" in read:
        run(core, "mlp", kept / "mlp.h5")


def _row(task: Task, core: Path, other: Path, repeat: int) -> str:
    say(task.title)
    sides = [Side(core, task.task, task.arguments, checkout) for checkout in (ROOT, other)]
    for side in sides:
        side.run()
    ours, theirs = ([task.seconds(r) for r in taken] for taken in in_turns(repeat, *sides))
    a, b = statistics.median(ours), statistics.median(theirs)
    return f"| {task.title} | {a:.3g} | {b:.3g} | {a / b:.2f} | {min(ours) / min(theirs):.2f} |"
