"""Severities have an order."""

from __future__ import annotations

from kerasfmt.verification.rule import Severity


def test_an_error_is_the_worst() -> None:
    assert sorted(Severity, key=lambda each: each.rank) == [Severity.ERROR, Severity.WARNING, Severity.NOTE]
