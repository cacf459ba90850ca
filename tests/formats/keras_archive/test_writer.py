"""Archives that are written: round trips, layout, and what a dialect lacks."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt import ir
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.errors import InvalidModelError, UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.formats.keras_archive import reader, writer
from kerasfmt.layers import BatchNormalization, Dense, LeakyReLU, ThresholdedReLU
from tests.formats.keras_archive.build import DIALECTS, members, one_layer, small, write


@pytest.mark.parametrize("dialect", DIALECTS)
def test_round_trip(tmp_path: Path, dialect: str) -> None:
    model = small()
    again = reader.load(write(tmp_path / "m.keras", model, dialect))
    assert again.get_config() == model.get_config()
    for mine, other in zip(model.weights, again.weights, strict=True):
        assert mine.name == other.name
        assert isinstance(other.value, LazyDataset)
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    before, after = model.training_config, again.training_config
    assert before is not None
    assert after is not None
    assert after.config["loss"] == "mse"
    assert after.config["metrics"] == ["mae"]
    assert after.optimizer_config["learning_rate"] == 0.5
    assert [v.name for v in after.variables] == [v.name for v in before.variables]
    for mine, other in zip(before.variables, after.variables, strict=True):
        np.testing.assert_array_equal(mine.numpy(), other.numpy())
    assert reader.load(tmp_path / "m.keras", compile=False).training_config is None


def test_without_the_optimizer(tmp_path: Path) -> None:
    writer.write(small(), tmp_path / "m.keras", include_optimizer=False)
    stored = reader.open_archive(tmp_path / "m.keras")
    assert "compile_config" not in stored.config
    assert "optimizer" not in stored.variables


def test_layout(tmp_path: Path) -> None:
    found = reader.open_archive(write(tmp_path / "m.keras"))
    assert {path: len(held) for path, held in found.variables.items()} == {
        "layers/dense": 2,
        "layers/batch_normalization": 4,
        "layers/dense_1": 2,
        "optimizer": 14,
    }
    with h5py.File(io.BytesIO(members(tmp_path / "m.keras")["model.weights.h5"])) as file:
        assert file["layers/dense_1/vars"].attrs["name"] == "out"
        assert file["layers/dropout/vars"].attrs["name"] == "drop"
        np.testing.assert_array_equal(file["optimizer/vars/1"], np.float32(0.5))


def test_the_front_door(tmp_path: Path) -> None:
    for save_format, version in ((None, "3"), ("keras", "3"), ("tf_keras", "2")):
        kerasfmt.save_model(small(), tmp_path / "m.keras", save_format=save_format)
        stored = reader.open_archive(tmp_path / "m.keras")
        assert stored.keras_version is not None
        assert stored.keras_version[0] == version
        assert kerasfmt.load_model(tmp_path / "m.keras").name == "small"
    with pytest.raises(UnsupportedFormatError, match="holds no signatures"):
        kerasfmt.save_model(small(), tmp_path / "n.keras", signatures={})
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]


REFUSED: list[tuple[Callable[[], ir.Layer], str]] = [
    (lambda: Dense(2, name="x/y"), r"layer x/y \(Dense\): Keras 3 has no names with a slash; replace it"),
    (lambda: ThresholdedReLU(name="x"), r"layer x \(ThresholdedReLU\): Keras 3 has no such layer"),
    (lambda: Dense(2, activation="hard_sigmoid", name="x"), "hard_sigmoid is another function"),
    (lambda: Dense(2, kernel_constraint="RadialConstraint", name="x"), "no constraint RadialConstraint"),
    (lambda: BatchNormalization(axis=[1, 2], name="x"), r"option axis: Keras 3 takes one axis, got \[1, 2\]"),
]


@pytest.mark.parametrize(("layer", "said"), REFUSED, ids=[row[1][:20] for row in REFUSED])
def test_what_keras_3_lacks(tmp_path: Path, layer: Callable[[], ir.Layer], said: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=said):
        write(tmp_path / "m.keras", one_layer(layer(), (3, 3)))
    assert not (tmp_path / "m.keras").exists()


def test_what_keras_2_lacks(tmp_path: Path) -> None:
    with pytest.raises(
        UnsupportedLayerError, match=r"layer hidden \(Dense\).*Keras 2 has no activation 'celu'"
    ):
        write(tmp_path / "m.keras", small("celu"), "tf_keras")


@pytest.mark.parametrize("name", ["m.keras", "w.weights.h5", "m.h5"])
def test_names_with_a_zero_byte_are_refused(tmp_path: Path, name: str) -> None:
    model = one_layer(kerasfmt.layers.Dense(2, name="a\0b"), (3,))
    save = kerasfmt.save_weights if name.startswith("w.") else kerasfmt.save_model
    with pytest.raises(InvalidModelError, match=r"zero bytes?; rename the layer"):
        save(model, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_keras_2_has_no_archive_of_an_ellipsis(tmp_path: Path) -> None:
    x = kerasfmt.Input((3, 4))
    first = {"start": 0, "stop": 1, "step": None}
    spec = [{"class_name": "__ellipsis__"}, first]
    sliced = kerasfmt.layers.SlicingOpLambda("__operators__.getitem", name="sliced")(x, slice_spec=spec)
    model = kerasfmt.Model(x, sliced)
    with pytest.raises(UnsupportedLayerError, match=r"layer sliced \(SlicingOpLambda\): .*an Ellipsis"):
        kerasfmt.save_model(model, tmp_path / "m.keras", save_format="tf_keras")
    assert not list(tmp_path.iterdir())
    kerasfmt.save_model(model, tmp_path / "m.h5")
    assert kerasfmt.load_model(tmp_path / "m.h5").get_config() == model.get_config()


def test_options_that_keras_3_names_otherwise(tmp_path: Path) -> None:
    for layer in (LeakyReLU(0.25), Dense(2, activation="hard_sigmoid_keras3"), BatchNormalization(axis=[1])):
        model = one_layer(layer)
        write(tmp_path / "m.keras", model)
        config = json.loads(members(tmp_path / "m.keras")["config.json"])["config"]["layers"][1]["config"]
        assert config.get("negative_slope") == (0.25 if isinstance(layer, LeakyReLU) else None)
        assert config.get("activation") in ("hard_sigmoid", None)
        assert config.get("axis") in (1, None)
        x = np.linspace(-4, 4, 8, dtype=np.float32).reshape(2, 4)
        np.testing.assert_array_equal(reader.load(tmp_path / "m.keras").predict(x), model.predict(x))
        (tmp_path / "m.keras").unlink()
