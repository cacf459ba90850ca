"""Rules about files that were not checked: a file for each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kerasfmt.verification import archive as archive_checks
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import reading
from kerasfmt.verification.verify import verify
from tests.verification.making import Make, archive, check_case, rules_of, with_config


def _nested(folder: Path) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        members["config.json"] = b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}"

    return archive(folder, edit)


def _unknown_class(layer: dict[str, object]) -> None:
    layer["class_name"] = "MyDense"


def _text(folder: Path) -> Path:
    path = folder / "model.onnx"
    path.write_text("not a model")
    return path


CASES: dict[Rule, Make] = {
    reading.UNREADABLE: lambda folder: folder / "nothing",
    reading.UNKNOWN_FORMAT: _text,
    reading.BEYOND_LIMITS: _nested,
    reading.NOT_COMPARED: with_config(_unknown_class),
    reading.CHECK_FAILED: archive,
}


@pytest.mark.parametrize("rule", [rule for rule in CASES if rule is not reading.CHECK_FAILED], ids=str)
def test_a_file_for_the_rule(rule: Rule, tmp_path: Path) -> None:
    check_case(rule, CASES[rule], tmp_path)


def test_a_check_that_fails_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(archive_checks, "check_config", fails)
    report = verify(CASES[reading.CHECK_FAILED](tmp_path))
    assert reading.CHECK_FAILED in rules_of(report)
    assert report.fails()


@pytest.mark.parametrize("content", ["", "{", json.dumps({"weight_map": 3})], ids=["none", "cut", "wrong"])
def test_a_file_of_no_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "model.weights.json"
    path.write_text(content)
    assert verify(path).fails()


def test_a_directory_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    assert rules_of(verify(tmp_path)) == {reading.UNKNOWN_FORMAT}


def test_a_saved_model_as_text(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pbtxt").write_text("saved_model_schema_version: 1")
    assert reading.UNKNOWN_FORMAT in rules_of(verify(tmp_path))


def test_what_kerasfmt_reads_has_no_findings(tmp_path: Path) -> None:
    assert verify(archive(tmp_path)).findings == ()
