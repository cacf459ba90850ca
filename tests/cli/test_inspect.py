"""kerasfmt inspect: what it says of a file."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import cli
from kerasfmt.containers.tensorbundle import StoredTensor
from kerasfmt.formats.described_json import SCHEMA_FILE
from tests.cli.inspected import inspected

DATA = Path(__file__).parents[1] / "data" / "hdf5"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.h5")), ids=lambda path: path.stem)
def test_inspect(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    assert cli.main(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"{path}: Keras HDF5, " in out
    assert "Dense" in out
    assert "float32[3, 2]" in out or "float32[5, 2]" in out
    assert ("compiled: loss=" in out) == path.stem.endswith("_mlp")


def test_inspect_of_a_saved_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
    kerasfmt.save_model(model, tmp_path / "m")
    assert cli.main(["inspect", str(tmp_path / "m")]) == 0
    out = capsys.readouterr().out
    assert f"{tmp_path / 'm'}: SavedModel, " in out
    assert "float32[3, 2]" in out


def test_inspect_of_a_damaged_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff")
    assert cli.main(["inspect", str(tmp_path)]) == 3
    assert "the file is damaged" in capsys.readouterr().err


SAVES = {
    "m": {},
    "m.h5": {},
    "m.keras": {},
    "k.keras": {"save_format": "tf_keras"},
}
WEIGHTS = {
    "w.h5": {},
    "w.weights.h5": {},
    "k.weights.h5": {"save_format": "tf_keras"},
    "w.npz": {},
    "w.weights.json": {"max_shard_size": 60 / 2**30},
    "ckpt": {"save_format": "tf"},
}


def compiled() -> kerasfmt.Model:
    kerasfmt.clear_session()
    model = kerasfmt.Sequential(
        [
            kerasfmt.layers.Dense(2, "relu", input_shape=(3,), name="dense"),
            kerasfmt.layers.Dense(1, name="out"),
        ]
    )
    model.compile(kerasfmt.optimizers.Adam(0.25), loss="mse", metrics=["mae"])
    model.optimizer.iterations = 3
    model.get_layer("dense").bias.value = np.array([0, np.nan], np.float32)
    return model


@pytest.mark.parametrize("name", [*SAVES, *WEIGHTS])
def test_every_format_as_json(tmp_path: Path, name: str) -> None:
    path, options = tmp_path / name, {**SAVES, **WEIGHTS}[name]
    (kerasfmt.save_model if name in SAVES else kerasfmt.save_weights)(compiled(), path, **options)
    found = inspected(path, "--ops", "--stats")
    weights = [weight for owner in found["owners"] for weight in owner["weights"]]
    assert sorted(tuple(weight["shape"]) for weight in weights if "metrics" not in weight["name"])[
        :4
    ] == sorted([(1,), (2,), (2, 1), (3, 2)])
    assert sum(weight["statistics"]["non_finite"] for weight in weights) == 1
    assert bool(found["ops"]) == (name in SAVES)
    assert (found["model"] is not None) == (name in SAVES)
    if name in SAVES:
        assert found["ops"]["MatMul"] >= 2
        assert found["optimizer"]["class_name"].endswith("Adam")
        assert found["optimizer"]["slots"] == ["m", "v"]
        assert found["compiled"]["loss"] == "mse"
        assert [(owner["name"], owner["class_name"]) for owner in found["owners"]][:2] == [
            ("dense", "Dense"),
            ("out", "Dense"),
        ]
    assert inspected(path)["ops"] is None
    assert cli.main(["inspect", str(path), "--stats", "--ops"]) == 0


@pytest.mark.parametrize("path", sorted(DATA.glob("*.h5")), ids=lambda path: path.stem)
def test_files_of_keras_as_json(path: Path) -> None:
    found = inspected(path, "--ops", "--stats")
    assert found["written_by"]["keras"] == path.stem.partition("-")[2].partition("_")[0]
    assert found["ops"]["MatMul"] >= 1


def test_a_graph_without_a_model(tmp_path: Path) -> None:
    kerasfmt.save_model(compiled(), tmp_path / "m")
    (tmp_path / "m" / "keras_metadata.pb").unlink()
    found = inspected(tmp_path / "m", "--ops", "--stats")
    assert (found["model"], found["owned_by"]) == (None, "variable")
    assert found["facts"] == ["no Keras model: its signatures and variables alone"]
    (signature,) = found["signatures"]
    assert signature == {
        "name": "serving_default",
        "inputs": [{"name": "dense_input", "dtype": "float32", "shape": [None, 3]}],
        "outputs": [{"name": "out", "dtype": "float32", "shape": [None, 1]}],
    }


def test_names_that_a_terminal_obeys_are_escaped(tmp_path: Path) -> None:
    obeyed = "a\x1b[2J\u202e日本"
    np.savez(tmp_path / "w.npz", **{obeyed: np.ones(2)})
    assert inspected(tmp_path / "w.npz")["owners"][0]["weights"][0]["name"] == obeyed


def test_ops_of_weights_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kerasfmt.save_weights(compiled(), tmp_path / "w.npz")
    assert cli.main(["inspect", str(tmp_path / "w.npz"), "--ops"]) == 0
    assert "ops: none; the file holds no graph" in capsys.readouterr().out


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["inspect", "--schema"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == SCHEMA_FILE.read_text()


@pytest.mark.parametrize("name", ["m", "m.h5", "m.keras", "w.weights.h5", "w.npz", "ckpt"])
def test_no_weight_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a weight is read")

    save = kerasfmt.save_model if name.startswith("m") else kerasfmt.save_weights
    save(compiled(), tmp_path / name, **({"save_format": "tf"} if name == "ckpt" else {}))
    monkeypatch.setattr("kerasfmt.containers.hdf5.dataset.LazyDataset.__getitem__", refuse)
    monkeypatch.setattr("kerasfmt.formats.npz.StoredArray._read", refuse)
    load = StoredTensor._load
    monkeypatch.setattr(
        StoredTensor, "_load", lambda self: load(self) if "OBJECT_GRAPH" in self.name else refuse()
    )
    assert inspected(tmp_path / name)["elements"] >= 11
    assert cli.main(["inspect", str(tmp_path / name)]) == 0
    assert cli.main(["inspect", str(tmp_path / name), "--stats"]) == 3


@pytest.mark.parametrize("suffix", [".svg", ".dot", ".mmd"])
@pytest.mark.parametrize("name", SAVES)
def test_plot(tmp_path: Path, name: str, suffix: str) -> None:
    kerasfmt.save_model(compiled(), tmp_path / name, **SAVES[name])
    picture = tmp_path / f"p{suffix}"
    assert inspected(tmp_path / name, "--plot", str(picture))["model"] is not None
    assert "(None, 2)" in picture.read_text()
    assert "dense" in picture.read_text()


def test_what_cannot_be_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = compiled()
    kerasfmt.save_model(model, tmp_path / "m.h5")
    kerasfmt.save_weights(model, tmp_path / "w.npz")
    for name, picture, said in (
        ("m.h5", "p.png", "expected a name that ends in .svg, .dot, .mmd, got .png"),
        ("w.npz", "p.svg", "holds weights only; there are no layers to draw"),
    ):
        assert cli.main(["inspect", str(tmp_path / name), "--plot", str(tmp_path / picture)]) == 3
        out, err = capsys.readouterr()
        assert out == ""
        assert said in err
        assert not (tmp_path / picture).exists()


@pytest.mark.parametrize("name", [*SAVES, *WEIGHTS])
def test_spoilt_files_are_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (kerasfmt.save_model if name in SAVES else kerasfmt.save_weights)(
        compiled(), tmp_path / name, **{**SAVES, **WEIGHTS}[name]
    )
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    rng = random.Random(name)
    for _ in range(25):
        spoilt = rng.choice(files)
        whole = bytearray(spoilt.read_bytes())
        at = rng.randrange(len(whole))
        spoilt.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << rng.randrange(8)]) + whole[at + 1 :])
        for command in (["inspect", "--json", "--ops", "--stats"], ["diff", str(tmp_path / name)]):
            status = cli.main([command[0], str(tmp_path / name), *command[1:]])
            out, err = capsys.readouterr()
            assert status in (0, 3)
            assert "internal error" not in err
            assert (out == "", err.count("\n")) == ((True, 1) if status == 3 else (False, 0))
        spoilt.write_bytes(whole)
