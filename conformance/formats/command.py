"""`python -m conformance formats`."""

from __future__ import annotations

import argparse
import sys
import time

from conformance.formats import explained, layout, matrix, stages
from conformance.formats.page import write


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    formats = commands.add_parser("formats", help="the matrix of writers, readers and formats: FORMATS.md")
    formats.add_argument("--cases", nargs="+", default=[], metavar="PATTERN", help="only these")
    formats.add_argument("--page", action="store_true", help="write the page of --cases too")
    formats.add_argument("--jobs", type=int, default=2, help="processes at a time")
    formats.add_argument("--fast", action="store_true", help="leave out the models of keras.applications")
    formats.add_argument("-v", "--verbose", action="store_true", help="name the limits too")


def main(cases: list[str], page: bool, jobs: int, fast: bool, verbose: bool) -> int:
    """Exit status 1 if a cell failed, or an explanation explains none."""
    start = time.perf_counter()
    chosen = layout.chosen(cases, slow=not fast)
    stages.run(chosen, list(layout.ENGINES), jobs)
    found = matrix.cells(chosen, list(layout.ENGINES))
    failed = [cell for cell in found if cell.verdict == "failed"]
    for cell in found:
        if cell.verdict == "failed" or (verbose and cell.verdict == "limit"):
            where = f"{cell.case}, {cell.source}-{cell.kind} of {cell.writer}, read by {cell.reader}"
            print(f"{cell.verdict.upper()} {where}: {cell.reason}")
    stale = explained.unneeded([case.name for case in chosen], [cell.known for cell in found])
    for known in stale:
        print(f"STALE explanation of {', '.join(known.cases)}: {known.why}")
    print(
        f"{len(found) - len(failed)} of {len(found)} cells passed, are a limit of the reader, or are explained"
    )
    if page or not cases:
        print(f"wrote {write(chosen, found)}")
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 1 if failed or stale else 0
