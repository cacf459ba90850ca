"""What is told of an HDF5 file."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats.hdf5.description import describe
from kerasfmt.layers import Dense
from tests.formats.hdf5.build import BIAS, KERNEL, sequential_config, write_group, write_model


def test_a_model(tmp_path: Path) -> None:
    state = {"iteration:0": np.int64(3), "Adam/m/dense/kernel:0": KERNEL}
    path = write_model(tmp_path / "m.h5", training={"loss": "mse"}, optimizer=state)
    found = describe(path)
    assert (found.title, found.kind, found.name) == ("Keras HDF5", "Sequential", "sequential")
    assert found.writers == {"keras": "2.15.0", "backend": "tensorflow"}
    assert (found.size, found.nbytes, found.members) == (8, 32, {"m.h5": path.stat().st_size})
    assert found.compiled == {"loss": "mse"}
    assert found.optimizer is not None
    assert list(map(str, found.optimizer.weights)) == [
        "iteration:0 int64[]",
        "Adam/m/dense/kernel:0 float32[3, 2]",
    ]
    ((owner, kind, weights),) = [(row.owner, row.kind, row.weights) for row in found.rows]
    assert (owner, kind) == ("dense", "Dense")
    assert list(map(str, weights)) == ["dense/kernel:0 float32[3, 2]", "dense/bias:0 float32[2]"]


def test_weights_of_no_layer_have_a_row(tmp_path: Path) -> None:
    def add(file: h5py.File) -> None:
        write_group(file["model_weights"].create_group("top_level_model_weights"), {"scale:0": BIAS})

    found = describe(write_model(tmp_path / "m.h5", edit=add))
    assert (found.rows[-1].owner, found.rows[-1].size) == ("(top level)", 2)
    assert (found.compiled, found.optimizer) == (None, None)


def test_a_config_that_says_little(tmp_path: Path) -> None:
    for number, config in enumerate(
        (
            {"class_name": "Sequential"},
            sequential_config(),
            {"config": [3]},
            {"config": {"layers": 3}},
        )
    ):
        (row,) = describe(write_model(tmp_path / f"{number}.h5", config=config)).rows
        assert (row.owner, row.kind) == ("dense", "")


def test_weights_alone(tmp_path: Path) -> None:
    kerasfmt.save_weights(kerasfmt.Sequential([Dense(2, input_shape=(3,), name="d")]), tmp_path / "w.h5")
    found = describe(tmp_path / "w.h5")
    assert (found.title, found.kind, found.compiled, found.count_ops) == ("weights in HDF5", "", None, None)
    assert [(row.owner, row.kind, row.size) for row in found.rows] == [("d", "", 8)]


def test_no_keras_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["images"] = [1, 2]
    with pytest.raises(UnsupportedFormatError, match="an HDF5 file, but not a Keras model"):
        describe(tmp_path / "m.h5")
