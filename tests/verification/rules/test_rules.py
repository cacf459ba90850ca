"""The rules as a whole: each has a code of its own and a file that breaks it, and RULES.md lists it."""

from __future__ import annotations

import re
from pathlib import Path

from kerasfmt.verification.rules import GROUPS, RULES
from tests.verification.rules import (
    test_behaviour,
    test_consistency,
    test_integrity,
    test_reading,
    test_unsafe,
)

ROOT = Path(__file__).parents[3]
TESTS = (test_reading, test_integrity, test_consistency, test_unsafe, test_behaviour)


def test_every_rule_has_a_file_that_breaks_it() -> None:
    cases = {rule for module in TESTS for rule in module.CASES}
    assert [rule for rule in RULES if rule not in cases] == []


def test_codes_and_names_are_distinct_and_ordered() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"KF\d{3}", code) for code in codes)
    assert len({rule.name for rule in RULES}) == len(RULES)
    for number, group in enumerate(GROUPS):
        assert {code[2] for code in codes if code in str(vars(group))} == {str(number)}


def test_a_rule_says_one_sentence_and_what_to_do() -> None:
    for rule in RULES:
        assert rule.title.endswith((".", ").")), rule.code
        assert rule.help.endswith("."), rule.code


def test_codes_stay() -> None:
    """A code that was published is never given to another rule; a rule that is gone leaves a hole."""
    known = dict(re.findall(r"^\| (KF\d+) \| ([\w-]+) \|", (ROOT / "RULES.md").read_text(), re.MULTILINE))
    assert known == {rule.code: rule.name for rule in RULES}
