"""Measures kerasfmt and TensorFlow side by side: `python tools/bench.py [--update-readme] [--repeat 3]`.

Writes `tools/BENCH.md`, and with --update-readme the table between the markers in the README. Needs the
environments of `python tools/env.py setup --lines 2.21`; makes one more, for safetensors. Nothing else should
run on the machine. Every number is the median of runs that alternate between the sides.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import env

ROOT = Path(__file__).resolve().parent.parent
WORKER = ROOT / "tools" / "bench" / "worker.py"
REPORT = ROOT / "tools" / "BENCH.md"
README = ROOT / "README.md"
BEGIN, END = "<!-- bench: written by tools/bench.py -->", "<!-- bench: end -->"
MODELS = ("MobileNetV2", "ResNet50")
DEPTHS = (500, 1000, 2000, 5000)

SAFETENSORS = env.Environment("safetensors", ("safetensors==0.6.*", "numpy"))


@dataclass(frozen=True)
class Row:
    """A line of the table; `ratio` says by how much kerasfmt is ahead (or its share), in words."""

    what: str
    ours: str
    theirs: str
    ratio: str
    goal: str


@dataclass(frozen=True)
class Run:
    """What a process took."""

    seconds: float
    mebibytes: float
    found: dict[str, Any]


def run(python: Path, task: str, *arguments: object) -> Run:
    """Runs a task of the worker in a process of its own.

    Raises:
        SystemExit: It failed.
    """
    command = [str(python), str(WORKER), task, *map(str, arguments)]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}
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


def alternate(repeat: int, *sides: tuple[Any, ...]) -> list[Run]:
    """The median of each side's runs, taken in turns."""
    runs: list[list[Run]] = [[] for _ in sides]
    for _ in range(repeat):
        for taken, side in zip(runs, sides, strict=True):
            taken.append(run(*side))
    return [
        Run(
            statistics.median(r.seconds for r in taken),
            statistics.median(r.mebibytes for r in taken),
            taken[-1].found,
        )
        for taken in runs
    ]


def measure(repeat: int) -> list[Row]:
    """The table."""
    core, tensorflow = env.make(env.CORE), env.make(env.LINES["2.21"])
    kept = ROOT / ".conformance" / "bench"
    kept.mkdir(parents=True, exist_ok=True)
    run(tensorflow, "models", kept)
    rows: list[Row] = []
    for name in MODELS:
        source, ours, theirs = kept / f"{name}.h5", kept / f"{name}_kerasfmt", kept / f"{name}_tensorflow"
        say(f"{name}: whole process")
        a, b = alternate(
            repeat,
            (core, "kerasfmt_convert", source, ours),
            (tensorflow, "tensorflow_convert", source, theirs),
        )
        rows.append(_times(f"{name}: HDF5 to SavedModel, whole process", a.seconds, b.seconds, "30 x faster"))
        share = f"{a.mebibytes / b.mebibytes:.2f} of it"
        memory = (f"{a.mebibytes:.0f} MiB", f"{b.mebibytes:.0f} MiB")
        rows.append(Row(f"{name}: peak memory of that", *memory, share, "1/6"))
        say(f"{name}: save alone")
        a, b = alternate(
            1, (core, "kerasfmt_save", source, ours, 5), (tensorflow, "tensorflow_save", source, theirs, 2)
        )
        seconds = (a.found["seconds"], b.found["seconds"])
        rows.append(_times(f"{name}: save alone, warm process", *seconds, "40 x faster"))
        say(f"{name}: load in TensorFlow")
        loads = run(tensorflow, "tensorflow_load", ours, theirs, 3).found
        for reader, title in (("keras", "tf_keras load_model"), ("saved_model", "tf.saved_model.load")):
            a_s, b_s = loads[reader]
            times = (f"{a_s:.2f} s", f"{b_s:.2f} s")
            rows.append(Row(f"{name}: {title} of the result", *times, f"{a_s / b_s:.2f} of it", "no slower"))
        sizes = [(path / "saved_model.pb").stat().st_size for path in (ours, theirs)]
        texts = [f"{size / 1e6:.2f} MB" for size in sizes]
        rows.append(Row(f"{name}: saved_model.pb", *texts, f"{sizes[0] / sizes[1]:.2f} of it", "no larger"))
    return [*rows, *_checkpoints(core, tensorflow), *_depths(core, kept)]


def _times(what: str, ours: float, theirs: float, goal: str) -> Row:
    return Row(what, f"{ours:.2f} s", f"{theirs:.2f} s", f"{theirs / ours:.0f} x faster", goal)


def _checkpoints(core: Path, tensorflow: Path) -> list[Row]:
    safetensors = env.make(SAFETENSORS)
    say("checkpoint of 1 GiB")
    pythons = {"kerasfmt": core, "tensorflow": tensorflow, "safetensors": safetensors, "bare": core}
    home = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        taken = {w: run(p, "checkpoint", w, scratch, 5).found["seconds"] for w, p in pythons.items()}
    ours = taken["kerasfmt"]
    titles = {"tensorflow": "TensorFlow's SaveV2", "safetensors": "safetensors", "bare": "a bare write"}
    goals = {"bare": "0.8 of its speed"}
    return [
        Row(
            f"checkpoint of 1 GiB in memory, against {title}",
            f"{1 / ours:.2f} GiB/s",
            f"{1 / taken[writer]:.2f} GiB/s",
            f"{taken[writer] / ours:.2f} of its speed",
            goals.get(writer, ""),
        )
        for writer, title in titles.items()
    ]


def _depths(core: Path, kept: Path) -> list[Row]:
    say("depth")
    found = run(core, "layers", kept / "deep", *DEPTHS).found
    first = found[str(DEPTHS[0])] / DEPTHS[0]
    rows = []
    for depth in DEPTHS:
        each = found[str(depth)] / depth
        cost = (f"{found[str(depth)]:.2f} s", "")
        rows.append(
            Row(
                f"save of {depth:,} Dense layers",
                *cost,
                f"{each / first:.2f} of the cost per layer",
                "linear",
            )
        )
    return rows


def say(what: str) -> None:
    """Progress, on stderr."""
    print(what, file=sys.stderr, flush=True)


def render(rows: list[Row], repeat: int) -> str:
    """The table, with date, versions and machine."""
    program = (
        "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in "
        "('tensorflow-cpu', 'tf-keras', 'h5py', 'numpy', 'protobuf')))"
    )
    python = env.LINES["2.21"].python
    versions = subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    head = (
        f"Measured on {datetime.date.today().isoformat()} on {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}; {versions}. Load average when it began: "
        f"{LOAD[0]:.1f}. Whole processes: median of {repeat} alternating runs."
    )
    table = ["| | kerasfmt | TensorFlow or other | ratio | goal |", "|---|---|---|---|---|"]
    table += [f"| {r.what} | {r.ours} | {r.theirs} | {r.ratio} | {r.goal} |" for r in rows]
    return "\n".join([head, "", *table, ""])


def update_readme(text: str) -> None:
    """Puts the table between the markers.

    Raises:
        SystemExit: The README has no markers.
    """
    readme = README.read_text(encoding="utf-8")
    if BEGIN not in readme or END not in readme:
        raise SystemExit(f"README.md: expected the markers {BEGIN} and {END}")
    before, rest = readme.split(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{text}{END}{rest.split(END)[1]}", encoding="utf-8")


LOAD = os.getloadavg()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update-readme", action="store_true", help="put the table into README.md")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a whole process (default: 3)")
    options = parser.parse_args()
    text = render(measure(options.repeat), options.repeat)
    title = "# kerasfmt against TensorFlow\n\nWritten by `python tools/bench.py`; not to be edited.\n\n"
    REPORT.write_text(title + text, encoding="utf-8")
    if options.update_readme:
        update_readme(text)
    print(text)


if __name__ == "__main__":
    main()
