"""The attacks, each in its short form: nothing is found."""

from __future__ import annotations

import os

import pytest

from conformance.attack.command import ATTACKS, page
from conformance.attack.result import Result

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="attackers and victims are forked")


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_found(name: str) -> None:
    found = list(ATTACKS[name](False))
    assert [finding for result in found for finding in result.findings] == []
    assert all(result.trials for result in found)


def test_the_page_counts_and_names_findings() -> None:
    text = page([Result("kills: a", 1000), Result("races: b", 2, ("half", "gone"))], False, 60)
    assert "1,002 trials in 1 minutes." in text
    assert "| kills: a | 1,000 | 0 |" in text
    assert text.endswith("- races: b: half\n- races: b: gone\n")
