"""The collection of findings, and the report."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import kerasfmt
from kerasfmt.errors import CorruptFileError, InvalidModelError, SystemFaultError, UnsafeFileError
from kerasfmt.verification import finding
from kerasfmt.verification.finding import MAX_PER_RULE, Findings, rule_for
from kerasfmt.verification.rule import Severity
from kerasfmt.verification.rules import consistency, integrity, reading, unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import saved
from tests.verification.rules.test_unsafe import CASES

SCHEMA = json.loads((Path(finding.__file__).with_name("report.schema.json")).read_text())


def test_findings_are_ordered_and_counted() -> None:
    findings = Findings(Path("model"))
    findings.add(reading.NOT_COMPARED, "c")
    findings.add(unsafe.UNEXPECTED_FILE, "b", "x")
    findings.add(integrity.DAMAGED, "a", "y", "z")
    findings.add(integrity.DAMAGED, "a", "y", "z")
    report = findings.report("a file")
    assert [str(each) for each in report.findings] == [
        "KF101 error: y: z: a",
        "KF331 warning: x: b",
        "KF004 note: c",
    ]
    assert {severity: report.count(severity) for severity in Severity} == dict.fromkeys(Severity, 1)
    assert report.fails()
    assert "1 error, 1 warning, 1 note" in str(report)


def test_a_threshold() -> None:
    findings = Findings(Path("model"))
    assert not findings.report("").fails(Severity.NOTE)
    findings.add(unsafe.UNEXPECTED_FILE, "b")
    report = findings.report("")
    assert [report.fails(severity) for severity in Severity] == [False, True, True]


def test_many_findings_of_a_rule_are_counted_only() -> None:
    findings = Findings(Path("model"))
    for number in range(MAX_PER_RULE + 7):
        findings.add(integrity.DAMAGED, str(number))
    report = findings.report("")
    assert len(report.findings) == MAX_PER_RULE
    assert report.left_out == {"KF101": 7}
    assert report.count(Severity.ERROR) == MAX_PER_RULE + 7
    assert "and 7 more" in str(report)


def test_texts_are_safe_to_print_and_short() -> None:
    findings = Findings(Path("model"))
    findings.add(integrity.DAMAGED, "\x1b[2J" + "x" * 10_000, "\u202e", "a\nb")
    (found,) = findings.report("").findings
    assert str(found).isprintable()
    assert len(found.message) < 600


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (CorruptFileError("x"), integrity.DAMAGED),
        (UnsafeFileError("x"), reading.BEYOND_LIMITS),
        (InvalidModelError("x"), consistency.WEIGHTS),
        (SystemFaultError("x"), reading.UNREADABLE),
        (MemoryError(), reading.BEYOND_LIMITS),
        (OSError("x"), reading.UNREADABLE),
    ],
)
def test_errors_of_readers_are_findings(error: Exception, rule: object) -> None:
    findings = Findings(Path("model"))
    with findings.attempt("file"):
        raise error
    assert rule_for(error, {}) is rule
    assert [found.rule for found in findings.report("").findings] == [rule]


def test_a_message_does_not_repeat_the_path() -> None:
    findings = Findings(Path("some/model"))
    with findings.attempt():
        raise CorruptFileError("some/model: cut short")
    assert findings.report("").findings[0].message == "cut short"


def test_the_json_has_the_form_of_the_schema(tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for number, make in enumerate((CASES[unsafe.PYTHON_OP], CASES[unsafe.CONTROL_CHARACTERS], saved)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = json.loads(json.dumps(verify(make(folder)).to_json()))
        jsonschema.validate(found, SCHEMA)
        assert found["schema_version"] == finding.SCHEMA_VERSION
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**found, "more": 1}, SCHEMA)


def test_the_report_is_public() -> None:
    assert kerasfmt.Report is finding.Report
    assert kerasfmt.Severity is Severity
