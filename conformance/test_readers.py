"""Every case, converted by kerasfmt, passes the checks of every reader of every TensorFlow line.

An ordinary run takes, on each line, all whole models, the first configuration of every layer, and an eighth of
the others, another eighth on each line. The marker `sweep` selects the rest; `python -m conformance run` takes all.
"""

from __future__ import annotations

from itertools import groupby

import pytest

from conformance import run
from conformance.artefacts import LINES, checks
from conformance.case import Case
from conformance.cases import CASES


def items(lines: list[str], fast: bool) -> list[tuple[str, Case, str]]:
    """(line, case, check) of every test."""
    return [
        (line, case, check)
        for line in lines
        for case in CASES.values()
        if not (fast and case.slow)
        for check in checks(line, case)
    ]


TURN = {
    case.name: turn
    for cases in groupby(CASES.values(), key=lambda case: case.about)
    for turn, case in enumerate(cases[1])
}
"""The position of a case among those of its layer."""


def chosen(line: str, case: Case) -> bool:
    """Whether an ordinary run takes the case on this line: other ones of a layer on each, about as many."""
    turn = TURN[case.name]
    return case.about == "model" or turn == 0 or turn % 8 == 6 + LINES.index(line)


def test_case(stages: None, line: str, case: Case, check: str) -> None:
    results = run.results(line, case)
    if "build" in results:
        pytest.fail(f"TensorFlow could not build the case: {results['build']['detail']}", pytrace=False)
    if check not in results:
        pytest.fail("not run, for the conversion failed", pytrace=False)
    if not results[check]["ok"]:
        where = str(results[check].get("traceback", ""))
        pytest.fail(f"{results[check]['detail']}\n{where}", pytrace=False)
