"""The words of Keras 2 in HDF5 files, and those that Keras 3 knows too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from kerasfmt import Functional, Input, Sequential
from kerasfmt.dialects.keras2_hdf5 import write_model
from kerasfmt.formats.hdf5.reader import load
from kerasfmt.formats.hdf5.stored import open_model
from kerasfmt.formats.hdf5.writer import write
from kerasfmt.layers import (
    GRU,
    RNN,
    Activation,
    BatchNormalization,
    Bidirectional,
    Conv2DTranspose,
    Dense,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Flatten,
    GRUCell,
    LeakyReLU,
    LSTMCell,
    MultiHeadAttention,
    SeparableConv2D,
    SpatialDropout2D,
    TimeDistributed,
)


def test_config_dialect(tmp_path: Path) -> None:
    entry = Input((3,), name="entry")
    x = Dense(2, name="a", kernel_regularizer="l2", kernel_constraint="max_norm", dtype="mixed_float16")(
        entry
    )
    write(Functional(entry, x), tmp_path / "m.h5")
    config = open_model(tmp_path / "m.h5").model_config["config"]["layers"][1]["config"]
    found = {key: value["module"] for key, value in config.items() if isinstance(value, dict)}
    assert found == {
        "dtype": "keras.mixed_precision",
        "kernel_initializer": "keras.initializers",
        "bias_initializer": "keras.initializers",
        "kernel_regularizer": "keras.regularizers",
        "kernel_constraint": "keras.constraints",
    }
    assert list(config["kernel_initializer"]) == ["module", "class_name", "config", "registered_name"]


def test_models_below_a_sequential_are_described_in_the_newer_way(tmp_path: Path) -> None:
    entry = Input((4, 3), name="entry")
    inner = Functional(entry, Dense(2, name="a")(entry), name="inner")
    write(Sequential([inner, Flatten(name="flat")], name="outer"), tmp_path / "m.h5")
    layers = open_model(tmp_path / "m.h5").model_config["config"]["layers"]
    assert [list(layer) for layer in layers] == [["class_name", "config"]] * 3
    nested = layers[1]["config"]["layers"][1]
    assert list(nested) == [
        "module",
        "class_name",
        "config",
        "registered_name",
        "build_config",
        "name",
        "inbound_nodes",
    ]
    assert nested["build_config"] == {"input_shape": [None, 4, 3]}
    assert load(tmp_path / "m.h5").layers[0].name == "inner"


@pytest.mark.parametrize("name", ["leaky_relu", "log_softmax", "relu6"])
def test_activations_of_tensorflow_that_keras_2_knows(tmp_path: Path, name: str) -> None:
    write(Sequential([Activation(name, input_shape=(3,))]), tmp_path / "m.h5")
    assert load(tmp_path / "m.h5").layers[0].get_config()["activation"] == name


def test_a_model_of_keras3_is_written_in_words_of_both() -> None:
    layers = [
        SeparableConv2D(4, 3, input_shape=(9, 9, 3)),
        DepthwiseConv2D(3),
        SpatialDropout2D(0.5),
        BatchNormalization(axis=-1, dtype="mixed_float16"),
        Conv2DTranspose(2, 3),
    ]
    model = Sequential(layers, name="m")
    before = write_model(model)
    model.made_by_keras = 3
    found = {entry["class_name"]: entry["config"] for entry in write_model(model)["config"]["layers"]}
    only_keras2 = {"groups", "kernel_initializer", "kernel_regularizer", "kernel_constraint"}
    assert not only_keras2 & found["SeparableConv2D"].keys()
    assert "groups" not in found["DepthwiseConv2D"]
    assert "groups" not in found["Conv2DTranspose"]
    assert not {"trainable", "noise_shape"} & found["SpatialDropout2D"].keys()
    assert found["BatchNormalization"]["axis"] == 3
    assert found["BatchNormalization"]["dtype"] == "mixed_float16"
    model.made_by_keras = 2
    assert write_model(model) == before
    assert before["config"]["layers"][4]["config"]["axis"] == [3]


def test_options_that_keras3_lacks_stay_where_they_say_something() -> None:
    model = Sequential([DepthwiseConv1D(3, groups=1, input_shape=(9, 4)), LeakyReLU(0.1)], name="m")
    model.made_by_keras = 3
    assert write_model(model)["config"]["layers"][-1]["config"]["alpha"] == pytest.approx(0.1)


def test_the_shapes_that_keras2_needs_stay() -> None:
    x = Input((3, 4))
    model = Functional(x, MultiHeadAttention(2, 3)(x, value=x))
    model.made_by_keras = 3
    with pytest.warns(UserWarning, match="tensors by name"):
        config = write_model(model)["config"]["layers"][1]["config"]
    assert config["query_shape"] == config["value_shape"] == config["key_shape"] == [None, 3, 4]


@pytest.mark.parametrize(("version", "stated"), [(None, False), ("2.20.1", False), ("2.21.0", True)])
def test_inputs_state_that_they_are_not_optional_where_the_live_model_does(
    version: str | None, stated: bool
) -> None:
    inner = Sequential([Dense(2, input_shape=(3,))])
    entry = Input((3,), name="entry")
    model = Functional(entry, inner(entry))
    model.keras2_version = version
    outer, nested = write_model(model)["config"]["layers"]
    for found in (outer, nested["config"]["layers"][0]):
        assert found["class_name"] == "InputLayer"
        assert found["config"].get("optional", "nothing") == (False if stated else "nothing")


def test_layers_inside_of_layers_leave_out_what_keras3_lacks() -> None:
    x = Input((2, 5, 3))
    ways = [RNN([LSTMCell(2), GRUCell(2)], go_backwards=backwards) for backwards in (False, True)]
    model = Functional(x, TimeDistributed(Bidirectional(ways[0], backward_layer=ways[1]))(x))
    outer = write_model(model)["config"]["layers"][1]["config"]["layer"]["config"]
    assert outer["layer"]["config"]["time_major"] is False
    model.made_by_keras = 3
    outer = write_model(model)["config"]["layers"][1]["config"]["layer"]["config"]
    for side in ("layer", "backward_layer"):
        assert "time_major" not in outer[side]["config"]
        assert [cell["class_name"] for cell in outer[side]["config"]["cell"]["config"]["cells"]] == [
            "LSTMCell",
            "GRUCell",
        ]


def test_initial_states_that_keras3_does_not_read() -> None:
    x, state = Input((5, 3)), Input((4,))
    model = Functional([x, state], GRU(4, name="late")(x, initial_state=state), name="m")
    write_model(model)
    model.made_by_keras = 3
    with pytest.warns(UserWarning, match="model m: the calls of late take initial states"):
        write_model(model)


@pytest.mark.parametrize("name", ["mask", "attention_mask", "dict"])
def test_calls_that_keras_3_does_not_read_are_named(name: str) -> None:
    x, mask = kerasfmt.Input((4, 3), name="x"), kerasfmt.Input((4,), dtype="bool", name="mask")
    square = kerasfmt.Input((4, 4), dtype="bool", name="square")
    inner = kerasfmt.Model({"a": x, "b": mask}, kerasfmt.layers.LSTM(2)(x), name="inner")
    made = {
        "mask": lambda: kerasfmt.layers.LSTM(2, name="late")(x, mask=mask),
        "attention_mask": lambda: kerasfmt.layers.MultiHeadAttention(1, 2, name="late")(
            x, x, attention_mask=square
        ),
        "dict": lambda: inner({"a": x, "b": mask}),
    }
    model = kerasfmt.Model([x, mask, square], made[name](), name="m")
    model.made_by_keras = 3
    with pytest.warns(
        UserWarning, match="the calls of (late|inner) take .* tensors by name or dicts, which Keras 3"
    ):
        write_model(model)


def test_layers_that_several_configs_describe_are_numbered() -> None:
    from kerasfmt.dialects.keras2_hdf5 import _shared_layers, _with_numbers
    from kerasfmt.ir.revived import Record, RevivedLayer

    inner = kerasfmt.layers.Dense(2, name="inner")
    stated = {"inner": {"class_name": "Dense", "config": {"name": "inner"}}, "units": 2}

    class Holder(RevivedLayer, register=False):
        def run(self, inputs: Any, kwargs: Any, training: Any, context: Any) -> Any:
            return inputs

        def output_specs(self, inputs: Any, kwargs: Any, training: Any, context: Any) -> Any:
            return inputs

        signature = kerasfmt.layers.Activation("relu").signature  # type: ignore[assignment]
        takes_training = False  # type: ignore[assignment]

    def holder(name: str) -> RevivedLayer:
        record = Record(
            {"class_name": "Holder", "config": stated}, "_tf_keras_layer", "test", tracked={"inner": inner}
        )
        made = Holder(record, name=name)
        made.hold({"inner": inner})
        assert made.stated_layers == {"inner": inner}
        return made

    x = kerasfmt.Input((3,))
    model = kerasfmt.Model(x, [holder("one")(x), holder("two")(x)])
    numbers = _shared_layers(model)
    assert numbers == {inner: 0}
    config = {"layers": [{"name": layer.name, "config": dict(stated)} for layer in model.layers]}
    config["layers"][0]["config"] = {}
    told = _with_numbers(model, config, numbers)
    assert [entry["config"].get("inner", {}).get("shared_object_id") for entry in told["layers"]] == [
        None,
        0,
        0,
    ]
    alone = kerasfmt.Model(x, holder("three")(x))
    assert _shared_layers(alone) == {}
