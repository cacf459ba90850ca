"""RULES.md is what the rules say, and README links to it."""

from __future__ import annotations

from pathlib import Path

from kerasfmt.verification.page import page
from kerasfmt.verification.rules import RULES

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    text = (ROOT / "RULES.md").read_text(encoding="utf-8")
    assert text == page(), "python tools/make_rules_page.py"
    assert all(f"| {rule.code} |" in text for rule in RULES)


def test_the_page_is_linked() -> None:
    assert "](RULES.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](RULES.md)" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
