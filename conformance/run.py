"""Runs the stages of conformance for one line, each in a process of its own environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from conformance.artefacts import cache_key, directory, read_json, write_json
from conformance.case import Case
from conformance.environments import ROOT, python


def stage(name: str, line: str, cases: Iterable[Case], whose: str = "ours") -> dict[str, str]:
    """Runs one stage; a case on which the process dies is put aside and the rest goes on.

    Returns:
      For each case that the process died on: its last words.
    """
    left = [case.name for case in cases]
    interpreter = python("core" if name == "convert" else line)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "PYTHONWARNINGS": "ignore",
    }
    died: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        while left:
            listed = Path(scratch) / "cases"
            done = Path(scratch) / "cases.done"
            listed.write_text(json.dumps(left))
            done.unlink(missing_ok=True)
            command = [str(interpreter), "-m", "conformance.worker", name, line, str(listed), whose]
            result = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
            finished = (
                [entry.rsplit(" ", 1)[0] for entry in done.read_text().splitlines()] if done.exists() else []
            )
            if result.returncode == 0:
                break
            if not finished and len(left) > 1 and not done.exists():
                raise SystemExit(
                    f"stage {name}, line {line}: exit {result.returncode}\n{result.stderr[-3000:]}"
                )
            left = left[len(finished) :]
            died[left[0]] = f"{name}: exit status {result.returncode}: {result.stderr.strip()[-1500:]}"
            left = left[1:]
    return died


def run(line: str, cases: list[Case], whose: str = "ours", say: bool = True) -> None:
    """Builds what is not cached, converts, reads; the results lie in the cases' directories."""
    start = time.perf_counter()

    def done(what: str) -> None:
        if say:
            print(f"[{line}] {what}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)

    def built(case: Case) -> bool:
        return bool(read_json(directory(line, case) / "expected.json").get("key") == cache_key(case))

    stale = [case for case in cases if not built(case)]
    for name, words in (stage("build", line, stale) if stale else {}).items():
        _died(line, name, "build", words)
    done(f"built {len(stale)} of {len(cases)} cases")
    usable = [case for case in cases if built(case)]
    if whose == "ours":
        for name, words in stage("convert", line, usable).items():
            _died(line, name, "convert", words)
        done("converted")
        usable = [c for c in usable if results(line, c).get("convert", {}).get("ok")]
    else:
        for case in usable:
            (directory(line, case) / f"{whose}.json").unlink(missing_ok=True)
        for name, words in stage("convert", line, usable, whose).items():
            _died(line, name, "twin", words, whose)
        done("read by kerasfmt")
    for name, words in stage("read", line, usable, whose).items():
        _died(line, name, "read", words, whose)
    done("read")


def _died(line: str, name: str, check: str, words: str, whose: str = "ours") -> None:
    from conformance.cases import CASES

    path = directory(line, CASES[name]) / ("results.json" if whose == "ours" else f"{whose}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {**read_json(path), check: {"ok": False, "detail": words}})


def results(line: str, case: Case, whose: str = "ours") -> dict[str, dict[str, object]]:
    """check -> {"ok", "detail"} of the last run."""
    found: dict[str, dict[str, object]] = read_json(
        directory(line, case) / ("results.json" if whose == "ours" else f"{whose}.json")
    )
    return found
