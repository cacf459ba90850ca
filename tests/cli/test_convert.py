"""kerasfmt convert: what it writes, and what it says it wrote."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import api, cli
from kerasfmt.cli import progress
from kerasfmt.graph import ops
from kerasfmt.ir import Model
from kerasfmt.layers import BatchNormalization, Dense

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
    assert cli.main(["convert", MLP, ".", "--quiet"]) == 3
    assert "working directory" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_no_overwrite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["convert", MLP, str(tmp_path / "out"), "--no-overwrite"]
    assert cli.main(arguments) == 0
    monkeypatch.setattr("sys.stdin", None)
    assert cli.main(arguments) == 3
    assert "already exists" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", ["out", "out.h5", "out.keras"])
def test_progress_of_a_long_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    screen = Terminal()
    monkeypatch.setattr(progress, "LONG", 0)
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
    monkeypatch.setattr(progress, "LONG", 0)
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


# Every pair of formats.

FORMATS = {"tf": "m", "h5": "m.h5", "keras": "m.keras", "tf_keras": "m2.keras"}


def compiled() -> Model:
    """A trained model with a nested and a shared layer."""
    kerasfmt.clear_session()
    y = kerasfmt.Input((4,), name="y")
    inner = kerasfmt.Model(y, BatchNormalization(name="norm")(y), name="inner")
    x = kerasfmt.Input((4,), name="x")
    shared = Dense(4, "tanh", kernel_regularizer="l2", name="shared")
    model = kerasfmt.Model(x, Dense(2, name="out")(shared(inner(shared(x)))), name="both")
    model.compile(kerasfmt.optimizers.Adam(0.25), loss="mse", metrics=["mae"])
    model.optimizer.iterations = 7
    for number, weight in enumerate(model.trainable_weights):
        for slot in ("m", "v"):
            model.optimizer.set_slot(weight, slot, np.full(weight.shape, number + 1, np.float32))
    return model


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_every_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, target: str) -> None:
    model = compiled()
    first, second = tmp_path / FORMATS[source], tmp_path / "out" / FORMATS[target]
    api.save_model(model, first, save_format=source)
    command = ["convert", str(first), str(second), "--to", target, "--quiet"]
    assert cli.main(command) == 0
    warned = capsys.readouterr().err
    assert ("Keras 3 takes its class from HDF5" in warned) == ((source, target) == ("keras", "h5"))
    assert warned.count("\n") == ((source, target) == ("keras", "h5"))
    found = api.load_model(second)
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    np.testing.assert_array_equal(found.predict(x), model.predict(x))
    assert [w.name for w in found.weights] == [w.name for w in model.weights]
    assert found.optimizer.options == model.optimizer.options
    assert found.optimizer.iterations == 7
    assert slots(found) == slots(model)


def slots(model: Model) -> dict[tuple[str, str], bytes]:
    """The contents of the optimizer's slots, by weight and slot."""
    return {
        (weight.name, slot): held.numpy().tobytes() for (weight, slot), held in model.optimizer.slots.items()
    }


@pytest.mark.parametrize(
    "target", ["m.onnx", "M.PB", "m.zip", "m.json", "m.tflite", "m.pt", "gs://b/m", "s3://b/m.h5"]
)
def test_targets_that_are_no_format_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["convert", MLP, target]) == 3
    err = capsys.readouterr().err
    assert "expected a name that ends in .keras, .h5 or .hdf5" in err or "got a URL" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["model.v2", "1.0", "m.final", "m.onnx.d"])
def test_names_of_directories_may_have_dots(tmp_path: Path, target: str) -> None:
    assert cli.main(["convert", MLP, str(tmp_path / target), "--quiet"]) == 0
    assert (tmp_path / target / "saved_model.pb").is_file()
    assert cli.main(["convert", MLP, str(tmp_path / "m.onnx"), "--to", "tf", "--quiet"]) == 0
    assert (tmp_path / "m.onnx" / "saved_model.pb").is_file()


# What cannot be held.


def lossy(path: Path) -> Path:
    """A SavedModel with a second signature and with warm-up requests."""
    model = compiled()
    spec = kerasfmt.Spec((None, 4), kerasfmt.dtypes.float32)
    second = kerasfmt.Signature(lambda x: {"y": ops.add(x, 1.0)}, {"x": spec})
    first = kerasfmt.Signature(lambda x: {"y": model.apply(x)}, {"x": spec})
    api.save_model(model, path, signatures={"serving_default": first, "second": second})
    (path / "assets.extra").mkdir()
    return path


def test_strict_names_what_is_lost_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = lossy(tmp_path / "m"), tmp_path / "m.h5"
    assert cli.main(["convert", str(source), str(target), "--strict"]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert "signatures other than serving_default are left out: second" in lines[0]
    assert "the folder assets.extra" in lines[1]
    assert lines[2] == f"kerasfmt: {target}: 2 warnings, and --strict allows none; nothing was written"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m"]
    assert cli.main(["convert", str(source), str(target), "--quiet"]) == 0
    assert capsys.readouterr().err.splitlines() == lines[:2]
    assert cli.main(["convert", str(target), str(tmp_path / "again"), "--strict", "--quiet"]) == 0


def test_strict_hears_what_the_writer_warns_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = compiled()
    assert model.training_config is not None
    model.training_config.config["metrics"] = {"other": "mae"}
    model.made_by_keras = 3
    api.save_model(model, tmp_path / "m.keras")
    command = ["convert", str(tmp_path / "m.keras"), str(tmp_path / "m")]
    assert cli.main([*command, "--strict"]) == 3
    assert "its metrics are stored as they were given" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
    assert cli.main([*command, "--strict", "--no-optimizer"]) == 0
    assert cli.main(command) == 0
