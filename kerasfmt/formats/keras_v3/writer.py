"""From a model to a `.keras` archive, in the dialect of Keras 3 or of tf_keras.

The HDF5 library writes the weights straight into the archive: there is no second copy of them, neither in memory
nor on disk. The same model gives the same bytes.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.hdf5.guard import import_h5py
from kerasfmt.formats.keras_v3 import keras3, layout, tf_keras
from kerasfmt.formats.keras_v3.packing import Packer
from kerasfmt.formats.keras_v3.training import Dialect, compile_config, optimizer_values
from kerasfmt.formats.keras_v3.weights import weights_tree, write_tree
from kerasfmt.ir import Model

_DATE: Final = "1980-01-01@00:00:00"
"""Keras states the hour of the save, and reads it never."""


def write(
    model: Model,
    target: str | os.PathLike[str],
    include_optimizer: bool = True,
    dialect: Dialect = "keras3",
) -> None:
    """Writes a whole model.

    Args:
        model: the model.
        target: a path at which there is no file yet.
        include_optimizer: whether to write the compile state and the optimizer's variables.
        dialect: whose archive to write: "keras3" for Keras 3, "tf_keras" for tf_keras and Keras 2.

    Raises:
        UnsupportedLayerError: that Keras has no such layer or option. Nothing is written.
        InvalidModelError: an option is not a JSON value. Nothing is written.
        UnsupportedFormatError: a weight's dtype is none of HDF5's. Nothing is written.
        ImportError: h5py is not installed.
    """
    h5py = import_h5py()
    kind = keras3 if dialect == "keras3" else tf_keras
    config = kind.model_config(model)
    training = model.training_config if include_optimizer else None
    optimizer = None
    if training is not None:
        config["compile_config"] = compile_config(training, dialect)
        name = training.optimizer_class
        optimizer = str(training.optimizer_config.get("name") or name.lower()) if name else None
    values = optimizer_values(training, model.trainable_weights, dialect) if training else []
    tree = weights_tree(model, values, optimizer, dialect == "keras3")
    metadata = {"keras_version": kind.KERAS_VERSION, "date_saved": _DATE}
    config_json = _json(config, model)
    with Path(target).open("xb+", buffering=0) as stream:
        packer = Packer(stream)
        packer.add(layout.METADATA, _json(metadata, model))
        packer.add(layout.CONFIG, config_json)
        with packer.member(layout.WEIGHTS) as window, h5py.File(window, "w") as file:
            write_tree(tree, file)
        packer.finish()


def _json(value: Any, model: Model) -> bytes:
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidModelError(
            f"model {model.name}: its config cannot be written as JSON: {error}; give the option a plain value"
        ) from error
