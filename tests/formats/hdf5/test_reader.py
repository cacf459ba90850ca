"""The IR layer: layers take the weights that the file keeps for them, or the error says which do not fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.formats.hdf5.reader import load
from kerasfmt.layers import Dense
from tests.formats.hdf5.build import (
    BIAS,
    DENSE,
    KERNEL,
    Weights,
    dense_config,
    sequential_config,
    write_model,
)

DATA = Path(__file__).parents[2] / "data" / "hdf5"
GOLDEN = sorted(DATA.glob("*.h5"))


def test_weights_stay_in_the_file(tmp_path: Path) -> None:
    model = load(write_model(tmp_path / "m.h5"))
    kernel, bias = model.weights
    assert (kernel.name, bias.name) == ("dense/kernel", "dense/bias")
    assert isinstance(kernel.value, LazyDataset)
    np.testing.assert_array_equal(kernel.numpy(), KERNEL)
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(model.predict(x), x @ KERNEL + BIAS, rtol=1e-6)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_predicts_as_the_keras_that_wrote_it(path: Path) -> None:
    expected = np.load(path.with_suffix(".npz"))
    # float32 sums of a few dozen terms, in another order than TensorFlow's
    np.testing.assert_allclose(load(path).predict(expected["x"]), expected["y"], rtol=1e-5, atol=1e-6)


def test_training_config_and_optimizer_state(tmp_path: Path) -> None:
    training = {"loss": "mse", "optimizer_config": {"class_name": "Adam", "config": {"learning_rate": 0.1}}}
    state = {"iteration:0": np.int64(3), "Adam/m/dense/kernel:0": KERNEL}
    path = write_model(tmp_path / "m.h5", training=training, optimizer=state)
    found = load(path).training_config
    assert found is not None
    assert found.config == training
    assert [(v.name, v.dtype.name) for v in found.variables] == [
        ("iteration", "int64"),
        ("Adam/m/dense/kernel", "float32"),
    ]
    assert load(path, compile=False).training_config is None


def test_reads_an_open_file(tmp_path: Path) -> None:
    with h5py.File(write_model(tmp_path / "m.h5")) as file:
        np.testing.assert_array_equal(load(file).weights[0].numpy(), KERNEL)


@pytest.mark.parametrize(
    "names", [("w", "b"), ("dense_3/kernel_3:0", "dense_3/bias_3:0"), ("m/d/kernel", "m/d/bias")]
)
def test_weights_of_other_names_are_taken_in_order(tmp_path: Path, names: tuple[str, str]) -> None:
    weights = {"dense": dict(zip(names, (KERNEL, BIAS), strict=True))}
    np.testing.assert_array_equal(
        load(write_model(tmp_path / "m.h5", weights=weights)).weights[1].numpy(), BIAS
    )


SQUARE = np.zeros((2, 2), np.float32)
MISFITS: list[tuple[str, Weights, str]] = [
    (
        "no layer",
        {},
        "layer dense (Dense): expected 2 weights (dense/kernel [3, 2], dense/bias [2]), got none",
    ),
    ("empty layer", {"dense": {}}, "layer dense (Dense): expected 2 weights"),
    (
        "missing",
        {"dense": {"dense/kernel:0": KERNEL}},
        "expected 2 weights (dense/kernel [3, 2], dense/bias [2]), got 1 (dense/kernel:0 [3, 2])",
    ),
    (
        "surplus",
        {"dense": {**DENSE["dense"], "dense/x:0": BIAS}},
        "got 3 (dense/kernel:0 [3, 2], dense/bias:0 [2], dense/x:0 [2])",
    ),
    ("surplus layer", {**DENSE, "other": {"other/w:0": BIAS}}, "layer other: expected no weights"),
    ("other name", {"densest": DENSE["dense"]}, "layer dense (Dense): expected 2 weights"),
    (
        "shape",
        {"dense": {"dense/kernel:0": SQUARE, "dense/bias:0": BIAS}},
        "weight dense/kernel: expected shape [3, 2], got [2, 2]",
    ),
    (
        "dtype",
        {"dense": {"dense/kernel:0": KERNEL.astype("c8"), "dense/bias:0": BIAS}},
        "weight dense/kernel: expected dtype float32, got complex64",
    ),
    (
        "order",
        {"dense": {"dense/bias:0": BIAS, "dense/kernel:0": KERNEL}},
        "weight dense/kernel: expected kernel at this place, got dense/bias:0",
    ),
]


@pytest.mark.parametrize(("weights", "said"), [row[1:] for row in MISFITS], ids=[row[0] for row in MISFITS])
def test_weights_that_do_not_fit(tmp_path: Path, weights: Weights, said: str) -> None:
    path = write_model(tmp_path / "m.h5", weights=weights)
    with pytest.raises(InvalidModelError, match=re.escape(said)) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_kernels_of_other_backends(tmp_path: Path) -> None:
    kernel = np.arange(24, dtype=np.float32).reshape(3, 2, 2, 2)
    options = {"filters": 2, "kernel_size": [3, 2], "use_bias": False, "batch_input_shape": [None, 4, 4, 2]}
    config = sequential_config({"class_name": "Conv2D", "config": {"name": "c", **options}})
    weights = {"c": {"c/kernel:0": kernel}}
    for backend, expected in (("cntk", kernel), ("tensorflow", kernel), ("theano", kernel[::-1, ::-1])):
        path = write_model(tmp_path / f"{backend}.h5", config, weights, version="2.0.8", backend=backend)
        weights_alone = kerasfmt.model_from_config(config)
        kerasfmt.load_weights(weights_alone, path)
        for model in (load(path), weights_alone):
            np.testing.assert_array_equal(model.weights[0].numpy(), expected)


@pytest.mark.parametrize("dtype", ["f2", "f8", ">f4", "i4"])
def test_numbers_of_another_dtype_are_cast(tmp_path: Path, dtype: str) -> None:
    weights = {"dense": {"dense/kernel:0": KERNEL.astype(dtype), "dense/bias:0": BIAS}}
    kernel = load(write_model(tmp_path / "m.h5", weights=weights)).weights[0].numpy()
    assert kernel.dtype == np.float32
    np.testing.assert_array_equal(kernel, KERNEL)


def test_unknown_layer(tmp_path: Path) -> None:
    config = sequential_config(
        {"class_name": "Mystery", "config": {"name": "m", "batch_input_shape": [None, 3]}}
    )
    with pytest.raises(UnsupportedLayerError, match=r"'m' of class 'Mystery'.*custom_objects"):
        load(write_model(tmp_path / "m.h5", config=config, weights={}))


def test_unknown_option(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedLayerError, match=r"dense \(Dense\): unknown option sparkle=1"):
        load(write_model(tmp_path / "m.h5", config=dense_config(sparkle=1)))


def test_custom_objects(tmp_path: Path) -> None:
    config = dense_config()
    config["config"]["layers"][0]["class_name"] = "Mine"
    model = load(write_model(tmp_path / "m.h5", config=config), custom_objects={"Mine": Dense})
    assert isinstance(model.layers[0], Dense)


MARSHALLED = ["4wEAAAAAAAAAAAAAAAEAAAACAAAAQwAAAHMIAAAAfABkARQAUwCpAk7pAgAAAKkA\n", None, None]


@pytest.mark.parametrize(
    "config",
    [
        {"function": MARSHALLED, "function_type": "lambda", "module": "__main__"},
        {"function": {"class_name": "__lambda__", "config": {"code": MARSHALLED[0]}}},
    ],
)
def test_marshalled_lambda_is_refused(tmp_path: Path, config: dict[str, Any]) -> None:
    layer = {"class_name": "Lambda", "config": {"name": "code", "batch_input_shape": [None, 3], **config}}
    with pytest.raises(KerasfmtError, match=r"Lambda"):
        load(write_model(tmp_path / "m.h5", config=sequential_config(layer), weights={}))


BAD_CONFIGS: list[Any] = [
    {},
    {"class_name": "Sequential"},
    {"class_name": "Sequential", "config": {}},
    {"class_name": "Sequential", "config": []},
    {"class_name": "Sequential", "config": {"name": "s", "layers": 3}},
    {"class_name": "Sequential", "config": {"name": "s", "layers": [3]}},
    {"class_name": "Sequential", "config": {"name": "s", "layers": [{"class_name": "Dense"}]}},
    {"class_name": "Functional", "config": {"name": "f", "layers": []}},
    {"class_name": "Functional", "config": {"name": "f", "layers": [], "input_layers": [["a", 0, 0]]}},
    {"class_name": "Dense", "config": {"name": "dense", "units": 2}},
    {"class_name": ["Sequential"], "config": {}},
    dense_config(units="many"),
    dense_config(units=-1),
    dense_config(units=[1]),
    dense_config(name=5),
    dense_config(batch_input_shape=3),
    dense_config(batch_input_shape=["a"]),
    dense_config(batch_input_shape=[None, -3]),
    dense_config(batch_input_shape=[None, None]),
    dense_config(dtype="float33"),
    dense_config(dtype={"class_name": "x"}),
    dense_config(activation="fast"),
    dense_config(activation={"class_name": "x"}),
    dense_config(kernel_initializer={"class_name": "x", "config": {}}),
    dense_config(kernel_regularizer={"class_name": "L9", "config": {}}),
    dense_config(kernel_constraint=[1]),
]


@pytest.mark.parametrize("config", BAD_CONFIGS, ids=range(len(BAD_CONFIGS)))
def test_bad_configs_are_told(tmp_path: Path, config: Any) -> None:
    with pytest.raises(KerasfmtError):
        load(write_model(tmp_path / "m.h5", config=config or {"class_name": None}))


def test_optimizer_state_of_keras_3(tmp_path: Path) -> None:
    """Its count has 32 bits, its learning rate is a variable; Keras 2 has other names for the rest."""
    options = {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9, "loss_scale_factor": None}
    training = {"loss": "mse", "optimizer_config": {"class_name": "SGD", "config": options}}
    slots = {
        f"sgd/{name}_momentum": np.full(shape, 2, np.float32)
        for name, shape in (("dense_kernel", (3, 2)), ("dense_bias", (2,)))
    }
    state = {"sgd/iteration": np.int32(3), "sgd/learning_rate": np.float32(0.25), **slots}
    path = write_model(tmp_path / "m.h5", training=training, optimizer=state, version="3.15.1")
    found = load(path).training_config
    assert found is not None and found.learning_rate is not None
    assert (found.optimizer_class, found.config["optimizer_config"]["class_name"]) == ("SGD", "Custom>SGD")
    assert found.optimizer_config["is_legacy_optimizer"] is False
    assert "loss_scale_factor" not in found.optimizer_config
    assert found.learning_rate.numpy() == np.float32(0.25)
    assert found.variables[0].numpy() == np.int64(3)
    assert [v.name.partition("/")[0] for v in found.variables] == ["iteration", "SGD", "SGD"]
