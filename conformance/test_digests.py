"""The digests are equal if nothing changed, and differ if one bit of one weight changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from conformance import artefacts, digests
from conformance.cases import select

LINE = "2.15"
SEED = select(["seed"])


def _write(bias: float) -> None:
    """Puts a model with this bias where TensorFlow's HDF5 file of the case lies."""
    kerasfmt.clear_session()
    dense = kerasfmt.layers.Dense(5, input_shape=(3,), bias_initializer="zeros", kernel_initializer="ones")
    model = kerasfmt.Sequential([dense, kerasfmt.layers.Softmax()])
    model.set_weights([np.ones((3, 5), "float32"), np.full(5, bias, "float32")])
    where = artefacts.directory(LINE, SEED[0])
    where.mkdir(parents=True, exist_ok=True)
    kerasfmt.save_model(model, where / "model.h5")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of the digests of the seed model, whose bias is 1."""
    monkeypatch.setattr(artefacts, "WORK", tmp_path / "work")
    monkeypatch.setenv("KERASFMT_CONFORMANCE_WORK", str(tmp_path / "work"))  # of the processes in the pool
    _write(bias=1.0)
    assert digests.main(LINE, SEED, write=tmp_path / "table", against=None, words=False) == 0
    return tmp_path / "table"


def test_every_format_has_its_lines(table: Path) -> None:
    lines = table.read_text().splitlines()
    assert {line.split(" ")[1].split("/")[0] for line in lines} == set(digests.FORMATS)
    assert len(lines) == len(digests.digests(LINE, "seed"))
    assert not [line for line in lines if "Error" in line]


def test_the_same_model_gives_the_same_digests(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert digests.main(LINE, SEED, write=None, against=table, words=True) == 0
    count = len(table.read_text().splitlines())
    assert capsys.readouterr().out.splitlines()[-1] == f"{count} of {count} digests are equal"


def test_a_changed_bit_is_found(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    _write(bias=float(np.nextafter(np.float32(1), np.float32(2))))
    assert digests.main(LINE, SEED, write=None, against=table, words=False) == 1
    found = [line.split(":")[0] for line in capsys.readouterr().out.splitlines() if "DIFFERENT" in line]
    assert "DIFFERENT seed hdf5/m.h5" in found
    assert "DIFFERENT seed saved_model/m/variables/variables.data-00000-of-00001" in found
    assert "DIFFERENT seed saved_model/m/saved_model.pb" not in found


def test_no_artefacts_are_no_success(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert digests.main("2.21", SEED, write=None, against=table, words=False) == 1
