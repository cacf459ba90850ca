"""kerasfmt verify: what it prints, and its status."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kerasfmt import cli
from kerasfmt.cli import status
from tests.verification.making import beside, saved, with_node


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    status = cli.main(["verify", *map(str, arguments)])
    return status, capsys.readouterr().out


def test_a_healthy_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, saved(tmp_path))
    assert status == 0
    assert "0 errors, 0 warnings, 0 notes; checked" in out


def test_an_unsafe_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, with_node("ReadFile")(tmp_path))
    assert status == 1
    assert "KF302 error: saved_model.pb: node added: is of the op ReadFile" in out


@pytest.mark.parametrize(("threshold", "status"), [("error", 0), ("warning", 1), ("note", 1), ("never", 0)])
def test_a_threshold(tmp_path: Path, capsys: pytest.CaptureFixture[str], threshold: str, status: int) -> None:
    directory = beside("notes.txt", b"x")(tmp_path)
    assert run(capsys, directory, "--fail-on", threshold)[0] == status


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out = run(capsys, tmp_path / "nothing")
    assert status == 1
    assert "KF001 error" in out


def test_json_and_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = beside("a\x1b[2Jb", b"x")(tmp_path)
    status, out = run(capsys, directory, "--json")
    assert (status, json.loads(out)["schema_version"]) == (0, 1)
    assert "\x1b" not in out
    status, out = run(capsys, directory, "--sarif")
    assert json.loads(out)["version"] == "2.1.0"
    assert "\x1b" not in out


def test_names_do_not_command_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, beside("a\x1b[2Jb", b"x")(tmp_path))[1]
    assert "\x1b" not in out
    assert r"a\x1b[2Jb" in out


def test_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = saved(tmp_path)
    np.savez(tmp_path / "x.npz", dense_input=np.ones((2, 3), np.float32))
    assert run(capsys, directory, "--inputs", tmp_path / "x.npz", "--against", directory)[0] == 0
    np.savez(tmp_path / "x.npz", dense_input=np.full((2, 3), np.nan, np.float32))
    status, out = run(capsys, directory, "--inputs", tmp_path / "x.npz")
    assert status == 1
    assert "KF402" in out


@pytest.mark.parametrize("content", [None, b"x", b""])
def test_inputs_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "x.npz").write_bytes(content)
    assert cli.main(["verify", str(saved(tmp_path)), "--inputs", str(tmp_path / "x.npz")]) == status.FAILED
    assert "x.npz: expected an .npz archive" in capsys.readouterr().err


def test_help_states_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["verify", "--help"])
    assert "verify: it found something" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["-1", "nan", "x"])
def test_a_tolerance_is_at_least_zero(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["verify", "model.h5", "--tolerance", wrong])
    assert caught.value.code == 2
    assert "--tolerance" in capsys.readouterr().err
