"""Small models, and archives that are spoilt member by member."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kerasfmt import dtypes, ir, save_weights
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.formats.keras_archive import writer
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.layers import Activation, BatchNormalization, Dense, Dropout, Embedding, GlobalAveragePooling1D


def small(activation: str = "relu") -> ir.Model:
    """A compiled Sequential whose weights differ from each other."""
    model = ir.Sequential(
        [
            ir.InputLayer(batch_input_shape=(None, 3), name="entry"),
            Dense(4, activation=activation, name="hidden"),
            BatchNormalization(name="norm"),
            Dropout(0.5, name="drop"),
            Dense(2, name="out"),
        ],
        name="small",
    )
    for number, weight in enumerate(model.weights):
        weight.value = np.full(weight.shape, 0.1 + number, np.float32)
    optimizer = {
        "class_name": "Custom>Adam",
        "config": {"name": "Adam", "learning_rate": 0.5, "jit_compile": False},
    }
    model.training_config = ir.TrainingConfig(
        {"loss": "mse", "metrics": ["mae"], "optimizer_config": optimizer}
    )
    iteration = ir.Weight("iteration", (), dtypes.int64)
    iteration.value = np.asarray(7, np.int64)
    slots = [
        ir.Weight(f"Adam/{slot}/{weight.name}", weight.shape, weight.dtype)
        for weight in model.trainable_weights
        for slot in ("m", "v")
    ]
    for number, slot in enumerate(slots):
        slot.value = np.full(slot.shape, 100.0 + number, np.float32)
    model.training_config.variables = [iteration, *slots]
    return model


def write(path: Path, model: ir.Model | None = None, dialect: str = "keras3") -> Path:
    """The path of an archive of a model."""
    writer.write(model or small(), path, dialect=dialect)
    return path


def members(path: Path) -> dict[str, bytes]:
    """The members of an archive."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """An archive of other members."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


DIALECTS = ("keras3", "tf_keras")


def one_layer(layer: ir.Layer, shape: tuple[int | None, ...] = (4,), dtype: str = "float32") -> ir.Model:
    inputs = ir.Input(shape, dtype=dtype, name="entry")
    return ir.Functional(inputs, layer(inputs), name="one")


def respelt(path: Path, edit: Callable[[dict[str, Any]], Any]) -> Path:
    """The archive with its config edited."""
    content = members(path)
    config = json.loads(content["config.json"])
    content["config.json"] = json.dumps(edit(config) or config).encode()
    return pack(path, content)


def tensor(layer: str, shape: list[int | None]) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": shape, "dtype": "float32", "keras_history": [layer, 0, 0]},
    }


def op(name: str, kind: str, *arguments: Any) -> dict[str, Any]:
    return {
        "module": "keras.src.ops.numpy",
        "class_name": kind,
        "config": {"name": name},
        "registered_name": kind,
        "name": name,
        "inbound_nodes": [{"args": list(arguments), "kwargs": {}}],
    }


def masked_model() -> ir.Model:
    inputs = ir.Input((3,), dtype="int32", name="tokens")
    x = Embedding(5, 2, mask_zero=True, name="table")(inputs)
    return ir.Functional(
        inputs, GlobalAveragePooling1D(name="pool")(Activation("tanh", name="act")(x)), name="masked"
    )


def add_ops(config: dict[str, Any], compared: int) -> None:
    layers = config["config"]["layers"]
    layers.insert(2, op("not_equal", "NotEqual", tensor("tokens", [None, 3]), compared))
    layers[-1]["inbound_nodes"][0]["kwargs"] = {"mask": tensor("not_equal", [None, 3]), "training": False}


def reweighted(path: Path, edit: Callable[[h5py.File], Any]) -> Path:
    """The archive with its weights edited."""
    content = members(path)
    buffer = io.BytesIO(content["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        edit(file)
    content["model.weights.h5"] = buffer.getvalue()
    return pack(path, content)


def replaced(name: str, value: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        if name in file:
            del file[name]
        file[name] = value

    return edit


def removed(name: str) -> Callable[[h5py.File], None]:
    return lambda file: file.__delitem__(name)


def shards(path: Path) -> dict[str, bytes]:
    """The members of an archive with its weights in two files."""
    content = members(path)
    whole = h5py.File(io.BytesIO(content.pop("model.weights.h5")))
    first, second = io.BytesIO(), io.BytesIO()
    weight_map: dict[str, Any] = {}
    with whole, h5py.File(first, "w") as one, h5py.File(second, "w") as two:

        def put(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                number = int(name.rpartition("/")[2]) % 2
                (one, two)[number][name] = item[()]
                weight_map["/" + name.rpartition("/")[0]] = [f"model_0000{n}.weights.h5" for n in (0, 1)]

        whole.visititems(put)
    content["model_00000.weights.h5"] = first.getvalue()
    content["model_00001.weights.h5"] = second.getvalue()
    document = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    return {**content, "model.weights.json": json.dumps(document).encode()}


def fresh(model: Model) -> Model:
    """The same model with weights of its own."""
    again = model_from_config(model.described())
    if model.training_config is not None:
        again.training_config = TrainingConfig(model.training_config.config)
    return again


def values(model: Model) -> list[np.ndarray]:
    held = list(model.weights)
    if model.training_config is not None:
        held += model.training_config.variables
    return [weight.numpy() for weight in held]


def assert_equal(mine: list[np.ndarray], other: list[np.ndarray]) -> None:
    for left, right in zip(mine, other, strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


def sharded(path: Path, size: int) -> dict[str, Any]:
    save_weights(small(), path, max_shard_size=size / (1 << 30))
    document: dict[str, Any] = json.loads(path.read_text())
    return document
