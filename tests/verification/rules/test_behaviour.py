"""Rules about outputs: a file for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import behaviour
from kerasfmt.verification.verify import verify
from tests.verification.making import rules_of, saved, small

X = {"dense_input": np.ones((1, 3), np.float32)}


def _with_kernel(folder: Path, value: float) -> Path:
    model = small()
    model.weights[0].value = np.full((3, 2), value, np.float32)
    kerasfmt.save_model(model, folder / "other.keras")
    return folder / "other.keras"


CASES: dict[Rule, object] = {
    behaviour.NOT_RUN: {"a": np.ones(1), "b": np.ones(1)},
    behaviour.NOT_FINITE: np.nan,
    behaviour.DIFFERENT: 2.0,
}


def test_inputs_that_it_does_not_take(tmp_path: Path) -> None:
    found = rules_of(verify(saved(tmp_path), inputs=CASES[behaviour.NOT_RUN]))  # type: ignore[arg-type]
    assert found == {behaviour.NOT_RUN}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_no_numbers(tmp_path: Path, value: float) -> None:
    found = rules_of(verify(_with_kernel(tmp_path, value), inputs=X))
    assert found == {behaviour.NOT_FINITE}


def test_another_model(tmp_path: Path) -> None:
    other = _with_kernel(tmp_path, 2.0)
    assert rules_of(verify(saved(tmp_path), inputs=X, against=other)) == {behaviour.DIFFERENT}


def test_the_same_model(tmp_path: Path) -> None:
    directory = saved(tmp_path)
    kerasfmt.save_model(small(), tmp_path / "same.h5")
    report = verify(directory, against=tmp_path / "same.h5")
    assert report.findings == ()
    assert report.checked["outputs"] == 1
