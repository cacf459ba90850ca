"""What the command says: no text of a file reaches the terminal as it is."""

from __future__ import annotations

import ast
import json
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import cli
from kerasfmt.cli import output
from kerasfmt.layers import Dense

OBEYED = "\x1b]0;x\x07\x1b[2J\r\x9b31m\u202e\u2028\x7f\nkerasfmt: done"
SHOWN = r"\x1b]0;x\x07\x1b[2J\r\x9b31m\u202e\u2028\x7f\nkerasfmt: done"
NAME = f"日本{OBEYED}"


def model() -> kerasfmt.Model:
    x = kerasfmt.Input((3,), name=f"x{NAME}")
    return kerasfmt.Model(x, Dense(2, name=f"d{NAME}")(x), name=f"m{NAME}")


def _hdf5(path: Path, change: Any = None) -> Path:
    kerasfmt.save_model(model(), path)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = NAME
        if change is not None:
            change(file)
    return path


def _class_name(config: str) -> str:
    return config.replace('"Dense"', json.dumps(NAME))


def _unknown_class(file: h5py.File) -> None:
    file.attrs["model_config"] = _class_name(file.attrs["model_config"])


def _bad_option(file: h5py.File) -> None:
    file.attrs["model_config"] = file.attrs["model_config"].replace(
        '"units": 2', f'"units": {json.dumps(NAME)}'
    )


def _unknown_option(file: h5py.File) -> None:
    file.attrs["model_config"] = file.attrs["model_config"].replace('"units"', json.dumps(NAME))


def _link(file: h5py.File) -> None:
    file[f"model_weights/{NAME}"] = h5py.ExternalLink("/etc/passwd", NAME)


def _no_json(file: h5py.File) -> None:
    file.attrs["model_config"] = f'{{"{NAME}'


def _missing_weight(file: h5py.File) -> None:
    del file[f"model_weights/d{NAME}"]


SPOILT = [_unknown_class, _bad_option, _unknown_option, _link, _no_json, _missing_weight]


def _archive(path: Path, name: str = "config.json", change: Any = _class_name) -> Path:
    whole = path.with_name(f"whole{path.name}")
    kerasfmt.save_model(model(), whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for member in source.namelist():
            data = source.read(member)
            target.writestr(member, change(data.decode()) if member == name else data)
    return path


def _metadata(text: str) -> str:
    return json.dumps({**json.loads(text), "keras_version": NAME})


def hostile_files(folder: Path) -> Iterator[Path]:
    """Files whose names and texts a terminal would obey: whole ones, and ones that are refused."""
    yield _hdf5(folder / "whole.h5")
    yield _hdf5(folder / f"{OBEYED[1:].replace('/', '')}.h5")
    for change in SPOILT:
        yield _hdf5(folder / f"{change.__name__}.h5", change)
    yield _archive(folder / "whole.keras", change=str)
    yield _archive(folder / "class.keras")
    yield _archive(folder / "metadata.keras", "metadata.json", _metadata)
    kerasfmt.save_weights(model(), folder / "weights.h5")
    yield folder / "weights.h5"
    yield folder / f"none{NAME}"
    np.savez(folder / "arrays.npz", **{NAME: np.ones(2)})
    yield folder / "arrays.npz"


OTHERS = (("whole.h5", []), ("class.keras", []), ("arrays.npz", ["--json"]))


def _unsafe(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.parametrize("debug", [False, True])
def test_no_command_says_what_a_terminal_obeys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], debug: bool
) -> None:
    statuses = set()
    for path in list(hostile_files(tmp_path)):
        commands = [["inspect", str(path), *options] for options in ([], ["--stats", "--ops"], ["--json"])]
        targets = [f"out{'' if debug else OBEYED}{suffix}" for suffix in ("", ".h5", ".keras")]
        commands += [["inspect", str(path), "--plot", str(tmp_path / "picture.svg")]]
        commands += [["diff", str(path), str(tmp_path / other), *options] for other, options in OTHERS]
        commands += [["convert", str(path), str(tmp_path / target)] for target in targets]
        for command in commands:
            status = cli.main([*command, *(["--debug"] if debug else [])])
            out, err = capsys.readouterr()
            statuses.add((command[0], status))
            assert not _unsafe(out), (command, out)
            assert not _unsafe(err), (command, err)
            assert "\nkerasfmt: done" not in out + err
            assert debug or err.count("\n") == (status == 3)
            if command == ["inspect", str(tmp_path / "whole.h5")]:
                assert f"model: Functional m日本{SHOWN}\n" in out
    picture = (tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert SHOWN in picture
    assert not _unsafe(picture)
    assert statuses == {
        ("inspect", 0),
        ("inspect", 3),
        ("convert", 0),
        ("convert", 3),
        ("diff", 0),
        ("diff", 1),
        ("diff", 3),
    }


def test_names_are_shown_as_they_are_otherwise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = kerasfmt.Input((3,), name="入力")
    kerasfmt.save_model(kerasfmt.Model(x, Dense(2, name="größe")(x), name="модель"), tmp_path / "m.h5")
    assert cli.main(["inspect", str(tmp_path / "m.h5")]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("入力", "größe", "модель"))


def test_a_warning_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        shown = warnings.showwarning
        with output.warnings_as_lines():
            warnings.warn(f"weight {OBEYED}; skipped", stacklevel=1)
        assert warnings.showwarning is shown
    assert capsys.readouterr() == ("", f"kerasfmt: warning: weight {SHOWN}; skipped\n")


def test_a_traceback_of_a_foreign_error(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(OBEYED)
    except ValueError as error:
        output.show_traceback(error)
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert not _unsafe(err)
    assert all(part in err for part in (r"\x1b[2J\r\x9b31m\u202e\u2028\x7f", "test_output.py"))


def test_nothing_else_in_the_command_prints() -> None:
    for path in Path(cli.__file__).parent.glob("*.py"):
        if path.name == "output.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert called != "print", path
            assert not called.endswith((".print", "stdout.write", "stderr.write", "Table", "Text")), path


def test_a_wrong_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["inspect", "a", OBEYED], [OBEYED], ["convert", "a", "b", "--to", OBEYED]):
        with pytest.raises(SystemExit):
            cli.main(arguments)
        assert not _unsafe(capsys.readouterr().err)
