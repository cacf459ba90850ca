"""Models from SavedModels."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.formats.saved_model.reader import load
from kerasfmt.ir import Model
from tests.formats.saved_model.saved import compiled, save, small
from tests.formats.saved_model.stored_edits import edit_metadata, edit_saved_model, with_metadata_inside


def _mixed() -> Model:
    kerasfmt.clear_session()
    layers = kerasfmt.layers
    inner = kerasfmt.Sequential(
        [layers.Dense(3, input_shape=(3,), name="d"), layers.Dropout(0.5)], name="inner"
    )
    x = kerasfmt.Input((4, 3), name="x", dtype="float16")
    y = layers.TimeDistributed(inner, name="each")(x)
    y = layers.MultiHeadAttention(2, 3, name="attend")(y, y)
    y = layers.Dense(2, dtype="mixed_float16", name="out")(y)
    model = Model({"x": x}, {"y": y}, name="mixed")
    inner.trainable = False
    return model


@pytest.mark.parametrize("build", [small, _mixed])
@pytest.mark.parametrize("traces", [True, False])
def test_models_come_back(tmp_path: Path, build: Any, traces: bool) -> None:
    model = build()
    directory = save(model, tmp_path / "m", save_traces=traces).directory
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = load(directory)
    assert again.get_config() == model.get_config()
    assert again.made_by_keras == 2
    assert [w.name for w in again.trainable_weights] == [w.name for w in model.trainable_weights]
    for ours, theirs in zip(again.weights, model.weights, strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), strict=True)


def test_texts_in_the_objects(tmp_path: Path) -> None:
    model = compiled()
    directory = save(model, tmp_path / "m").directory
    with_metadata_inside(directory)
    again = load(directory)
    assert again.get_config() == model.get_config()
    assert again.training_config is not None


def test_compile_false_leaves_the_compile_state(tmp_path: Path) -> None:
    directory = save(compiled(), tmp_path / "m").directory
    assert load(directory, compile=False).training_config is None
    assert load(directory).training_config is not None


def test_what_keras_says_beside_the_config(tmp_path: Path) -> None:
    layers = kerasfmt.layers
    model = kerasfmt.Sequential([layers.Dense(2, input_shape=(2,), name="a"), layers.Dense(2, name="b")])
    directory = save(model, tmp_path / "m").directory

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        if content["class_name"] == "Sequential":
            content["dtype"] = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
        if content["name"] == "b":
            content["trainable"] = False
        return content

    edit_metadata(directory, change)
    again = load(directory)
    assert again.policy.name == "mixed_float16"
    assert [weight.name for weight in again.trainable_weights] == ["a/kernel", "a/bias"]


def test_a_frozen_model_freezes_its_layers(tmp_path: Path) -> None:
    layers = kerasfmt.layers
    model = kerasfmt.Sequential([layers.Dense(2, input_shape=(2,)), layers.Dense(2)])
    model.trainable = False
    again = load(save(model, tmp_path / "m").directory)
    assert again.trainable is False
    assert again.trainable_weights == []
    assert again.get_config() == model.get_config()


def test_a_subclass_that_is_made_of_inputs_and_outputs_is_functional(tmp_path: Path) -> None:
    model = small()
    directory = save(model, tmp_path / "m").directory

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        return {**content, "class_name": "MyModel"} if node == 0 else content

    edit_metadata(directory, change)
    again = load(directory)
    assert again.get_config() == model.get_config()
    assert type(again) is kerasfmt.Functional
    metadata = save(again, tmp_path / "again").metadata
    assert metadata["root"]["class_name"] == metadata["root"]["model_config"]["class_name"] == "MyModel"
    assert metadata["root.layer_with_weights-0"]["class_name"] == "Functional"


def test_models_that_are_code(tmp_path: Path) -> None:
    directory = save(small(), tmp_path / "m", save_traces=False).directory

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        if node:
            return content
        return {**content, "class_name": "MyModel", "is_graph_network": False, "config": {"depth": 3}}

    edit_metadata(directory, change)
    with pytest.raises(
        UnsupportedLayerError, match=r"root: model 'small' of class 'MyModel': expected a Functional"
    ):
        load(directory)


def test_layers_that_are_not_known(tmp_path: Path) -> None:
    directory = save(small(), tmp_path / "m", save_traces=False).directory

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        for entry in content["config"].get("layers", []):
            if entry["class_name"] == "Dropout":
                entry["class_name"] = "Pkg>Own"
        return content

    edit_metadata(directory, change)
    with pytest.raises(
        UnsupportedLayerError,
        match=r"m: root: model small: layer 'drop' of class 'Pkg>Own': kerasfmt does not",
    ):
        load(directory)


def test_saved_models_of_nothing_like_keras(tmp_path: Path) -> None:
    directory = save(small(), tmp_path / "m").directory
    (directory / "keras_metadata.pb").unlink()
    with pytest.raises(UnsupportedFormatError, match="a SavedModel without a Keras model"):
        load(directory)

    def change(meta: Any) -> None:
        meta.ClearField("object_graph_def")

    edit_saved_model(directory, change)
    with pytest.raises(UnsupportedFormatError, match="a SavedModel without a Keras model"):
        load(directory)


def test_signatures_of_ones_own_are_named(tmp_path: Path) -> None:
    model = small()

    def body(x: Any) -> Any:
        return model.apply(x)

    signature = kerasfmt.Signature(body, {"x": kerasfmt.Spec((None, 3), kerasfmt.dtypes.float32)})
    directory = save(model, tmp_path / "m", signatures={"mine": signature}).directory
    with pytest.warns(UserWarning, match="signatures other than serving_default are left out: mine"):
        load(directory)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"config": {"layers": 3}},
        {"config": {"layers": [3]}},
        {"config": {"layers": [{"class_name": "Dense", "config": []}]}},
        {"config": {"layers": [{"class_name": "Dense"}]}},
        {"dtype": "float33"},
        {"dtype": []},
        {"training_config": 3},
        {"training_config": {"optimizer_config": 3}},
    ],
)
def test_texts_that_are_no_model(tmp_path: Path, spoilt: dict[str, Any]) -> None:
    directory = save(compiled(), tmp_path / "m").directory
    edit_metadata(directory, lambda node, content: {**content, **spoilt} if node == 0 else content)
    with pytest.raises(KerasfmtError, match="m: root: "):
        load(directory)


def test_names_that_no_object_has(tmp_path: Path) -> None:
    directory = save(small(), tmp_path / "m").directory
    edit_metadata(directory, lambda node, content: {**content, "name": "other"} if node else content)
    with pytest.raises(InvalidModelError, match="expected layer inner, got other"):
        load(directory)


@pytest.mark.parametrize("declared", [True, False])
def test_whether_a_sequential_model_checks_its_input(declared: bool, tmp_path: Path) -> None:
    model = kerasfmt.Sequential(
        [kerasfmt.layers.Dense(2, **({"input_shape": (3,)} if declared else {}), name="d")]
    )
    if not declared:
        model.build_for((None, 3))
    kerasfmt.save_model(model, tmp_path / "m")
    found = kerasfmt.load_model(tmp_path / "m")
    assert (found.input_spec() is not None) is declared
