"""Layers and models without their classes: what they keep, compute and are written as; what is refused."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import protos
from kerasfmt.errors import CorruptFileError, KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.formats.saved_model.stored import open_saved_model
from kerasfmt.formats.saved_model.training import without_numbers
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.revived_model import RevivedModel, revived_layers
from tests.formats.saved_model.revivable import (
    X,
    as_subclass,
    edit_objects,
    layered,
    loaded,
    place_of,
    subclass,
    without_classes,
)
from tests.formats.saved_model.saved import Saved, save, small
from tests.formats.saved_model.stored_edits import edit_metadata, edit_saved_model, with_metadata_inside
from tests.growth import assert_linear


def weights_of(model: kerasfmt.Model) -> list[tuple[str, Any]]:
    return [(weight.name, weight.numpy().tolist()) for weight in model.weights]


@pytest.mark.parametrize(
    "names", [("shared",), ("drop", "out"), ("norm",), ("norm", "shared", "drop", "out")]
)
def test_layers_keep_what_they_compute_and_hold(tmp_path: Path, names: tuple[str, ...]) -> None:
    model, directory = layered(tmp_path / "m", *names)
    found = loaded(directory)
    assert np.array_equal(found.predict(X), model.predict(X))
    assert weights_of(found) == weights_of(model)
    assert [layer.name for layer in found.layers] == [layer.name for layer in model.layers]
    assert {layer.name for layer in revived_layers(found)} == set(names)
    again = save(found, tmp_path / "again").directory
    assert np.array_equal(loaded(again).predict(X), model.predict(X))
    assert weights_of(loaded(again)) == weights_of(model)


def test_what_is_said_of_a_layer(tmp_path: Path) -> None:
    model, directory = layered(tmp_path / "m", "shared")
    found = loaded(directory)
    layer = found.get_layer("shared")
    assert isinstance(layer, RevivedLayer)
    assert layer.class_name == layer.keras_name == "Own>Thing"
    assert layer.get_config()["units"] == 3
    assert layer.get_config() is not layer.get_config()
    assert list(layer.weight_attributes) == ["kernel", "bias"]
    assert layer.penalizes_outputs
    assert len(layer.record.losses) == 1
    lines: list[str] = []
    found.summary(lines.append)
    assert "shared (Own>Thing)" in lines[0]
    first, second = (Saved(each).metadata for each in (directory, save(found, tmp_path / "n").directory))
    for path, content in first.items():
        for key in ("class_name", "name", "trainable", "build_input_shape", "input_spec", "inbound_nodes"):
            same = without_numbers(second[path].get(key)) == without_numbers(content.get(key))
            assert same, (path, key)
    assert model.get_layer("shared").trainable


def test_functions_are_written_as_they_were(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "shared", "norm")

    def spoil(meta: Any) -> None:  # what kerasfmt has no word for
        for function in meta.graph_def.library.function:
            function.attr["_of_somebody"].s = b"else"
            for node in function.node_def:
                node.experimental_debug_info.original_node_names.append(f"was {node.name}")

    edit_saved_model(directory, spoil)
    again = save(loaded(directory), tmp_path / "again").directory
    for name in ("shared", "norm"):
        first, second = (_bodies(each, name) for each in (directory, again))
        assert first == second
        assert first


def _bodies(directory: Path, name: str) -> list[bytes]:
    place = place_of(directory, name)
    library = {f.signature.name: f for f in place.stored.meta.graph_def.library.function}
    found, pending = [], []
    for child in place.children.values():
        pending.extend(child.object.message.function.concrete_functions)
    while pending:
        function = library[pending.pop()]
        function.signature.name = ""
        for node in function.node_def:
            for attr in node.attr.values():
                if attr.func.name in library and library[attr.func.name].signature.name:
                    pending.append(attr.func.name)
                    attr.func.name = "callee"
                elif attr.func.name:
                    attr.func.name = "callee"
        found.append(function.SerializeToString(deterministic=True))
    return sorted(found)


def test_a_subclass_is_revived_with_its_training_state(tmp_path: Path) -> None:
    model, directory = subclass(tmp_path / "m")
    found = loaded(directory)
    assert isinstance(found, RevivedModel)
    assert np.array_equal(found.predict(X), model.predict(X))
    assert weights_of(found) == weights_of(model)
    assert [w.name for w in found.trainable_weights] == [w.name for w in model.trainable_weights]
    assert {layer.name for layer in model.layers} == {layer.name for layer in found.layers}
    assert found.get_layer("shared").units == 3  # type: ignore[attr-defined]
    assert found.output_names == ["output_1"]
    assert found.optimizer.iterations == 7
    again = loaded(save(found, tmp_path / "again").directory)
    assert np.array_equal(again.predict(X), model.predict(X))
    assert again.optimizer.iterations == 7
    assert [v.numpy().tolist() for v in again.optimizer_variables()] == [
        v.numpy().tolist() for v in model.optimizer_variables()
    ]
    bare = save(found, tmp_path / "bare", include_optimizer=False).directory
    assert loaded(bare).training_config is None
    assert loaded(directory, compile=False).training_config is None


def test_new_weights_are_computed_with_and_saved(tmp_path: Path) -> None:
    model, directory = layered(tmp_path / "m", "shared", "out")
    found = loaded(directory)
    values = [weight + 1 for weight in model.get_weights()]
    model.set_weights(values)
    found.set_weights(values)
    assert np.array_equal(found.predict(X), model.predict(X))
    assert np.array_equal(loaded(save(found, tmp_path / "n").directory).predict(X), model.predict(X))
    found.trainable = False
    again = loaded(save(found, tmp_path / "o").directory)
    assert again.trainable_weights == []


def test_other_models_take_revived_layers(tmp_path: Path) -> None:
    model, directory = layered(tmp_path / "m", "shared")
    layer = loaded(directory).get_layer("shared")
    x = kerasfmt.Input((3,))
    built = kerasfmt.Model(x, kerasfmt.layers.ReLU()(layer(layer(x))))
    expected = kerasfmt.Model(
        x, kerasfmt.layers.ReLU()(model.get_layer("shared")(model.get_layer("shared")(x)))
    )
    assert np.array_equal(built.predict(X), expected.predict(X))
    assert np.array_equal(loaded(save(built, tmp_path / "n").directory).predict(X), expected.predict(X))


def test_metadata_inside_of_the_objects(tmp_path: Path) -> None:
    model, directory = layered(tmp_path / "m", "shared")
    with_metadata_inside(directory)
    assert np.array_equal(loaded(directory).predict(X), model.predict(X))


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_what_holds_no_functions_refuses(tmp_path: Path, suffix: str) -> None:
    _, directory = layered(tmp_path / "m", "shared")
    found = loaded(directory)
    with pytest.raises(UnsupportedLayerError, match=r"layer 'shared' of class 'Own>Thing'.*custom_objects"):
        kerasfmt.save_model(found, tmp_path / f"n{suffix}")
    assert not (tmp_path / f"n{suffix}").exists()
    with pytest.raises(UnsupportedLayerError, match="save_traces=False holds no functions"):
        kerasfmt.save_model(found, tmp_path / "n", save_traces=False)
    _, directory = subclass(tmp_path / "s")
    with pytest.raises(UnsupportedLayerError, match=r"layer 'small' of class 'Net'"):
        kerasfmt.save_model(loaded(directory), tmp_path / f"n{suffix}")


@pytest.mark.parametrize("name", ["w.h5", "w.npz", "checkpoint"])
@pytest.mark.parametrize("make", [layered, subclass])
def test_weights_alone_go_to_files(tmp_path: Path, make: Any, name: str) -> None:
    _, directory = make(tmp_path / "m", *(("shared",) if make is layered else ()))
    found, other = loaded(directory), loaded(directory)
    options = {"save_format": "tf"} if name == "checkpoint" else {}
    found.set_weights([weight + 1 for weight in found.get_weights()])
    kerasfmt.save_weights(found, tmp_path / name, **options)
    kerasfmt.load_weights(other, tmp_path / name)
    assert weights_of(other) == weights_of(found)


def test_a_class_that_is_given_goes_first(tmp_path: Path) -> None:
    class Thing(kerasfmt.layers.Dense, register=False):
        pass

    model, directory = layered(tmp_path / "m", "shared")
    found = loaded(directory, custom_objects={"Own>Thing": Thing})
    assert isinstance(found.get_layer("shared"), Thing)
    assert np.array_equal(found.predict(X), model.predict(X))

    class Wrong(kerasfmt.layers.Layer, register=False):
        pass

    with pytest.raises(UnsupportedLayerError, match="unknown option units"):
        loaded(directory, custom_objects={"Own>Thing": Wrong})
    _, directory = subclass(tmp_path / "s")
    with pytest.raises(
        UnsupportedLayerError, match="expected classes of layers, got a class for the model itself"
    ):
        loaded(directory, custom_objects={"Net": Wrong})


def test_a_given_class_for_a_layer_in_a_revived_model(tmp_path: Path) -> None:
    class Thing(kerasfmt.layers.Dense, register=False):
        pass

    model, directory = subclass(tmp_path / "m")
    without_classes(directory, ["out"])
    assert isinstance(loaded(directory).get_layer("out"), RevivedLayer)
    found = loaded(directory, custom_objects={"Own>Thing": Thing})
    assert isinstance(found.get_layer("out"), Thing)
    assert np.array_equal(found.predict(X), model.predict(X))


def test_files_without_functions_are_refused_by_name(tmp_path: Path) -> None:
    directory = without_classes(save(small(), tmp_path / "m", save_traces=False).directory, ["shared"])
    with pytest.raises(
        UnsupportedLayerError, match=r"'shared' of class 'Own>Thing'.*custom_objects.*save_traces=False"
    ):
        loaded(directory)
    directory = as_subclass(save(small(), tmp_path / "n", save_traces=False).directory)
    with pytest.raises(
        UnsupportedLayerError, match=r"model 'small' of class 'Net': expected.*save_traces=True"
    ):
        loaded(directory)


def test_an_option_that_is_not_known_is_no_obstacle(tmp_path: Path) -> None:
    model = small()
    directory = save(model, tmp_path / "m").directory

    def change(node: int, content: dict[str, Any]) -> dict[str, Any]:
        for entry in [content, *content["config"].get("layers", [])]:
            if entry.get("name") == "out":
                entry["config"]["activation"] = "my_activation"
        return content

    edit_metadata(directory, change)
    found = loaded(directory)
    assert isinstance(found.get_layer("out"), RevivedLayer)
    assert np.array_equal(found.predict(X), model.predict(X))


def test_other_inputs_than_traced_are_refused(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "shared")
    layer = loaded(directory).get_layer("shared")
    with pytest.raises(UnsupportedLayerError, match=r"layer 'shared'.*expected a function for inputs"):
        layer(kerasfmt.Input((5,)))


# Strangers' files.


def test_functions_that_call_themselves(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "shared")

    def change(meta: Any) -> None:
        for function in meta.graph_def.library.function:
            for node in function.node_def:
                if node.attr["f"].func.name:
                    node.attr["f"].func.name = function.signature.name

    edit_saved_model(directory, change)
    with pytest.raises(KerasfmtError, match="calls itself"):
        save(loaded(directory), tmp_path / "n")


@pytest.mark.parametrize("number", [-1, 10**6, 0])
def test_wrong_captures(tmp_path: Path, number: int) -> None:
    _, directory = layered(tmp_path / "m", "shared")

    def change(objects: Any) -> None:
        for concrete in objects.concrete_functions.values():
            concrete.bound_inputs[:] = [number for _ in concrete.bound_inputs]

    edit_objects(directory, change)
    with pytest.raises(KerasfmtError, match="captures object"):
        loaded(directory).predict(X)


def test_signatures_that_do_not_fit_their_functions(tmp_path: Path) -> None:
    _, directory = layered(tmp_path / "m", "shared")

    def change(objects: Any) -> None:
        for concrete in objects.concrete_functions.values():
            del concrete.bound_inputs[:]

    edit_objects(directory, change)
    with pytest.raises(KerasfmtError, match="expected 1 inputs and 1 outputs, got 3"):
        loaded(directory).predict(X)
    _, directory = layered(tmp_path / "n", "shared")
    edit_objects(directory, lambda objects: objects.concrete_functions.clear())
    with pytest.raises(CorruptFileError, match=r"expected a function '.*', got none"):
        loaded(directory)


def test_objects_that_hold_each_other(tmp_path: Path) -> None:
    model, directory = subclass(tmp_path / "m")

    def change(objects: Any) -> None:
        for number in (1, 2):  # every layer holds the model
            objects.nodes[number].children.add(node_id=0, local_name="parent")
        for node in objects.nodes:
            if node.user_object.identifier == "_tf_keras_layer":
                node.children.add(node_id=0, local_name="parent")

    edit_objects(directory, change)
    without_classes(directory, ["shared", "out"])
    found = loaded(directory)
    assert np.array_equal(found.predict(X), model.predict(X))
    again = save(found, tmp_path / "again").directory
    assert np.array_equal(loaded(again).predict(X), model.predict(X))
    stored = open_saved_model(again)
    assert place_of(again, "shared").child("parent") == stored.root.child("parent") or (
        place_of(again, "shared").object.children["parent"] == 0
    )


def levels(directory: Path, depth: int, width: int = 1) -> Path:
    """The file of a subclass that holds layers in levels, each layer holding all those of the next level."""
    _, directory = subclass(directory)
    count = depth * width
    first = len(open_saved_model(directory).objects)

    def change(objects: Any) -> None:
        for place in range(count):
            node = objects.nodes.add()
            node.user_object.identifier = "_tf_keras_layer"
            below = first + (place // width + 1) * width
            for number in range(below, below + width if below < first + count else below):
                node.children.add(node_id=number, local_name=f"layer{number}")
        objects.nodes[0].children.add(node_id=first, local_name="first")

    edit_objects(directory, change)
    path = directory / "keras_metadata.pb"
    held = protos.KerasSavedMetadata.FromString(path.read_bytes())
    for number in range(first, first + count):
        entry = held.nodes.add(node_id=number, identifier="_tf_keras_layer", node_path="root")
        entry.metadata = json.dumps({"class_name": "Deep", "name": f"deep{number}", "config": {}})
    path.write_bytes(held.SerializeToString())
    return directory


def test_long_chains_of_layers_are_refused(tmp_path: Path) -> None:
    assert len(revived_layers(loaded(levels(tmp_path / "m", 20)))) == 21
    with pytest.raises(UnsafeFileError, match="more than 40 deep"):
        loaded(levels(tmp_path / "n", 500))


def test_layers_that_are_held_in_many_ways_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError, match="paths lead to"):
        loaded(levels(tmp_path / "m", 30, width=2))


def test_many_objects_take_linear_time(tmp_path: Path) -> None:
    def make(count: int) -> Any:
        _, directory = subclass(tmp_path / f"m{count}")

        def change(objects: Any) -> None:
            first = len(objects.nodes)
            for place in range(count):
                objects.nodes.add().user_object.identifier = "trackable_list_wrapper"
                objects.nodes[0].children.add(node_id=first + place, local_name=f"held{place}")

        edit_objects(directory, change)
        return lambda: loaded(directory)

    assert_linear(make, 1000)


def test_an_optimizer_that_a_layer_tracks_is_named(tmp_path: Path) -> None:
    _, directory = subclass(tmp_path / "m")

    def change(objects: Any) -> None:
        variable = next(n for n, node in enumerate(objects.nodes) if node.WhichOneof("kind") == "variable")
        number = len(objects.nodes)
        node = objects.nodes.add()
        node.user_object.identifier = "optimizer"
        node.slot_variables.add(
            original_variable_node_id=variable, slot_name="m", slot_variable_node_id=variable
        )
        objects.nodes[0].children.add(node_id=number, local_name="second_optimizer")

    edit_objects(directory, change)
    with pytest.warns(UserWarning, match=r"second_optimizer: an optimizer .* slots are left out"):
        loaded(directory)


def test_an_object_that_is_not_read_is_refused_when_it_is_written(tmp_path: Path) -> None:
    model, directory = subclass(tmp_path / "m")

    def change(objects: Any) -> None:
        number = len(objects.nodes)
        objects.nodes.add().resource.SetInParent()
        objects.nodes[0].children.add(node_id=number, local_name="table")

    edit_objects(directory, change)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = loaded(directory)
    assert np.array_equal(found.predict(X), model.predict(X))
    with pytest.raises(
        UnsupportedLayerError,
        match=r"root.table: expected .*, got a resource; .* kerasfmt\.load_graph_model;",
    ):
        save(found, tmp_path / "n")


def test_a_layer_of_two_models(tmp_path: Path) -> None:
    kerasfmt.clear_session()
    shared = kerasfmt.layers.Dense(3, name="shared")
    y = kerasfmt.Input((3,))
    inner = kerasfmt.Model(y, shared(shared(y)), name="inner")
    x = kerasfmt.Input((3,))
    model = kerasfmt.Model(x, shared(inner(shared(x))))
    directory = without_classes(save(model, tmp_path / "m").directory, ["shared"])
    found = loaded(directory)
    assert np.array_equal(found.predict(X), model.predict(X))
    assert len(revived_layers(found)) == 2
    assert len(found.weights) == 2
    again = loaded(save(found, tmp_path / "n").directory)
    assert np.array_equal(again.predict(X), model.predict(X))
    assert len(again.weights) == 2
