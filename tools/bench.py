"""Measures kerasfmt and TensorFlow side by side: `python tools/bench.py [--update-readme] [--repeat 3]`.

Writes the first table of `tools/BENCH.md`, and with --update-readme the one in the README; with --architectures the
second table of `tools/BENCH.md`, of the smallest model of each family of keras.applications. With --against it
prints how this checkout compares with another one, and writes nothing. Needs the environments of
`python tools/env.py setup --lines 2.21`; makes one more, for safetensors. Nothing else should run on the machine.
Every number is the median of runs that alternate between the sides.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import env  # first: it makes conformance importable
from bench_against import compare
from bench_jax import functions
from bench_process import ROOT, Side, alternate, run, say
from bench_reading import reading
from bench_row import Row, times

from conformance.applications import SIZES
from conformance.pages import replace_part

REPORT = ROOT / "tools" / "BENCH.md"
PROGRAM = "tools/bench.py"
MODELS = ("MobileNetV2", "ResNet50")
DEPTHS = (500, 1000, 2000, 5000)

SAFETENSORS = env.Environment("safetensors", ("safetensors==0.6.*", "numpy"))


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
            Side(core, "kerasfmt_convert", (source, ours)),
            Side(tensorflow, "tensorflow_convert", (source, theirs)),
        )
        rows.append(times(f"{name}: HDF5 to SavedModel, whole process", a.seconds, b.seconds, "30 x faster"))
        share = f"{a.mebibytes / b.mebibytes:.2f} of it"
        memory = (f"{a.mebibytes:.0f} MiB", f"{b.mebibytes:.0f} MiB")
        rows.append(Row(f"{name}: peak memory of that", *memory, share, "1/6"))
        say(f"{name}: save alone")
        a = run(core, "kerasfmt_save", source, ours, 5)
        b = run(tensorflow, "tensorflow_save", source, theirs, 2)
        seconds = (a.found["seconds"], b.found["seconds"])
        rows.append(times(f"{name}: save alone, warm process", *seconds, "40 x faster"))
        for suffix, title in (("", "SavedModel"), (".h5", "HDF5"), (".keras", ".keras")):
            rows.append(
                _flushed(core, f"{name}: save alone to {title}", source, kept / f"{name}_flushed{suffix}")
            )
        say(f"{name}: load in TensorFlow")
        loads = run(tensorflow, "tensorflow_load", ours, theirs, 3, "keras", "saved_model").found
        for reader, title in (("keras", "tf_keras load_model"), ("saved_model", "tf.saved_model.load")):
            a_s, b_s = loads[reader]
            taken = (f"{a_s:.2f} s", f"{b_s:.2f} s")
            rows.append(Row(f"{name}: {title} of the result", *taken, f"{a_s / b_s:.2f} of it", "no slower"))
        sizes = [(path / "saved_model.pb").stat().st_size for path in (ours, theirs)]
        texts = [f"{size / 1e6:.2f} MB" for size in sizes]
        rows.append(Row(f"{name}: saved_model.pb", *texts, f"{sizes[0] / sizes[1]:.2f} of it", "no larger"))
    rows += [*_live(tensorflow, kept), *_checkpoints(core, tensorflow), *_depths(core, kept)]
    rows += functions(tensorflow, kept)
    return [*rows, *reading(core, tensorflow, kept), _predict(tensorflow)]


def _flushed(core: Path, what: str, source: Path, target: Path) -> Row:
    """What it costs to wait for the disk; the other side is the same save without that."""
    flushed, not_flushed = (
        run(core, "kerasfmt_save", source, target, 5, *words).found["seconds"]
        for words in ((), ("unflushed",))
    )
    taken = (f"{flushed:.2f} s", f"{not_flushed:.2f} s")
    return Row(f"{what}, flushed, against not flushed", *taken, f"{flushed / not_flushed:.2f} of it", "")


def _live(tensorflow: Path, kept: Path, repeat: int = 3) -> list[Row]:
    rows = []
    for suffix, format_, goal in (
        ("", "SavedModel", "40 x faster"),
        (".h5", "HDF5", "no slower"),
        (".keras", ".keras", "no slower"),
    ):
        say(f"live model: {format_}")
        found = run(tensorflow, "live", suffix, kept, repeat).found
        what = f"live tf_keras ResNet50 to {format_}"
        a_s, b_s = (found["seconds"][side] for side in ("kerasfmt", "keras"))
        row = times(f"{what}, against its own save", a_s, b_s, goal)
        if goal == "no slower":
            row = replace(row, ratio=f"{a_s / b_s:.2f} of it")
        a_b, b_b, largest = found["bytes"]["kerasfmt"], found["bytes"]["keras"], found["largest"]
        memory = f"{a_b / largest:.1f} of the largest weight"
        megabytes = (f"{a_b / 1e6:.1f} MB", f"{b_b / 1e6:.1f} MB")
        rows += [row, Row(f"{what}: memory beyond the model", *megabytes, memory, "1 of the largest weight")]
    return rows


def _predict(tensorflow: Path, repeat: int = 11) -> Row:
    say("predict of an LSTM")
    seconds = run(tensorflow, "predict", repeat).found["seconds"]
    ours, theirs = seconds["kerasfmt"], seconds["keras"]
    return Row(
        "predict of an LSTM(256) over 128 steps, 32 rows, warm process",
        f"{ours * 1000:.0f} ms",
        f"{theirs * 1000:.0f} ms",
        f"{ours / theirs:.2f} of it",
        "no slower",
    )


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


def measure_architectures(repeat: int, only: Sequence[str]) -> str:
    """The table of architectures: saves in a warm process, and tf.saved_model.load of what was saved."""
    core, tensorflow = env.make(env.CORE), env.make(env.LINES["2.21"])
    kept = ROOT / ".conformance" / "bench" / "architectures"
    kept.mkdir(parents=True, exist_ok=True)
    table = [
        "| architecture | image | save: kerasfmt | TensorFlow | ratio | load: kerasfmt's | TensorFlow's | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in only or SIZES:
        say(name)
        size = SIZES[name]
        source, ours, theirs = kept / f"{name}.h5", kept / f"{name}_kerasfmt", kept / f"{name}_tensorflow"
        run(tensorflow, "architecture", name, size, source)
        saves = [
            run(core, "kerasfmt_save", source, ours, repeat).found["seconds"],
            run(tensorflow, "tensorflow_save", source, theirs, repeat).found["seconds"],
        ]
        loads = run(tensorflow, "tensorflow_load", ours, theirs, repeat, "saved_model").found["saved_model"]
        saved = f"{saves[0]:.2f} s | {saves[1]:.2f} s | {saves[1] / saves[0]:.0f} x faster"
        loaded = f"{loads[0]:.2f} s | {loads[1]:.2f} s | {loads[0] / loads[1]:.2f} of it"
        table.append(f"| {name} | {size} | {saved} | {loaded} |")
    about = "Saves in a warm process, and tf.saved_model.load of what was saved: medians of"
    return "\n".join([f"{machine()} {about} {repeat} runs.", "", *table])


def machine() -> str:
    """Date, machine and versions."""
    program = (
        "import importlib.metadata as m; print(', '.join(f'{n} {m.version(n)}' for n in "
        "('tensorflow-cpu', 'tf-keras', 'h5py', 'numpy', 'protobuf')))"
    )
    python = env.LINES["2.21"].python
    versions = subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"Measured on {datetime.date.today().isoformat()} on {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}; {versions}. Load average when it began: "
        f"{LOAD[0]:.1f}."
    )


def render(rows: list[Row], repeat: int) -> str:
    """The table, with where it was measured."""
    head = f"{machine()} Whole processes: median of {repeat} alternating runs."
    table = ["| | kerasfmt | TensorFlow or other | ratio | goal |", "|---|---|---|---|---|"]
    table += [f"| {r.what} | {r.ours} | {r.theirs} | {r.ratio} | {r.goal} |" for r in rows]
    return "\n".join([head, "", *table])


LOAD = os.getloadavg()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--update-readme", action="store_true", help="put the table into README.md")
    parser.add_argument("--repeat", type=int, default=3, help="runs of a whole process (default: 3)")
    parser.add_argument(
        "--architectures",
        nargs="*",
        metavar="NAME",
        help="the table of architectures in place of the first one: those named, by default all (an hour)",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="PATH",
        help="compare with another checkout of kerasfmt, in at least 5 runs of each",
    )
    parser.add_argument(
        "--rows", nargs="+", default=[], metavar="WORD", help="of --against: the rows about these only"
    )
    options = parser.parse_args()
    if options.against is not None:
        print(compare(options.against, options.repeat, options.rows))
        return
    if options.architectures is not None:
        part, text = "architectures", measure_architectures(options.repeat, options.architectures)
    else:
        part, text = "bench", render(measure(options.repeat), options.repeat)
    print(text)
    if not options.architectures:  # or else the table is not whole
        replace_part(part, PROGRAM, text, REPORT)
    if options.update_readme:
        replace_part(part, PROGRAM, text)


if __name__ == "__main__":
    main()
