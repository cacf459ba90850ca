"""Runs the stages of the matrix, each in processes of its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from conformance.artefacts import LINES, read_json, write_json
from conformance.case import Case
from conformance.cases import CASES
from conformance.environments import ROOT, python
from conformance.formats import layout
from conformance.formats.layout import EVERY_ENGINE, FORMATS, OURS, Engine, Matrix
from conformance.formats.live import is_current
from conformance.formats.worker import stamp


def run(cases: Sequence[Case], matrix: Matrix, jobs: int) -> None:
    """Writes and reads whatever has changed; what came of it lies below `layout.HOME`."""
    start = time.perf_counter()

    def say(what: str) -> None:
        print(f"{what}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)

    code = layout.sources_digest()
    trips_too = matrix.shared is None
    with ThreadPoolExecutor(jobs) as pool:

        def each(work: Any, names: Sequence[str]) -> None:
            for done in [pool.submit(work, name) for name in names]:
                done.result()

        def write(name: str) -> None:
            stale = [c.name for c in cases if not _is_written(name, c, code)]
            _stage("write", name, stale)
            say(f"{name} wrote {len(stale)} of {len(cases)} models")

        def rewrite(name: str) -> None:
            stale = [[c.name, w] for c in cases for w in matrix.engines if not _is_rewritten(w, c, code)]
            _stage("write", name, stale)
            say(f"{name} wrote the files of {len(stale)} of {len(cases) * len(matrix.engines)} models")

        def read(name: str) -> None:
            wanted = _readings(name, cases, matrix, code)
            _stage("read", name, wanted)
            refused = _readings(name, cases, matrix, code, refused=True)
            _stage("read", name, refused)
            say(f"{name} read {len(wanted) + len(refused)} files")

        def trips(name: str) -> None:
            _stage(
                "trips",
                name,
                [[line, case.name] for line in LINES for case in CASES.values() if not case.slow],
            )
            say("kerasfmt made its round trips")

        each(write, list(matrix.engines))
        each(rewrite, [OURS])
        each(trips, [OURS] if trips_too else [])
        each(read, matrix.readers)


def _is_written(name: str, case: Case, code: str) -> bool:
    known = layout.stated(name, case)
    return known.get("key") == layout.key(case) and known.get("code") == code


def _is_rewritten(writer: str, case: Case, code: str) -> bool:
    known = layout.stated(writer, case)
    return not known or "error" in known or known.get("rewritten") == code


def _readings(
    reader: str, cases: Sequence[Case], matrix: Matrix, code: str, refused: bool = False
) -> list[list[str]]:
    """The files of different content that a reader has not read yet.

    A Keras reads TensorFlow's own SavedModels, after all else, only where it refused kerasfmt's.
    """
    found: dict[Path, list[str]] = {}
    for case in cases:
        for writer in matrix.engines:
            if layout.stated(writer, case).get("error", "") or not layout.stated(writer, case):
                continue
            files = layout.written(writer, case)
            for name, file in sorted(files.items(), key=lambda item: not item[0].startswith("own-")):
                kind = kind_of(name)
                others = name == "own-saved_model" and reader != OURS
                if not file["ok"] or (others and not (refused and _refuses(reader, case, matrix))):
                    continue
                if not others and not matrix.reads(reader, writer, source_of(name, kind), kind):
                    continue
                target = layout.read_result(reader, case, kind, file["digest"])
                if not is_current(target, stamp(reader, case.key, code)):
                    found.setdefault(target, [case.name, kind, writer, name, file["digest"]])
    return list(found.values())


def _refuses(reader: str, case: Case, matrix: Matrix) -> bool:
    """Whether a reader did not load one of kerasfmt's SavedModels of a case."""
    files = [
        file["digest"]
        for writer in matrix.engines
        for name, file in layout.written(writer, case).items()
        if name.endswith("-saved_model") and file["ok"]
    ]
    results = [read_json(layout.read_result(reader, case, "saved_model", digest)) for digest in files]
    return any(not found.get("ok", True) for found in results)


def kind_of(name: str) -> str:
    """The format of a file, by its name."""
    return next(kind for kind in FORMATS if name.removesuffix(FORMATS[kind].suffix).endswith(f"-{kind}"))


def source_of(name: str, kind: str) -> str:
    """Where a file comes from, by its name and its format."""
    return name.removesuffix(FORMATS[kind].suffix).removesuffix(f"-{kind}")


def _stage(stage: str, name: str, jobs: list[Any]) -> None:
    """Runs jobs in one process; a job that the process dies on is noted as failed, and the rest goes on."""
    engine = EVERY_ENGINE.get(name)
    interpreter = python(engine.environment if engine else "core")
    environment = {
        **os.environ,
        "PYTHONPATH": _path(engine),
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONWARNINGS": "ignore",
    }
    code = layout.sources_digest()
    with tempfile.TemporaryDirectory() as scratch:
        listed, done = Path(scratch) / "jobs", Path(scratch) / "jobs.done"
        while jobs:
            listed.write_text(json.dumps(jobs))
            done.unlink(missing_ok=True)
            command = [str(interpreter), "-m", "conformance.formats.worker", stage, name, str(listed)]
            result = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
            if result.returncode == 0:
                return
            if not done.exists() or stage != "read":
                raise SystemExit(f"{stage} {name}: exit {result.returncode}\n{result.stderr[-3000:]}")
            finished = len(done.read_text())
            case, kind, _, _, digest = jobs[finished]
            words = f"the process died, exit status {result.returncode}: {result.stderr.strip()[-300:]}"
            target = layout.read_result(name, CASES[case], kind, digest)
            target.parent.mkdir(parents=True, exist_ok=True)
            held = stamp(name, CASES[case].key, code)
            write_json(target, {"ok": False, "error": words, "stamp": held})
            jobs = jobs[finished + 1 :]


def _path(engine: Engine | None) -> str:
    """The directories from which a process imports before all others."""
    first = [str(engine.packages)] if engine and engine.packages else []
    return os.pathsep.join([*first, str(ROOT)])
