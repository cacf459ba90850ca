"""Architectures as JSON files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt import cli
from kerasfmt.errors import CorruptFileError, UnsupportedFormatError
from kerasfmt.formats.architecture import describe, read
from kerasfmt.formats.detect import described_format_at, format_at
from tests.dialects.test_architecture import CASES
from tests.formats.hdf5.build import KERNEL, dense_config, write_model


def written(path: Path, text: str | None = None) -> Path:
    path.write_text(json.dumps(dense_config()) if text is None else text)
    return path


def test_it_is_recognized(tmp_path: Path) -> None:
    path = written(tmp_path / "arch.json")
    assert format_at(path).name == described_format_at(path).name == "json"
    with pytest.raises(UnsupportedFormatError, match="no weights; make the model with model_from_json"):
        kerasfmt.load_model(path)
    with pytest.raises(UnsupportedFormatError, match="save_format='json': expected one of "):
        kerasfmt.save_model(read(path), tmp_path / "other", save_format="json")


@pytest.mark.parametrize("text", ["{}", '{"weight_map": {}}', "[]", "class_name: Sequential"])
def test_other_texts(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnsupportedFormatError, match="neither a SavedModel nor"):
        format_at(written(tmp_path / "arch.json", text))


@pytest.mark.parametrize("name", CASES)
def test_every_version_is_read_and_described(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / "arch.json", json.dumps(CASES[name][0]))
    assert read(path).count_params() == 6
    assert [row.kind for row in describe(path).rows][-1] == "Dense"


def test_the_command_takes_weights_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, weights = written(tmp_path / "arch.json"), write_model(tmp_path / "w.h5")
    target = tmp_path / "out.keras"
    assert cli.main(["convert", str(path), str(target), "--weights", str(weights), "--quiet"]) == 0
    kernel = kerasfmt.load_model(target).weights[0].numpy()
    assert kernel.tolist() == KERNEL.tolist()
    assert cli.main(["convert", str(path), str(tmp_path / "none.keras")]) == 3
    assert "convert with --weights" in capsys.readouterr().err
    assert not (tmp_path / "none.keras").exists()
    assert cli.main(["inspect", str(path)]) == 0
    assert "the architecture of a Keras model" in capsys.readouterr().out


def test_weights_replace_those_of_a_model(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
    kerasfmt.save_model(model, tmp_path / "m.h5")
    weights, target = write_model(tmp_path / "w.h5"), tmp_path / "out.h5"
    assert cli.main(["convert", str(tmp_path / "m.h5"), str(target), "--weights", str(weights)]) == 0
    assert kerasfmt.load_model(target).weights[0].numpy().tolist() == KERNEL.tolist()


def test_weights_with_an_architecture_beside_them(tmp_path: Path) -> None:
    path, weights = written(tmp_path / "arch.json"), write_model(tmp_path / "w.h5")
    target = tmp_path / "m.keras"
    command = ["convert", str(weights), str(target), "--architecture", str(path), "--quiet"]
    assert cli.main(command) == 0
    x = np.linspace(-1, 1, 6).reshape(2, 3)
    np.testing.assert_array_equal(
        kerasfmt.load_model(target).predict(x), kerasfmt.load_model(weights).predict(x)
    )


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["ResNet50"], r"no such file; kerasfmt builds no architecture by its name.*"
         r"keras\.applications\.ResNet50\(weights=None\)\.to_json\(\).* > ResNet50\.json"),
        (["missing.json"], r"missing\.json"),
        (["w.h5"], "expected the architecture of a model as JSON, got HDF5"),
        (["arch.json", "--weights", "w.h5"], r"holds its weights; leave out --weights"),
    ],
)  # fmt: skip
def test_what_is_no_architecture(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "arch.json")
    write_model(tmp_path / "w.h5")
    assert cli.main(["convert", "w.h5", "out", "--architecture", *option]) == 3
    assert re.search(said, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def test_it_is_verified(tmp_path: Path) -> None:
    assert not kerasfmt.verify(written(tmp_path / "arch.json")).findings
    code = {
        "class_name": "Lambda",
        "config": {"name": "f", "function": ["4wE=", None, None], "function_type": "lambda"},
    }
    report = kerasfmt.verify(
        written(tmp_path / "code.json", json.dumps({"class_name": "Sequential", "config": [code]}))
    )
    assert [finding.rule.name for finding in report.findings] == ["lambda-code"]


def test_damaged(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match="expected JSON"):
        read(written(tmp_path / "arch.json", '{"class_name": "Sequential", '))
