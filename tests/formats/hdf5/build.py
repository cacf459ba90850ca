"""Keras-like HDF5 files, made with h5py in the layout of Keras's writers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kerasfmt import Functional, Input, Model, Sequential, dtypes
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.layers import BatchNormalization, Dense

Weights = Mapping[str, Mapping[str, np.ndarray]]

KERNEL = np.arange(6, dtype=np.float32).reshape(3, 2)
BIAS = np.array([0.5, -1.0], np.float32)
DENSE: Weights = {"dense": {"dense/kernel:0": KERNEL, "dense/bias:0": BIAS}}


def dense_config(**options: Any) -> dict[str, Any]:
    """The config of Sequential([Dense(2, input_shape=(3,))]) in Keras 2's dialect."""
    dense = {
        "name": "dense",
        "trainable": True,
        "dtype": "float32",
        "batch_input_shape": [None, 3],
        "units": 2,
        "activation": "linear",
        "use_bias": True,
        **options,
    }
    return sequential_config({"class_name": "Dense", "config": dense})


def sequential_config(*layers: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": list(layers)}}


def write_model(
    path: Path,
    config: Any = None,
    weights: Weights = DENSE,
    training: Any = None,
    optimizer: Mapping[str, np.ndarray] | None = None,
    edit: Callable[[h5py.File], None] | None = None,
    version: str | None = "2.15.0",
    backend: str = "tensorflow",
) -> Path:
    """Write a file as Keras does; `edit` may spoil it before it is closed."""
    with h5py.File(path, "w") as file:
        text = config if isinstance(config, str) else json.dumps(config or dense_config())
        file.attrs["model_config"] = text.encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        group.attrs["backend"] = backend.encode()
        if version is not None:
            group.attrs["keras_version"] = version.encode()
        for layer, arrays in weights.items():
            write_group(group.create_group(layer), arrays)
        if optimizer is not None:
            write_group(file.create_group("optimizer_weights"), optimizer)
        if edit is not None:
            edit(file)
    return path


def write_group(group: h5py.Group, arrays: Mapping[str, np.ndarray]) -> None:
    group.attrs["weight_names"] = [name.encode() for name in arrays]
    for name, array in arrays.items():
        group[name] = array


def replace_kernel(file: h5py.File) -> h5py.Group:
    """The group of the dense layer's weights, with the kernel taken out."""
    del file["model_weights/dense/dense/kernel:0"]
    return file["model_weights/dense/dense"]


def two(*names: str) -> Model:
    """A model of one input and a Dense layer for each name."""
    entry = Input((3,), name="entry")
    return Functional(entry, [Dense(2, name=name)(entry) for name in names], name="m")


def values(model: Model) -> list[np.ndarray]:
    return [weight.numpy() for weight in model.weights]


def scaled(model: Model, factor: float) -> Model:
    for weight in model.weights:
        weight.value = (weight.numpy() * factor + 1).astype(weight.dtype.numpy)
    return model


def equal(left: list[np.ndarray], right: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))


def small() -> Model:
    return Sequential([Dense(2, input_shape=(3,), name="dense"), BatchNormalization(name="norm")], name="m")


def compiled() -> Model:
    model = small()
    state = [Weight("iteration", (), dtypes.int64), Weight("Adam/m/dense/kernel", (3, 2), dtypes.float32)]
    state[0].value = np.array(7)
    state[1].value = np.ones((3, 2), np.float32)
    model.training_config = TrainingConfig({"loss": "mse", "optimizer_config": {"class_name": "Adam"}}, state)
    return model
