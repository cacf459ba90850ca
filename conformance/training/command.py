"""`python -m conformance training`."""

from __future__ import annotations

import argparse
import sys
import time

from conformance.training import layout, matrix, stages
from conformance.training.cases import CASES, select
from conformance.training.page import write


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    training = commands.add_parser("training", help="the matrix of training that goes on: TRAINING.md")
    training.add_argument("--line", nargs="+", default=list(layout.LINES), choices=layout.LINES)
    training.add_argument("--cases", nargs="+", default=[], metavar="PATTERN", help="only these")
    training.add_argument("--report", action="store_true", help="write the page, of all lines' last results")
    training.add_argument("--compare", action="store_true", help="run nothing, compare the last results")
    training.add_argument("-v", "--verbose", action="store_true", help="name explained cells too")


def main(lines: list[str], patterns: list[str], report: bool, compare: bool, verbose: bool) -> int:
    """Exit status 1 if a cell failed."""
    start = time.perf_counter()
    chosen = select(patterns)
    if not compare:
        stages.run(lines, chosen)
    found = matrix.cells(lines, chosen)
    failed = 0
    for cell in found:
        ours = cell.source != "own"
        failed += ours and cell.verdict == "failed"
        if (ours and cell.verdict == "failed") or (verbose and cell.verdict in ("explained", "failed")):
            where = f"{cell.case}: {cell.kind} from {cell.source} of {cell.writer}, read by {cell.reader}"
            said = "; ".join(cell.warned)
            print(f"{cell.verdict.upper()} {where}: {cell.reason[:300]} [{cell.control[:120]}] {said[:200]}")
    verdicts = [cell.verdict for cell in found if cell.source != "own"]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
    print(f"{len(verdicts)} cells of kerasfmt: {counts}")
    if report:
        everything = list(CASES.values())
        print(f"wrote {write(everything, matrix.cells(layout.LINES, everything))}")
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 1 if failed else 0
