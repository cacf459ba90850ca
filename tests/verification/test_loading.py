"""Config and weights against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasfmt.verification.finding import Findings
from kerasfmt.verification.loading import check_loading
from kerasfmt.verification.rules import consistency, integrity, reading, unsafe
from kerasfmt.verification.verify import verify
from tests.verification.making import archive, hdf5, with_config
from tests.verification.rules.test_consistency import CASES


def found_in(path: Path, *known: object) -> set[str]:
    findings = Findings(path)
    for rule in known:
        findings.add(rule, "known")  # type: ignore[arg-type]
    check_loading(findings, path, 100)
    return {found.rule.code for found in findings.report("").findings}


def test_models_that_load(tmp_path: Path) -> None:
    assert found_in(archive(tmp_path)) == set()
    assert found_in(hdf5(tmp_path)) == set()


def test_weights_of_another_shape(tmp_path: Path) -> None:
    assert found_in(CASES[consistency.WEIGHTS](tmp_path)) == {consistency.WEIGHTS.code}


def test_a_function_of_the_users_own_is_no_error(tmp_path: Path) -> None:
    def named(layer: dict[str, Any]) -> None:
        function = {"module": "__main__", "class_name": "function", "config": "mine"}
        layer.update(class_name="Lambda", config={"name": "dense", "function": function})

    report = verify(with_config(named)(tmp_path))
    assert {found.rule for found in report.findings} == {unsafe.CUSTOM_OBJECT, reading.NOT_COMPARED}


def test_a_reader_that_refuses_what_is_known_says_nothing_new(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    path.write_bytes(hdf5(tmp_path).read_bytes()[:700])
    assert found_in(path) == {integrity.DAMAGED.code}
    assert found_in(path, integrity.CHECKSUM) == {integrity.CHECKSUM.code}
