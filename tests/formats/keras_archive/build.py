"""Small models, and archives that are spoilt member by member."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kerasfmt import dtypes, ir
from kerasfmt.dtypes import DType
from kerasfmt.formats.keras_archive import writer
from kerasfmt.layers import BatchNormalization, Dense, Dropout


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
    optimizer = {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": 0.5, "jit_compile": False}}
    model.training_config = ir.TrainingConfig(
        {"loss": "mse", "metrics": ["mae"], "optimizer_config": optimizer}
    )
    iteration = ir.Weight("iteration", (), _int64())
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


def _int64() -> DType:

    return dtypes.int64


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
