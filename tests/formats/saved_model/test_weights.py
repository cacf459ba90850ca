"""Which variables of a SavedModel the weights of a model are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.formats.saved_model.weights import load_weights, match
from kerasfmt.ir import Layer, Model, fields
from kerasfmt.ir.weight import Weight
from tests.formats.saved_model.saved import save, small
from tests.formats.saved_model.stored_edits import edit_saved_model


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    kerasfmt.clear_session()
    yield
    kerasfmt.clear_session()


class Scaled(Layer):
    """A layer of a user's own."""

    scale: Weight = fields.weight()

    def build(self, inputs: Any) -> None:
        self.add_weight("scale", (2,), initializer=kerasfmt.initializers.Ones())

    def call(self, inputs: Any) -> Any:
        return kerasfmt.graph.ops.multiply(inputs, self.scale)


def _zeroed(model: Model) -> Model:
    model.set_weights([np.zeros(weight.shape, weight.dtype.numpy) for weight in model.weights])
    return model


def _same(model: Model, expected: Model) -> bool:
    pairs = zip(model.get_weights(), expected.get_weights(), strict=True)
    return all(np.array_equal(ours, theirs) for ours, theirs in pairs)


def test_every_layer_and_weight_has_its_object(tmp_path: Path) -> None:
    model = small()
    stored = open_saved_model(save(model, tmp_path / "m").directory)
    found = match(model, stored.root)
    assert [layer.name for layer in found.layers] == [
        "small",
        "x",
        "inner",
        "y",
        "norm",
        "shared",
        "drop",
        "out",
    ]
    assert found.weights.keys() == set(model.weights)
    assert {place.variable.name for place in found.weights.values()} == {w.name for w in model.weights}
    norm = next(layer for layer in found.layers if layer.name == "norm")
    assert found.layers[norm].path == ("layer-1", "layer-1")


def test_a_layer_whose_weights_have_other_names_takes_them_in_order(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, use_bias=False, input_shape=(2,), name="a")])
    directory = save(model, tmp_path / "m").directory

    def rename(meta: Any) -> None:
        for node in meta.object_graph_def.nodes:
            for child in node.children:
                if child.local_name == "kernel":
                    child.local_name = "_v0"

    edit_saved_model(directory, rename)
    empty = _zeroed(kerasfmt.model_from_config(model.described()))
    load_weights(empty, directory)
    assert _same(empty, model)


def test_layers_by_their_places_or_their_names(tmp_path: Path) -> None:
    def build(first: str, second: str) -> Model:
        layers = kerasfmt.layers
        return kerasfmt.Sequential(
            [layers.Dense(2, input_shape=(2,), name=first), layers.Dense(2, name=second)]
        )

    model = build("a", "b")
    directory = save(model, tmp_path / "m").directory
    renamed = _zeroed(build("p", "q"))
    load_weights(renamed, directory)
    assert _same(renamed, model)
    swapped = _zeroed(build("b", "a"))
    load_weights(swapped, directory, by_name=True)
    np.testing.assert_array_equal(swapped.get_weights()[0], model.get_weights()[2])
    np.testing.assert_array_equal(swapped.get_weights()[2], model.get_weights()[0])
    other = _zeroed(build("b", "z"))
    load_weights(other, directory, by_name=True)
    assert not other.get_weights()[2].any()


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    def build(*units: int) -> Model:
        layers = [kerasfmt.layers.Dense(n, name=f"layer{i}") for i, n in enumerate(units)]
        return kerasfmt.Sequential([kerasfmt.layers.InputLayer(input_shape=(2,)), *layers])

    directory = save(build(2, 3), tmp_path / "m").directory
    other = _zeroed(build(2, 4))
    with pytest.raises(
        InvalidModelError, match=r"layer layer1 \(Dense\): weight layer1/kernel: expected shape"
    ):
        load_weights(other, directory)
    assert not any(array.any() for array in other.get_weights())
    with pytest.warns(UserWarning, match="expected shape") as warned:
        load_weights(other, directory, by_name=True, skip_mismatch=True)
    assert len(warned) == 2
    assert [array.any() for array in other.get_weights()] == [True, False, False, False]
    with pytest.raises(InvalidModelError, match="expected layer-2, the object of layer layer2"):
        load_weights(build(2, 3, 4), directory)
    with pytest.raises(ValueError, match="needs by_name=True"):
        load_weights(other, directory, skip_mismatch=True)


def test_a_weight_too_many_and_one_too_few(tmp_path: Path) -> None:
    def build(use_bias: bool) -> Model:
        return kerasfmt.Sequential([kerasfmt.layers.Dense(2, use_bias=use_bias, input_shape=(2,), name="a")])

    for stored in (True, False):
        directory = save(build(stored), tmp_path / f"m{stored}").directory
        with pytest.raises(InvalidModelError, match=r"layer a \(Dense\): expected \d weights?"):
            load_weights(build(not stored), directory)


def test_weights_are_cast(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(2,), name="a")])
    directory = save(model, tmp_path / "m").directory
    wide = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(2,), dtype="float64", name="a")])
    load_weights(wide, directory)
    np.testing.assert_array_equal(wide.get_weights()[0], model.get_weights()[0].astype("float64"))


def test_the_state_of_a_random_generator(tmp_path: Path) -> None:
    def build() -> Model:
        layers = [kerasfmt.layers.RandomFlip(input_shape=(4, 4, 3), name="flip"), kerasfmt.layers.Flatten()]
        return kerasfmt.Sequential(layers)

    model, again = build(), build()
    (flip, _) = model.layers
    assert flip.generator_state is not None
    flip.generator_state.value = np.array([7, 8, 9], np.int64)
    directory = save(model, tmp_path / "m").directory
    load_weights(again, directory)
    assert again.layers[0].generator_state is not None
    np.testing.assert_array_equal(again.layers[0].generator_state.numpy(), [7, 8, 9])
    still = kerasfmt.Sequential([kerasfmt.layers.Activation("relu", input_shape=(4, 4, 3), name="flip")])
    with pytest.warns(UserWarning, match="layer flip has no random generator; its state is left out"):
        load_weights(still, directory)


def test_layers_of_ones_own(tmp_path: Path) -> None:
    model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(2,), name="a"), Scaled(name="s")])
    directory = save(model, tmp_path / "m").directory
    again = kerasfmt.load_model(directory, custom_objects={"Scaled": Scaled})
    assert _same(again, model)


def test_objects_that_lead_back_to_themselves(tmp_path: Path) -> None:
    model = small()
    directory = save(model, tmp_path / "m").directory

    def tie(meta: Any) -> None:
        root = meta.object_graph_def.nodes[0]
        for child in root.children:
            if child.local_name.startswith("layer-"):
                child.node_id = 0

    edit_saved_model(directory, tie)
    with pytest.raises(InvalidModelError, match="expected layer inner, got small"):
        match(model, open_saved_model(directory).root)
    with pytest.raises(InvalidModelError):
        load_weights(model, directory)
