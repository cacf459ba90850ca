"""The bytes of every conformance model in every format, as a table of digests: `python -m conformance digests`.

This checks that a change leaves every byte alone: `digests --write TABLE` before it, `digests --against TABLE`
after it. Needs the artefacts that `python -m conformance run` keeps, and no TensorFlow.

A line of the table is `case format/file digest`. A file that cannot be written has the text of the error in place of
the digest. Digests are of the bytes of a SavedModel's files, of HDF5 files and of archives.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import kerasfmt
from conformance.artefacts import stored as stored_file
from conformance.case import Case
from conformance.cases import CASES

Save = Callable[[Any, Path, Case], object]

FORMATS: dict[str, tuple[str, Save]] = {
    "saved_model": ("m", lambda m, p, case: kerasfmt.save_model(m, p, **case.save)),
    "hdf5": ("m.h5", lambda m, p, case: kerasfmt.save_model(m, p, save_format="h5")),
    "keras3": ("m.keras", lambda m, p, case: kerasfmt.save_model(m, p, save_format="keras")),
    "tf_keras": ("m.keras", lambda m, p, case: kerasfmt.save_model(m, p, save_format="tf_keras")),
    "weights": ("w.h5", lambda m, p, case: kerasfmt.save_weights(m, p, save_format="h5")),
    "paths_keras3": ("w.weights.h5", lambda m, p, case: kerasfmt.save_weights(m, p, save_format="keras")),
    "paths_tf_keras": (
        "w.weights.h5",
        lambda m, p, case: kerasfmt.save_weights(m, p, save_format="tf_keras"),
    ),
}
"""Format -> file name, and what writes a model to it."""


def digests(line: str, name: str) -> list[str]:
    """The lines of the table for one case."""
    case = CASES[name]
    lines = []
    for kind, (file, save) in FORMATS.items():
        with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                kerasfmt.clear_session()
                stored = stored_file(line, case)
                model = kerasfmt.load_model(stored, custom_objects=case.objects(kerasfmt))
                save(model, Path(scratch) / file, case)
                lines += [f"{name} {kind}/{path} {digest}" for path, digest in _files(Path(scratch))]
            except kerasfmt.KerasfmtError as error:
                words = " ".join(str(error).replace(scratch, "").split())
                lines.append(f"{name} {kind} {type(error).__name__}: {words}")
    return lines


def _files(where: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(p for p in where.rglob("*") if p.is_file()):
        yield path.relative_to(where).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()[:20]


def table(line: str, cases: list[Case], jobs: int) -> list[str]:
    """All lines, of the cases whose artefacts are there."""
    names = [case.name for case in cases if stored_file(line, case).exists()]
    with ProcessPoolExecutor(jobs) as pool:
        made = pool.map(digests, [line] * len(names), names, chunksize=8)
        return [row for rows in made for row in rows]


def main(line: str, cases: list[Case], write: Path | None, against: Path | None, words: bool) -> int:
    """Prints or writes the table, or what differs from an earlier one; exit status 1 if something does.

    Args:
      line: the TensorFlow line whose artefacts are read.
      cases: the cases.
      write: where to write the table.
      against: the earlier table; only the lines of `cases` count.
      words: whether the texts of errors count too.
    """
    found = table(line, cases, os.cpu_count() or 1)
    if write is not None:
        write.write_text("\n".join(found) + "\n")
        print(f"{len(found)} digests")
        return 0
    if against is None:
        print(*found, sep="\n")
        return 0
    names = {case.name for case in cases}
    earlier = [row for row in against.read_text().splitlines() if row.split(" ", 1)[0] in names]
    before, after = (_keyed(rows, words) for rows in (earlier, found))
    differ = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    for key in differ:
        print(f"DIFFERENT {key}: before {before.get(key)}, now {after.get(key)}")
    print(f"{len(after) - len(differ)} of {len(before)} digests are equal")
    return 1 if differ or not after else 0


def _keyed(rows: list[str], words: bool) -> dict[str, str]:
    split = [row.split(" ", 2) for row in rows]
    return {f"{case} {file}": text if words else text.split(":", 1)[0] for case, file, text in split}
