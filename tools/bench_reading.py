"""The rows of `bench.py` about reading: SavedModels, and a checkpoint of 1 GiB."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench_process import Side, alternate, run, say
from bench_row import Row, times

NAME = "ResNet50"


def reading(core: Path, tensorflow: Path, kept: Path, repeat: int = 3) -> list[Row]:
    """The rows.

    Args:
      core: the interpreter that has kerasfmt.
      tensorflow: the one that has TensorFlow.
      kept: a directory with `ResNet50.h5`; the other files are made in it.
      repeat: runs of each side.
    """
    source, saved = kept / f"{NAME}.h5", kept / f"{NAME}_read"
    run(core, "convert", source, saved)
    return [*_opened(core, saved), *_loaded(core, tensorflow, saved, repeat), *_checkpoint(core, tensorflow)]


def _opened(core: Path, saved: Path) -> list[Row]:
    say("open a SavedModel")
    found = run(core, "list_weights", saved).found
    megabytes = [f"{found[key] / 1e6:.1f} MB" for key in ("bytes", "weights")]
    share = f"{found['bytes'] / found['weights']:.2f} of them"
    return [
        Row(f"{NAME}: open the SavedModel, list its weights", f"{found['seconds']:.2f} s", "", "", "0.3 s"),
        Row(f"{NAME}: memory of that, against the weights", *megabytes, share, "far below"),
    ]


def _loaded(core: Path, tensorflow: Path, saved: Path, repeat: int) -> list[Row]:
    say("load a SavedModel")
    a = run(core, "load_whole", "kerasfmt", saved, 5).found["seconds"]
    b = run(tensorflow, "load_whole", "tensorflow", saved, 2).found["seconds"]
    rows = [times(f"{NAME}: load the SavedModel with all weights, warm process", a, b, "20 x faster")]
    say("SavedModel to .keras")
    targets = (saved.with_name(f"{NAME}_{side}.keras") for side in ("ours", "theirs"))
    ours, theirs = alternate(
        repeat,
        Side(core, "to_archive", ("kerasfmt", saved, next(targets))),
        Side(tensorflow, "to_archive", ("tensorflow", saved, next(targets))),
    )
    what = f"{NAME}: SavedModel to .keras, whole process"
    return [*rows, times(what, ours.seconds, theirs.seconds, "")]


def _checkpoint(core: Path, tensorflow: Path) -> list[Row]:
    say("read a checkpoint of 1 GiB")
    home = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=home) as scratch:
        run(core, "gibibyte", scratch)
        pythons = {"kerasfmt": core, "tensorflow": tensorflow, "bare": core}
        taken = {
            who: run(p, "read_checkpoint", who, scratch, 5).found["seconds"] for who, p in pythons.items()
        }
    ours = taken.pop("kerasfmt")
    titles = {"tensorflow": "TensorFlow's RestoreV2", "bare": "a bare read"}
    return [
        Row(
            f"read a checkpoint of 1 GiB in memory with its checksums, against {titles[reader]}",
            f"{1 / ours:.2f} GiB/s",
            f"{1 / theirs:.2f} GiB/s",
            f"{theirs / ours:.2f} of its speed",
            "0.8 of its speed" if reader == "bare" else "",
        )
        for reader, theirs in taken.items()
    ]
