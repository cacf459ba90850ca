"""Weights alone, through the front door: `.weights.h5` in both dialects, shards, and what goes by content."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import h5py
import ml_dtypes
import numpy as np
import pytest

from kerasfmt import load_model, load_weights, save_model, save_weights
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.hdf5.stored import open_model
from kerasfmt.ir import Model, Sequential
from kerasfmt.layers import Dense
from tests.formats.keras_archive.build import assert_equal, fresh, sharded, small, values

DIALECTS = ("keras", "tf_keras")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_round_trip(tmp_path: Path, dialect: str) -> None:
    model = small()
    save_weights(model, tmp_path / "m.weights.h5", save_format=dialect)
    again = fresh(model)
    load_weights(again, tmp_path / "m.weights.h5")
    assert_equal(values(model), values(again))
    assert isinstance(again.weights[0].value, LazyDataset)
    assert again.training_config is not None
    assert model.training_config is not None
    assert [v.name for v in again.training_config.variables] == [
        v.name for v in model.training_config.variables
    ]
    rate = again.training_config.learning_rate
    assert (rate is None) == (dialect == "tf_keras")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        assert dict(file["layers/dense_1/vars"].attrs) == ({"name": "out"} if dialect == "keras" else {})
        group = fresh(model)
        load_weights(group, file)
        assert_equal(values(model), values(group))


def test_the_dialect_of_the_default_is_that_of_archives(tmp_path: Path) -> None:
    save_weights(small(), tmp_path / "a.weights.h5")
    save_weights(small(), tmp_path / "b.weights.h5", save_format="keras")
    assert (tmp_path / "a.weights.h5").read_bytes() == (tmp_path / "b.weights.h5").read_bytes()


def test_a_model_saved_under_that_name_is_a_model(tmp_path: Path) -> None:
    """As in Keras: `save` goes by `.h5` alone, and only `save_weights` by `.weights.h5`."""
    save_model(small(), tmp_path / "m.weights.h5")
    assert list(open_model(tmp_path / "m.weights.h5").layers) == ["hidden", "norm", "drop", "out"]
    again = fresh(small())
    load_weights(again, tmp_path / "m.weights.h5")
    assert_equal(values(small())[:8], values(again)[:8])


def test_archives_are_read_for_their_weights(tmp_path: Path) -> None:
    save_model(small(), tmp_path / "m.keras")
    again = fresh(small())
    load_weights(again, tmp_path / "m.keras")
    assert_equal(values(small()), values(again))


# Shards.


def test_maps_that_lie(tmp_path: Path) -> None:
    document = sharded(tmp_path / "m.weights.json", 100)
    for name, kind, said in [
        ("../m_00000.weights.h5", UnsafeFileError, "not beside the map"),
        ("m_00009.weights.h5", MissingFileError, "no such file"),
        (3, CorruptFileError, "expected names of"),
    ]:
        document["weight_map"]["/layers/dense/vars"] = name
        (tmp_path / "m.weights.json").write_text(json.dumps(document))
        with pytest.raises(kind, match=said):
            load_weights(small(), tmp_path / "m.weights.json")
    document["weight_map"] = {
        "/vars": "m_00000.weights.h5"
    }  # the others are not named: variables are missing
    (tmp_path / "m.weights.json").write_text(json.dumps(document))
    with pytest.raises(InvalidModelError, match=r"layer norm .*expected 4 weights"):
        load_weights(small(), tmp_path / "m.weights.json")


# What does not fit.


def two(units: int) -> Model:
    return Sequential([Dense(units, input_shape=(3,), name="first"), Dense(2, name="second")])


def test_layers_that_do_not_fit(tmp_path: Path) -> None:
    source, model = small(), two(5)
    save_weights(two(4), tmp_path / "m.weights.h5")
    before = values(model)
    with pytest.raises(InvalidModelError, match=r"layer first .*expected shape \[3, 5\], got \[3, 4\]"):
        load_weights(model, tmp_path / "m.weights.h5")
    assert_equal(values(model), before)
    with pytest.warns(UserWarning, match="; skipped$") as said:
        load_weights(model, tmp_path / "m.weights.h5", skip_mismatch=True)
    assert len(said) == 2  # the first kernel, and with it the second one
    assert_equal(values(model), before)
    extra = Sequential([Dense(4, input_shape=(3,)), Dense(2), Dense(2)])
    with pytest.warns(UserWarning, match=r"layer dense_\d+ .*expected 2 weights .*; skipped"):
        load_weights(extra, tmp_path / "m.weights.h5", skip_mismatch=True)
    assert_equal(values(extra)[:4], values(two(4)))
    with pytest.raises(InvalidModelError, match="expected no variables at layers/batch_normalization"):
        save_weights(source, tmp_path / "s.weights.h5")
        load_weights(two(4), tmp_path / "s.weights.h5")


def test_places_not_names(tmp_path: Path) -> None:
    save_weights(two(4), tmp_path / "m.weights.h5")
    with pytest.raises(ValueError, match="by_name=True is for weights in the layout of Keras 2"):
        load_weights(two(4), tmp_path / "m.weights.h5", by_name=True)


def test_weights_of_another_dtype_are_cast(tmp_path: Path) -> None:
    save_weights(Sequential([Dense(2, input_shape=(3,), dtype="float64")]), tmp_path / "w.weights.h5")
    model = Sequential([Dense(2, input_shape=(3,))])
    load_weights(model, tmp_path / "w.weights.h5")
    assert {v.dtype for v in values(model)} == {np.dtype("float32")}


def test_an_optimizer_of_another_kind_is_passed_over(tmp_path: Path) -> None:
    save_weights(small(), tmp_path / "m.weights.h5")
    model = fresh(small())
    assert model.training_config is not None
    model.training_config.config = {"optimizer_config": {"class_name": "SGD", "config": {"momentum": 0.9}}}
    with pytest.warns(
        UserWarning, match="14 variables of an optimizer, which are not those of the model's SGD"
    ):
        load_weights(model, tmp_path / "m.weights.h5")
    assert model.training_config.variables == []
    model.training_config = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_weights(model, tmp_path / "m.weights.h5")


# Names.

NAMES: list[tuple[str, dict[str, Any], str]] = [
    ("w", {}, r"expected a name that ends in .*\.weights\.h5.*, \.h5.* \.hdf5"),
    ("w.keras", {}, "expected a name that ends in"),
    ("w.weights.json", {}, "expected a name that ends in"),
    ("w.h5", {"save_format": "tf_keras"}, r"choose a name that ends in \.weights\.h5"),
    ("w.weights.h5", {"save_format": "h5"}, "in one layout only"),
    ("w.weights.h5", {"save_format": "tf"}, "in one layout only"),
    ("w.weights.h5", {"max_shard_size": 1}, r"ends in \.weights\.json for weights in shards"),
    ("w.weights.json", {"max_shard_size": 1, "save_format": "tf_keras"}, "only Keras 3 reads shards"),
    ("w.weights.h5", {"save_format": "zip"}, "expected one of"),
]


@pytest.mark.parametrize(("name", "options", "said"), NAMES)
def test_names_that_are_none(tmp_path: Path, name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=said):
        save_weights(small(), tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


def test_keras_2_layout_under_any_name(tmp_path: Path) -> None:
    save_weights(small(), tmp_path / "w", save_format="h5")
    with h5py.File(tmp_path / "w") as file:
        assert "layer_names" in file.attrs


def test_what_holds_no_weights(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        load_weights(small(), tmp_path / "none.weights.h5")
    (tmp_path / "x.weights.json").write_text("{")
    with pytest.raises(CorruptFileError, match="expected JSON"):
        load_weights(small(), tmp_path / "x.weights.json")
    (tmp_path / "x.weights.h5").write_text("{")
    with pytest.raises(
        UnsupportedFormatError, match=r"neither .*a \.keras archive nor .*HDF5.*: it begins with b'{'"
    ):
        load_weights(small(), tmp_path / "x.weights.h5")


# bfloat16.


def test_bfloat16(tmp_path: Path) -> None:
    model = Sequential([Dense(2, input_shape=(3,), dtype="bfloat16")])
    model.weights[0].value = np.arange(6).reshape(3, 2).astype(ml_dtypes.bfloat16)
    save_weights(model, tmp_path / "m.weights.h5")
    with h5py.File(tmp_path / "m.weights.h5") as file:
        kernel = file["layers/dense/vars/0"]
        assert kernel.dtype == np.dtype("V2")
        assert kernel.attrs["dtype"] == "bfloat16"
        in_file = fresh(model)
        load_weights(in_file, file)
        assert_equal(values(in_file), values(model))
    save_model(model, tmp_path / "m.keras")
    again = fresh(model)
    load_weights(again, tmp_path / "m.weights.h5")
    for other in (again, load_model(tmp_path / "m.keras")):
        assert_equal(values(other), values(model))
        np.testing.assert_array_equal(other.weights[0].value[1:2], model.weights[0].value[1:2])
    plain = Sequential([Dense(2, input_shape=(3,))])
    load_weights(plain, tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(plain.weights[0].numpy(), np.arange(6.0).reshape(3, 2))


def test_bfloat16_of_keras_2(tmp_path: Path) -> None:
    """It writes what it cannot read itself: opaque bytes, with nothing that says so."""
    model = Sequential([Dense(2, input_shape=(3,), dtype="bfloat16", name="d")])
    for name, options in {"m.h5": {}, "m.weights.h5": {"save_format": "tf_keras"}}.items():
        with pytest.raises(UnsupportedFormatError, match="no Keras version reads bfloat16 back"):
            save_weights(model, tmp_path / name, **options)
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["layer_names"] = [b"d"]
        file.attrs["keras_version"] = b"2.15.0"
        group = file.create_group("d")
        group.attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        for name, value in zip(("kernel", "bias"), values(model), strict=True):
            group[f"d/{name}:0"] = (value + 1).astype(value.dtype).view("V2")
    again = fresh(model)
    load_weights(again, tmp_path / "m.h5")
    assert_equal(values(again), [(value + 1).astype(value.dtype) for value in values(model)])
