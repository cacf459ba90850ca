"""Weights of files into models that are there already: by topology, by name, and what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt import Sequential
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.formats.hdf5.weights import load_weights
from kerasfmt.formats.hdf5.writer import write, write_weights
from kerasfmt.layers import Dense
from tests.formats.hdf5.build import equal, scaled, two, values


@pytest.mark.parametrize("save", [write, write_weights])
def test_loads_weights_by_topology(tmp_path: Path, save: Any) -> None:
    save(scaled(two("a", "b"), 2), tmp_path / "w.h5")
    model = two("other", "names")
    load_weights(model, tmp_path / "w.h5")
    assert equal(values(model), values(scaled(two("a", "b"), 2)))
    with h5py.File(tmp_path / "w.h5") as file:
        fresh = two("a", "b")
        load_weights(fresh, file)
        assert equal(values(fresh), values(model))


def test_loads_weights_by_name(tmp_path: Path) -> None:
    write_weights(scaled(two("b", "c"), 2), tmp_path / "w.h5")
    model, before = two("a", "b"), two("a", "b")
    load_weights(model, tmp_path / "w.h5", by_name=True)
    assert equal(values(model)[:2], values(before)[:2])
    assert equal(values(model)[2:], values(scaled(two("b", "c"), 2))[:2])


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    write_weights(two("a", "b"), tmp_path / "w.h5")
    wide = Sequential([Dense(4, input_shape=(3,), name="a"), Dense(2, name="c")])
    before = values(wide)
    with pytest.raises(InvalidModelError, match=r"layer a: weight a/kernel: expected shape \[3, 4\], got"):
        load_weights(wide, tmp_path / "w.h5")
    with pytest.raises(InvalidModelError, match="layer a: weight a/kernel: expected shape"):
        load_weights(wide, tmp_path / "w.h5", by_name=True)
    with pytest.warns(UserWarning, match="; skipped$") as said:
        load_weights(wide, tmp_path / "w.h5", by_name=True, skip_mismatch=True)
    assert [str(w.message).partition(": ")[2] for w in said] == [
        "layer a: weight a/kernel: expected shape [3, 4], got [3, 2] from a/kernel:0; skipped",
        "layer a: weight a/bias: expected shape [4], got [2] from a/bias:0; skipped",
    ]
    with pytest.raises(
        InvalidModelError, match="expected weights of 1 layers, as model m has, got those of 2"
    ):
        load_weights(two("a"), tmp_path / "w.h5")
    bare = Sequential([Dense(2, input_shape=(3,), use_bias=False, name="a")])
    with pytest.raises(
        InvalidModelError, match=r"layer a: expected 1 weight \(a/kernel \[3, 2\]\), got 2 \("
    ):
        load_weights(bare, tmp_path / "w.h5", by_name=True)
    with pytest.raises(ValueError, match="skip_mismatch=True needs by_name=True"):
        load_weights(wide, tmp_path / "w.h5", skip_mismatch=True)
    assert equal(values(wide), before)


def test_weights_of_another_dtype_are_cast(tmp_path: Path) -> None:
    write_weights(Sequential([Dense(2, input_shape=(3,), dtype="float64")]), tmp_path / "w.h5")
    model = Sequential([Dense(2, input_shape=(3,))])
    load_weights(model, tmp_path / "w.h5")
    assert [v.dtype for v in values(model)] == [np.dtype("float32")] * 2


def test_files_without_weights(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(UnsupportedFormatError, match=r"expected the weights of a Keras model .* got x"):
        load_weights(two("a"), tmp_path / "f.h5")
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file.create_group("layers")
    with pytest.raises(UnsupportedFormatError, match=r"attribute layer_names.* got layers"):
        load_weights(two("a"), tmp_path / "f.h5")
