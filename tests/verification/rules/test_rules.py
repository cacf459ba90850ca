"""The rules as a whole: each has a code of its own, which stays, and a file that breaks it."""

from __future__ import annotations

import re

from kerasfmt.verification.rules import GROUPS, RULES
from tests.verification.rules import (
    test_behaviour,
    test_consistency,
    test_integrity,
    test_reading,
    test_unsafe,
)

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


PUBLISHED = {
    "KF001": "unreadable",
    "KF002": "unknown-format",
    "KF003": "beyond-limits",
    "KF004": "not-compared",
    "KF005": "check-failed",
    "KF101": "damaged",
    "KF102": "tensor-checksum",
    "KF103": "missing-bytes",
    "KF104": "unclaimed-bytes",
    "KF105": "shared-bytes",
    "KF106": "member-checksum",
    "KF107": "headers-disagree",
    "KF108": "unreadable-dataset",
    "KF109": "fingerprint",
    "KF201": "object-graph",
    "KF202": "value-missing",
    "KF203": "value-left-over",
    "KF204": "value-disagrees",
    "KF205": "unknown-op",
    "KF206": "attribute",
    "KF207": "dangling-input",
    "KF208": "operands",
    "KF209": "function-missing",
    "KF210": "recursion",
    "KF211": "named-twice",
    "KF212": "signature",
    "KF213": "concrete-function",
    "KF214": "asset-missing",
    "KF215": "metadata",
    "KF216": "metadata-missing",
    "KF217": "weights",
    "KF301": "python-op",
    "KF302": "reading-op",
    "KF303": "writing-op",
    "KF304": "checkpoint-op",
    "KF305": "network-op",
    "KF306": "cluster-op",
    "KF307": "debug-op",
    "KF308": "native-op",
    "KF309": "abort-op",
    "KF310": "custom-call",
    "KF311": "foreign-op",
    "KF312": "path-in-graph",
    "KF313": "telling-name",
    "KF314": "program-in-graph",
    "KF315": "long-string",
    "KF320": "lambda-code",
    "KF321": "pickle-in-config",
    "KF322": "dangerous-name",
    "KF323": "custom-object",
    "KF324": "path-in-config",
    "KF325": "path-of-asset",
    "KF330": "link",
    "KF331": "unexpected-file",
    "KF332": "program",
    "KF333": "pickle",
    "KF334": "archive-inside",
    "KF335": "path-outside",
    "KF336": "control-characters",
    "KF337": "bomb",
    "KF338": "member-twice",
    "KF339": "bytes-between",
    "KF340": "special-file",
    "KF350": "hdf5-link",
    "KF351": "hdf5-external-link",
    "KF352": "hdf5-external-storage",
    "KF353": "hdf5-virtual-dataset",
    "KF354": "hdf5-filter",
    "KF355": "hdf5-no-numbers",
    "KF401": "not-run",
    "KF402": "not-finite",
    "KF403": "different-outputs",
}
"""The codes that were published. A code is never given to another rule; that of a rule that is gone stays here."""


def test_codes_stay() -> None:
    current = {rule.code: rule.name for rule in RULES}
    assert current.items() <= PUBLISHED.items()
