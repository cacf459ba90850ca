"""The command: exit statuses, one line per error, and help that teaches."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import kerasfmt
from kerasfmt import cli, limits
from kerasfmt.errors import InvalidModelError

DATA = Path(__file__).parents[1] / "data" / "hdf5"
MLP = str(DATA / "tf_keras-2.21.0_mlp.h5")


@pytest.mark.parametrize("name", ["none.h5", "text.h5"])
@pytest.mark.parametrize("command", ["convert", "inspect"])
def test_errors_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, command: str
) -> None:
    (tmp_path / "text.h5").write_text("hello")
    target = [str(tmp_path / "out")] if command == "convert" else []
    assert cli.main([command, str(tmp_path / name), *target]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kerasfmt: ")
    assert err.count("\n") == 1
    assert name in err
    assert not (tmp_path / "out").exists()


def test_debug_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", str(tmp_path / "none"), "--debug"]) == 3
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.splitlines()[-1].startswith("kerasfmt: ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "kerasfmt: internal error, please report it: KeyError: 'x' (--debug shows where)\n"),
        (InvalidModelError("a\nb"), "kerasfmt: a\\nb\n"),
        (OSError("a\n\x1bb"), "kerasfmt: a \\x1bb\n"),
        (KeyboardInterrupt(), "kerasfmt: interrupted; nothing was changed\n"),
        (MemoryError(), "kerasfmt: MemoryError\n"),
    ],
)
def test_every_error_is_status_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: BaseException, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("kerasfmt.api.load_model", fail)
    assert cli.main(["convert", "a", "b"]) == 3
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("arguments", [[], ["convert"], ["convert", "a", "b", "--to", "onnx"], ["dance"]])
def test_a_wrong_command_line_is_status_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: kerasfmt" in capsys.readouterr().err


HELP = [["--help"], ["convert", "--help"], ["inspect", "--help"], ["diff", "--help"], ["--version"]]


@pytest.mark.parametrize("arguments", HELP)
def test_help_teaches(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("kerasfmt 0.") if arguments == ["--version"] else "example" in out


def test_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "kerasfmt", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert done.stdout.startswith("kerasfmt ")


@pytest.mark.parametrize("arguments", [["inspect"], ["convert", "--quiet"]])
def test_what_a_file_may_cost_is_an_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(limits, "FLOOR", 0)
    target = [str(tmp_path / "m")] if arguments[0] == "convert" else []
    source = str(Path(__file__).parents[1] / "data" / "hdf5" / "keras-2.15.0_mlp.h5")
    assert cli.main([*arguments, source, *target, "--max-expansion", "0.5"]) == 3
    assert "read it with a higher max_expansion" in capsys.readouterr().err
    assert cli.main([*arguments, source, *target, "--max-expansion", "inf"]) == 0


README = Path(__file__).parents[2] / "README.md"
SECTION = README.read_text(encoding="utf-8").partition("## The command\n")[2].partition("\n## ")[0]


def said_in_the_readme() -> list[tuple[str, list[str]]]:
    """The commands in the README, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in SECTION.splitlines():
        if line.startswith("    $ kerasfmt "):
            found.append((line.removeprefix("    $ kerasfmt "), []))
        elif found and (line.startswith("    ") or not line):
            found[-1][1].append(line.removeprefix("    "))
    return found


def shown(lines: list[str]) -> list[str]:
    """Lines without times and sizes, and without empty ones."""
    masked = (re.sub(r"[\d.,]+ (s|B|kB|MB)\b", r"0 \1", line.rstrip()) for line in lines if line.strip())
    return [re.sub(r" +", " ", line) for line in masked]


def test_the_readme_shows_what_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    kerasfmt.clear_session()
    exec(SECTION.partition("```python\n")[2].partition("```")[0], {})
    commands = said_in_the_readme()
    assert {command.split()[0] for command, _ in commands} == {"convert", "inspect", "diff"}
    for command, lines in commands:
        cli.main(command.split())
        assert shown(capsys.readouterr().out.splitlines()) == shown(lines), command
