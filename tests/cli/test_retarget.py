"""kerasfmt convert --target-tf."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from kerasfmt import cli
from kerasfmt.cli import status
from kerasfmt.cli.retarget import TARGETS
from kerasfmt.graphdef import older_line
from tests.formats.saved_model.test_retarget import saved


def test_it_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = saved(tmp_path), tmp_path / "old"
    assert cli.main(["convert", str(source), str(target), "--target-tf", "2.15"]) == 0
    out = capsys.readouterr().out
    assert f"{target}: for TensorFlow 2.15; 0 StableHLO modules written again" in out
    assert "MatMul.grad_a (" in out
    assert kerasfmt.verify(target).findings == ()


def test_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["convert", str(saved(tmp_path)), str(tmp_path / "old"), "--target-tf", "2.15", "--quiet"]
    assert cli.main(arguments) == 0
    assert capsys.readouterr().out == ""


def test_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kerasfmt.save_model(kerasfmt.load_model(saved(tmp_path)), tmp_path / "m.h5")
    assert (
        cli.main(["convert", str(tmp_path / "m.h5"), str(tmp_path / "old"), "--target-tf", "2.15"])
        == status.FAILED
    )
    assert "turns a SavedModel into a SavedModel" in capsys.readouterr().err


def test_strict_allows_no_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = saved(tmp_path), tmp_path / "old"
    (source / "assets.extra").mkdir()
    (source / "assets.extra" / "requests").write_text("warm")
    arguments = ["convert", str(source), str(target), "--target-tf", "2.15", "--strict"]
    assert cli.main(arguments) == status.FAILED
    assert "assets.extra" in (said := capsys.readouterr().err)
    assert "1 warning, and --strict allows none; nothing was written" in said
    assert not target.exists()
    assert cli.main(arguments[:-1]) == status.DONE
    assert target.exists()


def test_a_target_that_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = saved(tmp_path)
    (tmp_path / "old").write_text("mine")
    assert cli.main(["convert", str(source), str(tmp_path / "old"), "--target-tf", "2.15"]) == status.FAILED
    assert (tmp_path / "old").read_text() == "mine"
    assert "old" in capsys.readouterr().err


def test_the_targets_are_those_of_the_graphs() -> None:
    assert tuple(older_line.TARGETS) == TARGETS
