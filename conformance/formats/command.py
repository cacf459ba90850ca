"""`python -m conformance formats` and `python -m conformance keras3_versions`."""

from __future__ import annotations

import argparse
import sys
import time

from conformance.formats import explained, layout, matrix, minors_page, page, stages
from conformance.formats.layout import FORMATS_MATRIX, MINORS_MATRIX

_COMMANDS = {
    "formats": (FORMATS_MATRIX, page.write, "the matrix of writers, readers and formats: FORMATS.md"),
    "keras3_versions": (
        MINORS_MATRIX,
        minors_page.write,
        "every minor version of Keras 3 as a writer and a reader: KERAS3_VERSIONS.md",
    ),
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the commands and their options."""
    for name, (_, _, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("--cases", nargs="+", default=[], metavar="PATTERN", help="only these")
        command.add_argument("--page", action="store_true", help="write the page of --cases too")
        command.add_argument("--jobs", type=int, default=2, help="processes at a time")
        command.add_argument("--fast", action="store_true", help="leave out the models of keras.applications")
        command.add_argument("-v", "--verbose", action="store_true", help="name the limits too")


def main(command: str, cases: list[str], with_page: bool, jobs: int, fast: bool, verbose: bool) -> int:
    """Exit status 1 if a cell failed, or an explanation explains none."""
    start = time.perf_counter()
    what, write, _ = _COMMANDS[command]
    chosen = layout.chosen(cases, slow=not fast and what is FORMATS_MATRIX)
    stages.run(chosen, what, jobs)
    found = matrix.cells(chosen, what)
    failed = [cell for cell in found if cell.verdict == "failed"]
    for cell in found:
        if cell.verdict == "failed" or (verbose and cell.verdict == "limit"):
            where = f"{cell.case}, {cell.source}-{cell.kind} of {cell.writer}, read by {cell.reader}"
            print(f"{cell.verdict.upper()} {where}: {cell.reason}")
    stale = explained.unneeded(what.explained, [case.name for case in chosen], [cell.known for cell in found])
    for known in stale:
        print(f"STALE explanation of {', '.join(known.cases)}: {known.why}")
    print(
        f"{len(found) - len(failed)} of {len(found)} cells passed, are a limit of the reader, or are explained"
    )
    if with_page or not cases:
        print(f"wrote {write(chosen, found)}")
    print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    return 1 if failed or stale else 0
