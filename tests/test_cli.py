"""The command: exit statuses, one line per error, and what it says it wrote."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from kerasfmt import cli
from kerasfmt.errors import InvalidModelError

DATA = Path(__file__).parent / "data" / "hdf5"
MLP = str(DATA / "tf_keras-2.21.0_mlp.h5")


def test_convert(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["convert", MLP, str(tmp_path / "out")]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path / 'out'}: 4 layers, 57 parameters, ")
    assert out.endswith(" s\n")
    assert err == ""
    assert (tmp_path / "out" / "saved_model.pb").is_file()


def test_convert_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    full, small = tmp_path / "full", tmp_path / "small"
    assert cli.main(["convert", MLP, str(full), "--quiet"]) == 0
    assert cli.main(["convert", MLP, str(small), "--quiet", "--no-traces", "--no-optimizer"]) == 0
    assert capsys.readouterr() == ("", "")
    sizes = [(path / "saved_model.pb").stat().st_size for path in (small, full)]
    assert sizes[0] < sizes[1]


def test_no_overwrite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["convert", MLP, str(tmp_path / "out"), "--no-overwrite"]
    assert cli.main(arguments) == 0
    monkeypatch.setattr("sys.stdin", None)
    assert cli.main(arguments) == 1
    assert "already exists" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["none.h5", "text.h5"])
@pytest.mark.parametrize("command", ["convert", "inspect"])
def test_errors_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, command: str
) -> None:
    (tmp_path / "text.h5").write_text("hello")
    target = [str(tmp_path / "out")] if command == "convert" else []
    assert cli.main([command, str(tmp_path / name), *target]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kerasfmt: ")
    assert err.count("\n") == 1
    assert name in err
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(tmp_path / "none"), "--debug"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("kerasfmt: ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "kerasfmt: internal error, please report it: KeyError: 'x' (--debug shows where)\n"),
        (InvalidModelError("a\nb"), "kerasfmt: a b\n"),
        (KeyboardInterrupt(), "kerasfmt: interrupted; nothing was changed\n"),
        (MemoryError(), "kerasfmt: MemoryError\n"),
    ],
)
def test_every_error_is_status_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("kerasfmt.api.load_model", fail)
    assert cli.main(["convert", "a", "b"]) == 1
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("arguments", [[], ["convert"], ["convert", "a", "b", "--to", "onnx"], ["dance"]])
def test_a_wrong_command_line_is_status_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: kerasfmt" in capsys.readouterr().err


HELP = [["--help"], ["convert", "--help"], ["inspect", "--help"], ["--version"]]


@pytest.mark.parametrize("arguments", HELP)
def test_help_teaches(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("kerasfmt 0.") if arguments == ["--version"] else "example" in out


@pytest.mark.parametrize("path", sorted(DATA.glob("*.h5")), ids=lambda path: path.stem)
def test_inspect(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    assert cli.main(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"{path}: Keras HDF5, " in out
    assert "Dense" in out
    assert "float32[3, 2]" in out or "float32[5, 2]" in out
    assert ("compiled: yes" in out) == path.stem.endswith("_mlp")


def test_inspect_of_another_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    assert cli.main(["inspect", str(tmp_path)]) == 1
    assert "SavedModel directories cannot be inspected yet" in capsys.readouterr().err


def test_progress_of_a_long_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(cli, "_LONG_WRITE", 0)
    monkeypatch.setattr("sys.stderr", screen)
    assert cli.main(["convert", MLP, str(tmp_path / "out")]) == 0
    assert "writing" in screen.getvalue()


def test_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "kerasfmt", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=True)
    assert done.stdout.startswith("kerasfmt ")
