"""Configs of Keras 1, as its get_config writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import layers
from kerasfmt.dialects.keras1 import keras1_to_keras2
from kerasfmt.errors import UnsupportedLayerError
from tests.formats.hdf5.build import write_model

L2 = {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.01}
DENSE = {
    "init": "glorot_uniform",
    "activation": "linear",
    "output_dim": 2,
    "W_regularizer": None,
    "b_regularizer": None,
    "activity_regularizer": None,
    "W_constraint": None,
    "b_constraint": None,
    "bias": True,
    "input_dim": None,
}
RECURRENT = {
    "return_sequences": False,
    "go_backwards": False,
    "stateful": False,
    "unroll": False,
    "consume_less": "cpu",
    "input_dim": 4,
    "input_length": None,
    "output_dim": 4,
    "init": "glorot_uniform",
    "inner_init": "orthogonal",
    "activation": "tanh",
    "inner_activation": "hard_sigmoid",
    "W_regularizer": None,
    "U_regularizer": None,
    "b_regularizer": None,
    "dropout_W": 0.0,
    "dropout_U": 0.0,
}
CONVOLUTION = {
    "nb_filter": 3,
    "init": "glorot_uniform",
    "activation": "relu",
    "border_mode": "same",
    "W_regularizer": None,
    "b_regularizer": None,
    "activity_regularizer": None,
    "W_constraint": None,
    "b_constraint": None,
    "bias": True,
}


def entry(kind: str, name: str, config: Any, *inputs: str) -> dict[str, Any]:
    node = [[[source, 0, 0] for source in inputs]] if inputs else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, "trainable": True, **config},
        "inbound_nodes": node,
    }


def made(kind: str, **config: Any) -> layers.Layer:
    """The layer of a config of Keras 1."""
    told = keras1_to_keras2({"class_name": kind, "config": {"name": "it", "trainable": True, **config}})
    return getattr(layers, told["class_name"]).from_config(told["config"])


def test_dense() -> None:
    layer = made(
        "Dense",
        **{
            **DENSE,
            "W_regularizer": L2,
            "W_constraint": {"name": "MaxNorm", "m": 2, "axis": 0},
            "bias": False,
        },
    )
    config = layer.get_config()
    assert (config["units"], config["use_bias"]) == (2, False)
    assert config["kernel_initializer"]["class_name"] == "GlorotUniform"
    assert config["kernel_regularizer"]["class_name"] == "L1L2"
    assert config["kernel_regularizer"]["config"]["l2"] == pytest.approx(0.01)
    assert config["kernel_constraint"]["config"] == {"max_value": 2, "axis": 0}


@pytest.mark.parametrize(("less", "implementation"), [("cpu", 1), ("mem", 1), ("gpu", 2)])
def test_recurrent_layers(less: str, implementation: int) -> None:
    lstm = made("LSTM", **RECURRENT | {"consume_less": less, "dropout_W": 0.2}, forget_bias_init="one")
    config = lstm.get_config()
    assert config["recurrent_activation"] == "hard_sigmoid"
    assert (config["unit_forget_bias"], config["dropout"]) == (True, pytest.approx(0.2))
    assert config["implementation"] == implementation


def test_convolutions_and_what_goes_with_them() -> None:
    plane = {**CONVOLUTION, "nb_row": 3, "nb_col": 2, "subsample": [2, 1], "dim_ordering": "th"}
    config = made("Convolution2D", **plane).get_config()
    assert (config["kernel_size"], config["strides"], config["padding"]) == ((3, 2), (2, 1), "same")
    assert (config["filters"], config["data_format"]) == (3, "channels_first")
    line = {**CONVOLUTION, "filter_length": 4, "subsample_length": 2, "input_dim": 4, "input_length": None}
    config = made("Convolution1D", **{k: v for k, v in line.items() if k != "input_length"}).get_config()
    assert (config["kernel_size"], config["strides"]) == ((4,), (2,))
    pooled = {"pool_size": [2, 2], "border_mode": "valid", "strides": [2, 2], "dim_ordering": "tf"}
    assert made("MaxPooling2D", **pooled).get_config()["data_format"] == "channels_last"
    assert made("MaxPooling1D", pool_length=3, stride=2, border_mode="same").get_config()["strides"] == (2,)


def test_small_layers() -> None:
    assert made("Dropout", p=0.3).get_config()["rate"] == pytest.approx(0.3)
    assert made("GaussianNoise", sigma=0.3).get_config()["stddev"] == pytest.approx(0.3)
    norm = {"epsilon": 1e-3, "mode": 0, "axis": -1, "gamma_regularizer": None, "momentum": 0.9}
    assert made("BatchNormalization", **norm).get_config()["momentum"] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("concat", "Concatenate", {"axis": 1}),
        ("sum", "Add", {}),
        ("mul", "Multiply", {}),
        ("ave", "Average", {}),
        ("max", "Maximum", {}),
        ("dot", "Dot", {"axes": -1}),
    ],
)
def test_merge(mode: str, kind: str, options: dict[str, Any]) -> None:
    layer = made("Merge", mode=mode, mode_type="raw", concat_axis=1, dot_axes=-1, output_mask_type="raw")
    assert type(layer).__name__ == kind
    assert layer.get_config().items() >= options.items()


REFUSED = {
    "a function that merges": ("Merge", {"mode": "f", "mode_type": "function"}, "Merge.*got mode 'f'"),
    "models that are merged": ("Merge", {"mode": "sum", "layers": [1]}, "got models to merge"),
    "another mode": ("BatchNormalization", {"mode": 1}, "option mode: expected 0, got 1"),
    "another regularizer": (
        "Dense",
        {**DENSE, "W_regularizer": {"name": "EigenvalueRegularizer", "k": 1}},
        "no regularizer 'EigenvalueRegularizer'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_keras_2_lacks(name: str) -> None:
    kind, config, said = REFUSED[name]
    with pytest.raises(UnsupportedLayerError, match=said):
        made(kind, **config)


def test_words_that_are_dropped_in_training() -> None:
    with pytest.warns(UserWarning, match=r"layer it \(Embedding\).*option dropout is left out"):
        layer = made("Embedding", input_dim=9, output_dim=4, init="uniform", input_length=5, dropout=0.2)
    assert layer.get_config()["input_dim"] == 9


def draw(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [rng.normal(size=shape).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize("version", ["1.2.2", None])
@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3)])
def test_a_sequential_model_with_its_weights(
    tmp_path: Path, kind: str, gates: int, version: str | None
) -> None:
    first = {
        "input_dim": 9,
        "output_dim": 3,
        "init": "uniform",
        "input_length": 5,
        "mask_zero": True,
        "W_regularizer": None,
        "W_constraint": None,
        "activity_regularizer": None,
        "dropout": 0.0,
        "batch_input_shape": [None, 5],
        "input_dtype": "int32",
    }
    forget = {"forget_bias_init": "one"} if kind == "LSTM" else {}
    told = [
        entry("Embedding", "words", first),
        entry(kind, "rnn", {**RECURRENT, **forget}),
        entry("Dropout", "drop", {"p": 0.5}),
        entry("Dense", "out", {**DENSE, "activation": "sigmoid"}),
    ]
    for layer in told:
        del layer["name"], layer["inbound_nodes"]
    arrays = {
        "words": draw((9, 3)),
        "rnn": draw(*[(3, 4), (4, 4), (4,)] * gates),
        "drop": [],
        "out": draw((4, 2), (2,)),
    }
    weights = {name: {f"{name}_{i}": a for i, a in enumerate(held)} for name, held in arrays.items()}
    path = write_model(
        tmp_path / "m.h5",
        {"class_name": "Sequential", "config": told},
        weights,
        version=version,
        training={"loss": "mse", "optimizer_config": {"class_name": "RMSprop", "config": {"lr": 0.01}}},
        optimizer={"rho": np.zeros(2, np.float32)},
    )
    with pytest.warns(UserWarning, match="the state of the optimizer is left out, 1 arrays"):
        model = kerasfmt.load_model(path)
    today = kerasfmt.Sequential(
        [
            layers.Embedding(9, 3, mask_zero=True, input_length=5),
            layers.LSTM(4, recurrent_activation="hard_sigmoid")
            if kind == "LSTM"
            else layers.GRU(4, recurrent_activation="hard_sigmoid", reset_after=False),
            layers.Dense(2, activation="sigmoid"),
        ]
    )
    adopted = [np.asarray(a) for a in today.layers[1].adopt(arrays["rnn"])]
    today.set_weights([*arrays["words"], *adopted, *arrays["out"]])
    x = np.random.default_rng(1).integers(0, 9, (3, 5)).astype(np.float32)
    np.testing.assert_array_equal(model.predict(x), today.predict(x))
    assert model.training_config is not None and model.training_config.config["loss"] == "mse"


def test_a_functional_model_with_its_weights(tmp_path: Path) -> None:
    told = {
        "name": "model_1",
        "layers": [
            entry(
                "InputLayer",
                "x",
                {"batch_input_shape": [None, 6, 4], "input_dtype": "float32", "sparse": False},
            ),
            entry(
                "Convolution1D",
                "left",
                {**CONVOLUTION, "filter_length": 3, "subsample_length": 1, "input_dim": 4},
                "x",
            ),
            entry("TimeDistributed", "right", {"layer": {"class_name": "Dense", "config": DENSE}}, "x"),
            entry(
                "Merge",
                "both",
                {"mode": "concat", "mode_type": "raw", "concat_axis": -1, "dot_axes": -1},
                "left",
                "right",
            ),
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["both", 0, 0]],
    }
    kernel, bias, wide, wide_bias = draw((3, 1, 4, 3), (3,), (4, 2), (2,))
    weights = {
        "x": {},
        "left": {"left_W": kernel, "left_b": bias},
        "right": {"right_W": wide, "right_b": wide_bias},
        "both": {},
    }
    path = write_model(tmp_path / "m.h5", {"class_name": "Model", "config": told}, weights, version="1.2.2")
    x = draw((2, 6, 4))[0]
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    steps = [padded[:, i : i + 6] @ kernel[i, 0] for i in range(3)]
    wanted = np.concatenate([np.maximum(sum(steps) + bias, 0), x @ wide + wide_bias], -1)
    np.testing.assert_allclose(kerasfmt.load_model(path).predict(x), wanted, rtol=1e-5, atol=1e-6)
