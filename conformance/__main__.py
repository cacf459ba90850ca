"""Conformance with real TensorFlow.

python -m conformance run [--line 2.15] [--cases 'Dense*' seed] [--whose theirs]
python -m conformance list
python -m conformance coverage
python -m conformance layers
python -m conformance formats
python -m conformance keras3_versions
python -m conformance training [--line tf_keras] [--cases 'Adam*'] [--report]
python -m conformance attack [--long] [NAME ...] [--report]
python -m conformance real_files [PACKAGE ...] [--report]
python -m conformance digests [--write TABLE | --against TABLE]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance import run as running
from conformance.artefacts import LINES, checks, readers
from conformance.attack import command as attack
from conformance.cases import CASES, select
from conformance.formats import command as formats
from conformance.real_files import command as real_files
from conformance.training import command as training


def main(argv: list[str] | None = None) -> int:
    """Exit status 1 if a check failed."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="build, convert and read cases, then say what failed")
    run.add_argument("--line", "--lines", nargs="+", default=list(LINES), choices=LINES)
    run.add_argument("--cases", nargs="+", default=[], metavar="PATTERN")
    run.add_argument("--fast", action="store_true", help="leave out the models of keras.applications")
    run.add_argument("--whose", default="ours", choices=("ours", "theirs"), help="theirs: check the checks")
    run.add_argument("-v", "--verbose", action="store_true", help="with tracebacks")
    commands.add_parser("list", help="name the cases")
    commands.add_parser("coverage", help="write conformance/COVERAGE.md from the last results")
    commands.add_parser("layers", help="write conformance/LAYERS.md: the layer classes of every Keras")
    formats.add(commands)
    training.add(commands)
    attack.add(commands)
    real_files.add(commands)
    pin = commands.add_parser("digests", help="digests of what kerasfmt writes, to hold a change against")
    pin.add_argument("--line", default=LINES[0], choices=LINES)
    pin.add_argument("--cases", nargs="+", default=[], metavar="PATTERN")
    pin.add_argument("--write", type=Path, metavar="TABLE", help="write the table")
    pin.add_argument("--against", type=Path, metavar="TABLE", help="say what differs from that table")
    pin.add_argument("--words", action="store_true", help="the texts of errors count too")
    options = parser.parse_args(argv)
    if options.command in ("formats", "keras3_versions"):
        given = (options.cases, options.page, options.jobs, options.fast, options.verbose)
        return formats.main(options.command, *given)
    if options.command == "training":
        return training.main(options.line, options.cases, options.report, options.compare, options.verbose)
    if options.command == "attack":
        return attack.main(options.names, options.long, options.report)
    if options.command == "real_files":
        return real_files.main(options.names, options.again, options.report)
    if options.command == "digests":
        from conformance import digests

        cases = select(options.cases)
        return digests.main(options.line, cases, options.write, options.against, options.words)
    if options.command == "list":
        print(*CASES, sep="\n")
        return 0
    if options.command == "coverage":
        from conformance import coverage

        coverage.write()
        return 0
    if options.command == "layers":
        from conformance import keras_layers

        keras_layers.write()
        return 0
    cases = [case for case in select(options.cases) if not (options.fast and case.slow)]
    failed = checked = 0
    for line in options.line:
        running.run(line, cases, options.whose)
        for case in cases:
            found = running.results(line, case, options.whose)
            wanted = checks(line, case) if options.whose == "ours" else [*readers(case), "twin"]
            for check in {**found, **dict.fromkeys(wanted)}:
                checked += 1
                result = found.get(check, {"ok": False, "detail": "not run"})
                if not result["ok"]:
                    failed += 1
                    print(f"FAILED [{line}] {case.name} {check}: {result['detail']}")
                    if options.verbose:
                        print(result.get("traceback", ""))
    print(f"{checked - failed} of {checked} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
