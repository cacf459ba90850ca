"""Every case, converted by kerasfmt, is what it should be to every reader of every TensorFlow line."""

from __future__ import annotations

import pytest

from conformance import run
from conformance.artefacts import checks
from conformance.cases import CASES, Case


def items(lines: list[str], fast: bool) -> list[tuple[str, Case, str]]:
    """(line, case, check) of every test."""
    return [
        (line, case, check)
        for line in lines
        for case in CASES.values()
        if not (fast and case.slow)
        for check in checks(case)
    ]


def test_case(stages: None, line: str, case: Case, check: str) -> None:
    results = run.results(line, case)
    if "build" in results:
        pytest.fail(f"TensorFlow could not build the case: {results['build']['detail']}", pytrace=False)
    if check not in results:
        pytest.fail("not run, for the conversion failed", pytrace=False)
    if not results[check]["ok"]:
        where = str(results[check].get("traceback", ""))
        pytest.fail(f"{results[check]['detail']}\n{where}", pytrace=False)
