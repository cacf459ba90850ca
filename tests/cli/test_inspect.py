"""kerasfmt inspect: what it says of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from kerasfmt import cli

DATA = Path(__file__).parents[1] / "data" / "hdf5"


@pytest.mark.parametrize("path", sorted(DATA.glob("*.h5")), ids=lambda path: path.stem)
def test_inspect(capsys: pytest.CaptureFixture[str], path: Path) -> None:
    assert cli.main(["inspect", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"{path}: Keras HDF5, " in out
    assert "Dense" in out
    assert "float32[3, 2]" in out or "float32[5, 2]" in out
    assert ("compiled: yes" in out) == path.stem.endswith("_mlp")


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
