"""kerasfmt diff: what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import cli
from kerasfmt.comparison.compared_json import SCHEMA_FILE
from kerasfmt.layers import Dense
from tests.comparison.schema import validate

NAMES = ("m", "m.h5", "m.keras", "w.npz", "w.weights.h5")


def model(units: int = 2, activation: str = "relu") -> kerasfmt.Model:
    kerasfmt.clear_session()
    found = kerasfmt.Sequential([Dense(units, activation, input_shape=(3,), name="dense")], name="m")
    found.compile("adam", loss="mse")
    return found


def save(made: kerasfmt.Model, path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    (kerasfmt.save_weights if path.name.startswith("w") else kerasfmt.save_model)(made, path)
    return path


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two SavedModels that differ in everything."""
    one, other = model(), model(activation="tanh")
    other.get_layer("dense").bias.value = np.array([0, 0.5], np.float32)
    other.compile("sgd", loss="mae")
    return save(one, tmp_path / "a" / "m"), save(other, tmp_path / "b" / "m")


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str], a: str, b: str) -> None:
    first, second = save(model(), tmp_path / "a" / a), save(model(), tmp_path / "b" / b)
    assert cli.main(["diff", str(first), str(second)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].endswith(": the same")
    assert "weights: 2 of 2 are the same" in out
    assert err == ""
    assert cli.main(["diff", str(first), str(second), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    validate(found)
    assert found["same"] is True


def test_they_differ(capsys: pytest.CaptureFixture[str], pair: tuple[Path, Path]) -> None:
    assert cli.main(["diff", *map(str, pair)]) == 1
    out = capsys.readouterr().out
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0] == f"{pair[0]} (SavedModel) and {pair[1]} (SavedModel): they differ"
    assert "config: 1 difference" in lines
    assert "  config.layers.dense.config.activation: relu, tanh" in lines
    assert "weights: 1 of 2 differ" in lines
    assert any(line.split() == ["dense/bias", "float32[2]", "float32[2]", "1", "0.5", "1"] for line in lines)
    assert "  loss: mean_squared_error, mean_absolute_error" in lines
    assert any("(2 times): Relu -1 +0, Tanh -0 +1" in line for line in lines)
    assert cli.main(["diff", *map(str, pair), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    validate(found)
    assert found["weights"]["differences"][0]["largest_absolute"] == 0.5


def test_tolerance(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = model()
    other.get_layer("dense").bias.value = np.array([0, 0.5], np.float32)
    paths = [str(save(model(), tmp_path / "a.h5")), str(save(other, tmp_path / "b.h5"))]
    assert cli.main(["diff", *paths, "--tolerance", "0.5"]) == 0
    assert cli.main(["diff", *paths, "--tolerance", "0.4"]) == 1
    capsys.readouterr()
    for wrong in ("-1", "nan", "x"):
        with pytest.raises(SystemExit) as caught:
            cli.main(["diff", *paths, "--tolerance", wrong])
        assert caught.value.code == 2
        assert "--tolerance" in capsys.readouterr().err


def test_failures_are_no_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = save(model(), tmp_path / "m.h5")
    assert cli.main(["diff", str(path), str(tmp_path / "none")]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "none" in err


def test_only_one_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(2), y=np.zeros((3, 1)))
    np.savez(tmp_path / "b.npz", x=np.zeros((2, 2)))
    assert cli.main(["diff", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 1
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["x", "float64[2]", "float64[2,", "2]", "0", "-", "-"] in rows
    assert ["y", "float64[3,", "1]", "-", "0", "-", "-"] in rows


def test_long_lists_are_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "a.npz", **{f"x{n}": np.zeros(n) for n in range(50)})
    np.savez(tmp_path / "b.npz", **{f"x{n}": np.zeros(n + 1) for n in range(50)})
    assert cli.main(["diff", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 1
    assert "  and 10 more; --json shows all" in capsys.readouterr().out


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["diff", "--schema"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == SCHEMA_FILE.read_text()


def test_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    def bar(verb: str, total: int, quiet: bool = False) -> Any:
        import contextlib

        told.append((verb, total))
        return contextlib.nullcontext(told.append)

    monkeypatch.setattr("kerasfmt.cli.diff.progress_bar", bar)
    path = str(save(model(), tmp_path / "m.h5"))
    assert cli.main(["diff", path, path]) == 0
    assert told[0] == ("comparing", 80)
    assert sum(told[1:]) == 80
