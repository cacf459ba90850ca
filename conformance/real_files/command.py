"""`python -m conformance real_files`."""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from conformance.environments import ROOT, python
from conformance.real_files.fetch import HOME, members
from conformance.real_files.files import PACKAGES, Package
from conformance.real_files.worker import FORMATS, READ, TODAY, writer_line

Job = tuple[int, str, str, int]
_LINES = sorted({line for _, line in FORMATS.values()})


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    files = commands.add_parser("real_files", help="files that others published: REAL_FILES.md")
    files.add_argument("names", nargs="*", metavar="PACKAGE", help="only these, by patterns")
    files.add_argument("--again", action="store_true", help="run kerasfmt and the readers of its files anew")
    files.add_argument("--report", action="store_true", help="write the page, of all last results")


def main(names: Sequence[str], again: bool, report: bool) -> int:
    """Exit status 1 if a file that its Keras loads fails, and not by name."""
    from conformance.real_files import page

    chosen = [package for package in PACKAGES if not names or _matches(package, names)]
    run(chosen, again)
    rows = page.rows(chosen)
    for row in rows:
        if row.verdict == "failed":
            print(f"FAILED {row.package.name} {row.member}: {row.said}")
    print(page.summary(rows))
    if report:
        print(f"wrote {page.write(page.rows(PACKAGES))}")
    return 1 if any(row.verdict == "failed" for row in rows) else 0


def _matches(package: Package, names: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(package.name, f"{name}*") for name in names)


def jobs(packages: Sequence[Package]) -> list[Job]:
    """Number of the package, path, directory of the results and place in its package of every file."""
    HOME.mkdir(parents=True, exist_ok=True)
    found: list[Job] = []
    for package in packages:
        for place, path in enumerate(members(package)):
            member = str(path.relative_to(HOME / "packages" / package.name)).replace("/", "+")
            directory = HOME / "results" / f"{package.name}+{member}"
            found.append((PACKAGES.index(package), str(path), str(directory), place))
    return found


def run(packages: Sequence[Package], again: bool = False) -> None:
    """Runs the stages; what comes of them stays below HOME."""
    listed = jobs(packages)
    if again:
        for _, _, directory, _ in listed:
            for stage in ("ours", "read"):
                for old in Path(directory).glob(f"{stage}-*.json"):
                    old.unlink()
    for line in ("2.12", *_LINES):
        _stage("theirs", line, [job for job in listed if writer_line(Path(job[1])) == line])
    _stage("ours", "core", listed)
    _stage("also", TODAY, [job for job in listed if writer_line(Path(job[1])) != TODAY])
    for line in _LINES:
        _stage("read", line, [job for job in listed if job[3] < READ])
    for _, _, directory, _ in listed:
        for name, _ in FORMATS.values():
            shutil.rmtree(Path(directory) / name, ignore_errors=True)


def _stage(stage: str, line: str, listed: Sequence[Job]) -> None:
    left = [job for job in listed if not Path(job[2], f"{stage}-{line}.json").exists()]
    if not left:
        return
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_USE_LEGACY_KERAS": "0",
    }
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "jobs"
        path.write_text(json.dumps(left))
        command = [str(python(line)), "-m", "conformance.real_files.worker", stage, line, str(path)]
        said = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if said.returncode:
        print(f"{stage} {line}: exit {said.returncode}", file=sys.stderr)
