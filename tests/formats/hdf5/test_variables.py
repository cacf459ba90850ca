"""The variables of models without layers in HDF5."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from tests.formats.test_npz import small
from tests.formats.test_safetensors import graph

ARRAYS = {"dense/kernel": np.float32([[1, 2]]), "dense/bias": np.float32([3]), "step": np.int64(7)}


def test_each_variable_is_the_dataset_at_its_path(tmp_path: Path) -> None:
    kerasfmt.save_weights(graph(ARRAYS), tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert sorted(file) == ["dense", "step"]
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(file[name][...], array, strict=True)
        model = graph({name: np.zeros_like(array) for name, array in ARRAYS.items()})
        kerasfmt.load_weights(model, file)
        assert [weight.numpy().tolist() for weight in model.weights] == [[[1, 2]], [3], 7]


def test_variables_that_are_not_there(tmp_path: Path) -> None:
    kerasfmt.save_weights(graph(ARRAYS), tmp_path / "w.h5")
    model = graph({"step": np.int64(0), "other/bias": np.float32([1])})
    with pytest.raises(InvalidModelError, match="got none for other/bias; by_name=True takes"):
        kerasfmt.load_weights(model, tmp_path / "w.h5")
    kerasfmt.load_weights(model, tmp_path / "w.h5", by_name=True)
    assert [weight.numpy().tolist() for weight in model.weights] == [7, [1]]
    wrong = graph({"step": np.int64([0])})
    with pytest.raises(InvalidModelError, match=r"step: expected shape \[1\], got \[\]"):
        kerasfmt.load_weights(wrong, tmp_path / "w.h5", by_name=True)
    with pytest.raises(ValueError, match="skip_mismatch=True needs by_name=True"):
        kerasfmt.load_weights(wrong, tmp_path / "w.h5", skip_mismatch=True)
    with pytest.raises(UnsupportedFormatError, match="expected the weights of a Keras model"):
        kerasfmt.load_weights(small(), tmp_path / "w.h5")


def test_names_that_collide(tmp_path: Path) -> None:
    with pytest.raises(InvalidModelError, match="'dense' in the file, which is an array"):
        kerasfmt.save_weights(
            graph({"dense": np.float32([1]), "dense/bias": np.float32([1])}), tmp_path / "w.h5"
        )
    assert list(tmp_path.iterdir()) == []
