"""Every case, converted by kerasfmt, passes the checks of every reader of every TensorFlow line.

An ordinary run takes every whole model and the first configuration of every layer, each on one of the lines, and an
eighth of the others, half of it on each line. Few models are taken on every line. The marker `sweep` selects the rest;
`python -m conformance run` takes all.
"""

from __future__ import annotations

from itertools import cycle, groupby
from typing import Final

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


EVERYWHERE: Final = frozenset({"seed", "mlp_adam", "translator", "sentiment", "forecast", "tabular"})
"""The models that an ordinary run takes on every line."""


_SHARE: Final = 8
"""One of so many configurations is taken."""


def _lines() -> dict[str, str]:
    """The line on which an ordinary run takes a case, of those that it takes on one."""
    always, others = [], []
    for about, cases in groupby(CASES.values(), key=lambda case: case.about):
        names = [case.name for case in cases]
        count = len(names) if about == "model" else 1
        always += names[:count]
        others += names[count:]
    return dict(zip([*always, *others[::_SHARE]], cycle(LINES), strict=False))


ONCE: Final = _lines()


def chosen(line: str, case: Case) -> bool:
    """Whether an ordinary run takes the case on this line."""
    return case.name in EVERYWHERE or ONCE.get(case.name) == line


def test_case(stages: None, line: str, case: Case, check: str) -> None:
    results = run.results(line, case)
    if "build" in results:
        pytest.fail(f"TensorFlow could not build the case: {results['build']['detail']}", pytrace=False)
    if check not in results:
        pytest.fail("not run, for the conversion failed", pytrace=False)
    if not results[check]["ok"]:
        where = str(results[check].get("traceback", ""))
        pytest.fail(f"{results[check]['detail']}\n{where}", pytrace=False)
