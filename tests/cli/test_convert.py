"""kerasfmt convert: what it writes, and what it says it wrote."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt import api, cli
from kerasfmt.cli import convert
from kerasfmt.ir import Model

MLP = str(Path(__file__).parents[1] / "data" / "hdf5" / "tf_keras-2.21.0_mlp.h5")


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


@pytest.mark.parametrize("name", ["out", "out.h5", "out.keras"])
@pytest.mark.parametrize("options", [[], ["--no-flush"]])
def test_flush(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, options: list[str]) -> None:
    flushed: list[int] = []
    monkeypatch.setattr("os.fsync", flushed.append)
    assert cli.main(["convert", MLP, str(tmp_path / name), "--quiet", *options]) == 0
    assert bool(flushed) is not bool(options)


def test_the_working_directory_is_not_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["convert", MLP, ".", "--quiet"]) == 1
    assert "working directory" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_overwrite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["convert", MLP, str(tmp_path / "out"), "--no-overwrite"]
    assert cli.main(arguments) == 0
    monkeypatch.setattr("sys.stdin", None)
    assert cli.main(arguments) == 1
    assert "already exists" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["out", "out.h5", "out.keras"])
def test_progress_of_a_long_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    screen = Terminal()
    monkeypatch.setattr(convert, "_LONG_WRITE", 0)
    monkeypatch.setattr("sys.stderr", screen)
    assert cli.main(["convert", MLP, str(tmp_path / name)]) == 0
    assert "writing" in screen.getvalue()


@pytest.mark.parametrize("name", ["out", "out.h5", "out.keras"])
def test_progress_leaves_the_model_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    loaded: list[Model] = []
    values: list[Any] = []
    told: list[int] = []

    def load_model(*arguments: Any, **options: Any) -> Model:
        loaded.append(api_load_model(*arguments, **options))
        values.extend(weight.value for weight in all_weights(loaded[0]))
        return loaded[0]

    class Bar:
        def __init__(self, *_: object, **__: object) -> None:
            self.total = 0

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def add_task(self, name: str, total: int) -> int:
            self.total = total
            return 7

        def advance(self, task: int, count: int) -> None:
            assert task == 7
            told.append(count)

    api_load_model = api.load_model
    monkeypatch.setattr(api, "load_model", load_model)
    monkeypatch.setattr("rich.progress.Progress", Bar)
    monkeypatch.setattr(convert, "_LONG_WRITE", 0)
    monkeypatch.setattr("sys.stderr", Terminal())
    assert cli.main(["convert", MLP, str(tmp_path / name)]) == 0
    (model,) = loaded
    assert all(weight.value is value for weight, value in zip(all_weights(model), values, strict=True))
    assert sum(told) >= sum(weight.numpy().nbytes for weight in all_weights(model))


def all_weights(model: Model) -> list[Any]:
    return [*model.weights, *model.optimizer_variables()]


@pytest.mark.parametrize("name", ["m.h5", "m.keras", "m"])
def test_a_saved_model_is_converted_with_its_state(tmp_path: Path, name: str) -> None:
    assert cli.main(["convert", MLP, str(tmp_path / "saved"), "--quiet"]) == 0
    assert cli.main(["convert", str(tmp_path / "saved"), str(tmp_path / "out" / name), "--quiet"]) == 0
    expected, found = api.load_model(MLP), api.load_model(tmp_path / "out" / name)
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    np.testing.assert_array_equal(found.predict(x), expected.predict(x))
    assert found.training_config is not None
    assert expected.training_config is not None
    state = [
        {variable.numpy().tobytes() for variable in model.optimizer_variables()}
        for model in (found, expected)
    ]
    assert state[0] >= state[1]
