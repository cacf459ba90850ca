from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kerasfmt import Input, Model, ir, model_from_config
from kerasfmt.dialects import keras3
from kerasfmt.dialects.keras3 import keras3_to_keras2
from kerasfmt.dialects.keras3_masks import drop_implied_masks, name_operation_modules, refuse_other_masks
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.formats.keras_archive import reader
from kerasfmt.layers import GRU, Add, Dense, Embedding, MultiHeadAttention, Softmax
from kerasfmt.layers.keras3_ops import module_of
from tests.formats.keras_archive.build import add_ops, masked_model, members, op, respelt, tensor, write
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("kind", "module"),
    [("ConvertToTensor", "core"), ("OneHot", "nn"), ("Rsqrt", "math"), ("Norm", "linalg"), ("Add", "numpy")],
)
def test_an_operation_of_an_hdf5_file_gets_the_module_that_keras3_finds_it_in(kind: str, module: str) -> None:
    entry = {"class_name": kind, "config": {"name": "x"}, "inbound_nodes": [{"args": [], "kwargs": {}}]}
    assert name_operation_modules([entry])[0]["module"] == module_of(kind) == f"keras.src.ops.{module}"


@pytest.mark.parametrize("kind", ["SpatialDropout1D", "Discretization", "HashedCrossing"])
def test_a_layer_that_does_not_say_whether_it_is_trainable(kind: str) -> None:
    entry = {"class_name": kind, "config": {"name": "x"}, "inbound_nodes": [{"args": [], "kwargs": {}}]}
    assert name_operation_modules([entry]) == [entry]


def test_masks_that_keras_3_computes_by_ops(tmp_path: Path) -> None:
    model = masked_model()
    path = respelt(write(tmp_path / "m.keras", model), lambda config: add_ops(config, 0))
    x = np.array([[1, 0, 2]], np.int32)
    np.testing.assert_array_equal(reader.load(path).predict(x), model.predict(x))


def test_a_mask_of_the_users_own_is_not_dropped(tmp_path: Path) -> None:
    for compared, kept in ((0, False), (1, True)):
        path = respelt(
            write(tmp_path / f"{compared}.keras", masked_model()), lambda c, n=compared: add_ops(c, n)
        )
        layers = keras3_to_keras2(reader.open_archive(path).config)["config"]["layers"]
        assert ("not_equal" in [layer["name"] for layer in layers]) == kept
        assert ("mask" in layers[-1]["inbound_nodes"][0]["kwargs"]) == kept
        assert "training" not in layers[-1]["inbound_nodes"][0]["kwargs"]


def joined(config: dict[str, Any]) -> None:
    """Adds the table's output to itself before the pool, which takes the mask that Keras 3 makes of both."""
    layers = config["config"]["layers"]
    layers.insert(2, op("not_equal", "NotEqual", tensor("tokens", [None, 3]), 0))
    both = op("both", "Add", tensor("table", [None, 3, 2]), tensor("table", [None, 3, 2]))
    layers.insert(3, both)
    mask = tensor("not_equal", [None, 3])
    layers.insert(4, op("either", "LogicalOr", mask, mask))
    layers[-1]["inbound_nodes"][0] = {
        "args": [tensor("both", [None, 3, 2])],
        "kwargs": {"mask": tensor("either", [None, 3])},
    }


def test_joined_masks_stay_operations(tmp_path: Path) -> None:
    model = reader.load(respelt(write(tmp_path / "m.keras", masked_model()), joined))
    assert {"not_equal", "either", "both"} <= {layer.name for layer in model.layers}
    x = np.array([[1, 0, 2]], np.int32)
    expected = 2 * model.get_layer("table").weights[0].numpy()[[1, 2]].mean(0, keepdims=True)
    np.testing.assert_allclose(model.predict(x), expected, rtol=1e-6)
    entries = json.loads(members(write(tmp_path / "again.keras", model))["config.json"])["config"]["layers"]
    again = {entry["name"]: entry for entry in entries}
    assert again["either"]["module"] == "keras.src.ops.numpy"
    assert again["either"]["class_name"] == again["either"]["registered_name"] == "LogicalOr"
    assert [a["config"]["keras_history"] for a in again["either"]["inbound_nodes"][0]["args"]] == [
        ["not_equal", 0, 0]
    ] * 2
    np.testing.assert_array_equal(reader.load(tmp_path / "again.keras").predict(x), model.predict(x))


def test_a_mask_that_keras_3_does_not_hand_on(tmp_path: Path) -> None:
    def without(config: dict[str, Any]) -> None:
        config["config"]["layers"][-1]["inbound_nodes"][0]["kwargs"] = {"mask": None}

    path = respelt(write(tmp_path / "m.keras", masked_model()), without)
    with pytest.raises(UnsupportedLayerError, match=r"layer pool .*: Keras 3 calls it without a mask"):
        reader.load(path)


def residual(same: bool) -> ir.Model:
    tokens = ir.Input((3,), dtype="int32", name="tokens")
    x = Embedding(5, 2, mask_zero=True, name="table")(tokens)
    x = Add(name="add")([x, Dense(2, name="dense")(x)]) if same else x
    return ir.Functional(tokens, MultiHeadAttention(1, 2, name="attention")(x, x), name="residual")


def test_joined_masks_of_attention(tmp_path: Path) -> None:
    """Keras 3 does not say what mask it takes; behind a merge it is another one than Keras 2's."""
    reader.load(write(tmp_path / "plain.keras", residual(False)))
    reader.load(write(tmp_path / "m.keras", residual(True), "tf_keras"))
    with pytest.raises(UnsupportedLayerError, match=r"layer attention .*makes in another way than Keras 3"):
        write(tmp_path / "m3.keras", residual(True))
    path = write(tmp_path / "m4.keras", residual(False))

    def respell(config: dict[str, Any]) -> None:
        layers = config["config"]["layers"]
        x = tensor("table", [None, 3, 2])
        add = {**layers[1], "class_name": "Add", "config": {"name": "add", "trainable": True}, "name": "add"}
        layers.insert(2, {**add, "inbound_nodes": [{"args": [[x, x]], "kwargs": {}}]})
        layers[-1]["inbound_nodes"] = [{"args": [tensor("add", [None, 3, 2])] * 2, "kwargs": {}}]

    with pytest.raises(UnsupportedLayerError, match=r"layer attention .*makes in another way than Keras 3"):
        reader.load(respelt(path, respell))


def chained(count: int) -> dict[str, Any]:
    """A mask that `count` layers hand on, each called with it."""
    layers = [op("not_equal", "NotEqual", tensor("x", [None, 3, 2]), 0.0)]
    layers.append(op("any", "Any", tensor("not_equal", [None, 3, 2])))
    layers[-1]["config"] |= {"axis": -1, "keepdims": False}
    masking = {"class_name": "Masking", "config": {"name": "m0", "mask_value": 0.0}, "name": "m0"}
    layers.append({**masking, "inbound_nodes": [{"args": [tensor("x", [None, 3, 2])], "kwargs": {}}]})
    for number in range(1, count):
        call = {
            "args": [tensor(f"m{number - 1}", [None, 3, 2])],
            "kwargs": {"mask": tensor("any", [None, 3])},
        }
        kept = {"class_name": "Dropout", "config": {"name": f"m{number}", "rate": 0.1}, "name": f"m{number}"}
        layers.append({**kept, "inbound_nodes": [call]})
    return {"layers": layers, "output_layers": [[f"m{count - 1}", 0, 0]]}


def side_by_side(count: int) -> dict[str, Any]:
    """`count` masking layers, each with the operations of its mask."""
    layers = []
    for number in range(count):
        part = chained(2)["layers"]
        text = json.dumps(part)
        for name in ("not_equal", "any", "m0", "m1"):
            text = text.replace(f'"{name}"', f'"{name}_{number}"')
        layers += json.loads(text.replace('"x"', f'"x_{number}"'))
    return {"layers": layers, "output_layers": [[f"m1_{number}", 0, 0] for number in range(count)]}


@pytest.mark.parametrize("config", [chained, side_by_side])
def test_masks_are_dropped_in_linear_work(config: Callable[[int], dict[str, Any]]) -> None:
    left = drop_implied_masks(config(5))
    assert not any("mask" in call["kwargs"] for entry in left for call in entry["inbound_nodes"])
    assert not {entry["class_name"] for entry in left} & {"NotEqual", "Any"}
    circle = chained(5)
    circle["layers"][2] |= {"class_name": "Dropout", "inbound_nodes": circle["layers"][-1]["inbound_nodes"]}
    assert drop_implied_masks(circle) == circle["layers"]

    def reading(count: int) -> Callable[[], object]:
        ready = config(count)
        return lambda: drop_implied_masks(ready)

    assert_linear(reading, 15)


def test_masks_of_a_call_that_many_inputs_share_are_found_in_linear_work() -> None:
    def reading(count: int) -> Callable[[], object]:
        inputs = [ir.Input((3, 2)) for _ in range(count)]
        both = Add()(inputs)
        last = Softmax()(Add()([both] * count))
        model = ir.Functional(inputs, last)
        return lambda: refuse_other_masks(model.layers)

    assert_linear(reading, 20)


def with_states(mask_zero: bool) -> Model:
    words, state = Input((5,), dtype="int32", name="words"), Input((4,), name="state")
    embedded = Embedding(9, 3, mask_zero=mask_zero, name="embedding")(words)
    return Model([words, state], GRU(4, name="late")(embedded, initial_state=state), name="m")


def test_a_mask_beside_initial_states(tmp_path: Path) -> None:
    """Keras 3 does not hand it on: the model would compute something else there."""
    write(tmp_path / "plain.keras", with_states(mask_zero=False))
    with pytest.raises(UnsupportedLayerError, match=r"layer late \(GRU\): takes a mask and initial states"):
        write(tmp_path / "m.keras", with_states(mask_zero=True))


@pytest.mark.parametrize("stated", [False, True])
def test_initial_states_without_a_mask_and_with_one(stated: bool) -> None:
    config = keras3.write_model(with_states(mask_zero=False))
    layers = {entry["name"]: entry for entry in config["config"]["layers"]}
    layers["embedding"]["config"]["mask_zero"] = True
    if stated:
        config["config"]["layers"].append(op("not_equal", "NotEqual", tensor("words", [None, 5]), 0))
        layers["late"]["inbound_nodes"][0]["kwargs"]["mask"] = tensor("not_equal", [None, 5])
        model = model_from_config(config, keras=3)
        assert model.get_layer("late").calls[0].flat_outputs[0].shape == (None, 4)
        return
    with pytest.raises(UnsupportedLayerError, match=r"layer late \(GRU\): Keras 3 calls it without a mask"):
        model_from_config(config, keras=3)
