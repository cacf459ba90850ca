"""What is told of an HDF5 file."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from kerasfmt.formats.hdf5.description import describe
from tests.formats.hdf5.build import BIAS, KERNEL, sequential_config, write_group, write_model


def test_lines_and_rows(tmp_path: Path) -> None:
    state = {"iteration:0": np.int64(3), "Adam/m/dense/kernel:0": KERNEL}
    path = write_model(tmp_path / "m.h5", training={"loss": "mse"}, optimizer=state)
    found = describe(path)
    first, *others = found.lines
    assert first.startswith(f"{path}: Keras HDF5, ")
    assert others == [
        "model: Sequential sequential, written by Keras 2.15.0, backend tensorflow",
        "total: 1 layers, 8 parameters, 32 B",
        "compiled: yes, 2 optimizer variables",
    ]
    ((owner, kind, weights),) = [(row.owner, row.kind, row.weights) for row in found.rows]
    assert (owner, kind) == ("dense", "Dense")
    assert list(map(str, weights)) == ["dense/kernel:0 float32[3, 2]", "dense/bias:0 float32[2]"]


def test_weights_of_no_layer_have_a_row(tmp_path: Path) -> None:
    def add(file: h5py.File) -> None:
        write_group(file["model_weights"].create_group("top_level_model_weights"), {"scale:0": BIAS})

    found = describe(write_model(tmp_path / "m.h5", edit=add))
    assert (found.rows[-1].owner, found.rows[-1].size) == ("(top level)", 2)
    assert found.lines[3] == "compiled: no, 0 optimizer variables"


def test_a_config_that_says_little(tmp_path: Path) -> None:
    for config in (
        {"class_name": "Sequential"},
        sequential_config(),
        {"config": [3]},
        {"config": {"layers": 3}},
    ):
        (row,) = describe(write_model(tmp_path / "m.h5", config=config)).rows
        assert (row.owner, row.kind) == ("dense", "")
