"""Runs the stages, one process at a time: writers, conversions, readers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.artefacts import read_json, write_json
from conformance.environments import ROOT, python
from conformance.training import layout
from conformance.training.cases import TrainingCase


def run(lines: Sequence[str], cases: Sequence[TrainingCase]) -> None:
    """Writes, converts and reads the cases; what came of it lies below `layout.HOME`."""
    start = time.perf_counter()

    def say(what: str) -> None:
        print(f"{what}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)

    names = [case.name for case in cases]
    for line in lines:
        _stage("write", line, names)
        say(f"{line} wrote {len(names)} cases")
    for line in lines:
        _stage("convert", line, names)
    say("kerasfmt converted")
    for line in lines:
        for name in names:
            shutil.rmtree(layout.HOME / "reads" / line / name, ignore_errors=True)
        jobs = readings(line, names)
        _stage("read", line, jobs)
        say(f"{line} read {len(jobs)} files")


def readings(reader: str, names: Sequence[str]) -> list[list[str]]:
    """The files of different content that a reader is given: case, format, path, where the result goes."""
    found: dict[Path, list[str]] = {}
    for name in names:
        for writer in layout.writers(reader):
            home = layout.directory(writer, name)
            for file, known in read_json(home / "files.json").items():
                kind = kind_of(file)
                own = file.startswith("own-")
                wanted = layout.own_formats(reader) if own else layout.targets(reader)
                if not known["ok"] or kind not in wanted or (own and writer != reader):
                    continue
                target = layout.result(reader, name, kind, known["digest"])
                found.setdefault(target, [name, kind, str(home / file), str(target)])
    return list(found.values())


def kind_of(file: str) -> str:
    """The format of a file, by its name."""
    return next(
        kind
        for kind in sorted(layout.FORMATS, key=len, reverse=True)
        if file.endswith(f"-{kind}{layout.SUFFIXES[kind]}")
    )


def _stage(stage: str, line: str, jobs: Sequence[Any]) -> None:
    """Runs jobs in one process; a job that the process dies on is noted as failed, and the rest goes on."""
    interpreter = python("core" if stage == "convert" else layout.engine(line).environment)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONWARNINGS": "ignore",
    }
    left = list(jobs)
    with tempfile.TemporaryDirectory() as scratch:
        listed, done = Path(scratch) / "jobs", Path(scratch) / "jobs.done"
        while left:
            listed.write_text(json.dumps(left))
            done.unlink(missing_ok=True)
            command = [str(interpreter), "-m", "conformance.training.worker", stage, line, str(listed)]
            said = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
            if said.returncode == 0:
                return
            if not done.exists() or stage != "read":
                raise SystemExit(f"{stage} {line}: exit {said.returncode}\n{said.stderr[-3000:]}")
            finished = len(done.read_text())
            target = Path(left[finished][3])
            words = f"the process died, exit status {said.returncode}: {said.stderr.strip()[-300:]}"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_json(target, {"ok": False, "error": words})
            left = left[finished + 1 :]
