"""Architectures as JSON files."""

from __future__ import annotations

import json
from pathlib import Path

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
