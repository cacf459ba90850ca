"""From a model to a `.keras` archive, in the dialect of Keras 3 or of tf_keras.

The HDF5 library writes the weights straight into the archive: there is no second copy of them, neither in memory
nor on disk. The same model gives the same bytes.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any, Final

from kerasfmt.containers.hdf5 import writing
from kerasfmt.containers.hdf5.guard import import_h5py
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.containers.zip.writer import Packer
from kerasfmt.dialects import keras2_archive, keras3, versions
from kerasfmt.dialects.compile_config import write_compile_config
from kerasfmt.dialects.early_keras3 import to_early_keras3
from kerasfmt.dialects.optimizer_target import for_keras
from kerasfmt.dialects.versions import Dialect
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.formats import unheld
from kerasfmt.formats.compiled import given_state
from kerasfmt.formats.keras_archive import layout, shard_files, sharding
from kerasfmt.formats.keras_archive.assets import files_to_write
from kerasfmt.formats.keras_archive.training import stored_optimizer
from kerasfmt.formats.keras_archive.weights import weights_tree
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir import Model, TrainingConfig
from kerasfmt.ir.revived_model import refuse_revived

_DATE: Final = "1980-01-01@00:00:00"
"""Keras writes the time of the save here. No reader uses it, and the same model has to give the same bytes."""


@gc_paused()
def write(
    model: Model,
    target: str | os.PathLike[str],
    include_optimizer: bool = True,
    dialect: Dialect = "keras3",
    progress: Progress = unheard,
    early: bool = False,
) -> None:
    """Writes a whole model.

    Args:
      model: the model.
      target: a path at which there is no file yet.
      include_optimizer: whether to write the compile state and the optimizer's variables.
      dialect: "keras3" for Keras 3, "tf_keras" for tf_keras and Keras 2.
      progress: is told the bytes of weights that have been written, part by part.
      early: whether the archive is for Keras 3.0 to 3.10.

    Raises:
      UnsupportedLayerError: that version of Keras lacks a layer, the optimizer, or an option; or a layer is known by
        its functions only. Nothing is written.
      InvalidModelError: an option is not a JSON value. Nothing is written.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's. Nothing is written.
      ImportError: h5py is not installed.
    """
    import_h5py()
    refuse_revived(model, "a .keras archive", with_configs=True)
    if dialect == "keras3":
        config = keras3.write_model(model, to_train=include_optimizer)
    else:
        config = keras2_archive.write_model(model)
    training = given_state(model, versions.MAJOR[dialect]) if include_optimizer else None
    if training is not None:
        config["compile_config"] = write_compile_config(training, versions.MAJOR[dialect])
    if early:
        config = to_early_keras3(config)
    tree = _tree(model, training, dialect)
    files = list(files_to_write(model, dialect == "keras3"))
    metadata = {
        "keras_version": versions.KERAS3 if dialect == "keras3" else versions.KERAS2,
        "date_saved": _DATE,
    }
    config_json = _json(config, model)
    with Path(target).open("xb+", buffering=0) as stream:
        packer = Packer(stream)
        packer.add(layout.METADATA, _json(metadata, model))
        packer.add(layout.CONFIG, config_json)
        with packer.member(layout.WEIGHTS) as window:
            writing.write(tree, window, progress)
        for name, data in files:
            packer.add(name, data)
        packer.finish()


def write_weights(model: Model, target: str | os.PathLike[str], dialect: Dialect = "keras3") -> None:
    """Writes the weights alone: of the layers, and of the optimizer if the model is compiled.

    The state of metrics is not written. tf_keras asks for it when it loads weights into a model that has been
    fitted, and raises "expected 2 variables". Load them before fitting, or after compiling again.

    Args:
      model: the model.
      target: a path at which there is no file yet.
      dialect: the dialect of the readers.

    Raises:
      InvalidModelError: a layer's class has no name that the file can hold. Nothing is written.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's. Nothing is written.
      ImportError: h5py is not installed.
    """
    if dialect == "keras3":
        unheld.warn(target, unheld.learned_in_configs(model))
    writing.write(_tree(model, _for_weights(model, dialect), dialect), target)


def write_shards(model: Model, path: Path, max_shard_size: float, flush: bool) -> None:
    """Writes only the weights, in several files that only Keras 3 reads; see shard_files.py.

    Args:
      model: the model.
      path: the path of the map, in the place of an older one or of nothing.
      max_shard_size: GiB of weights that one shard may hold.
      flush: whether everything is on the disk before the old map goes.

    Raises:
      InvalidModelError: a layer's class has no name that the file can hold. Nothing is written.
      UnsupportedFormatError: HDF5 has no such dtype as a weight's. Nothing is written.
      ValueError: a weight is larger than a shard. Nothing is written.
      SaveError: something cannot be written. Everything is as it was.
      ImportError: h5py is not installed.
    """
    unheld.warn(path, unheld.learned_in_configs(model))
    tree = _tree(model, _for_weights(model, "keras3"), "keras3")
    shard_files.write(sharding.shards(tree, int(max_shard_size * (1 << 30))), path, flush)


def _for_weights(model: Model, dialect: Dialect) -> TrainingConfig | None:
    """The compile state for a file of weights; None, with a warning, where the Keras of the dialect lacks it."""
    training = model.training_config
    if training is None:
        return None
    try:
        return for_keras(training, model.trainable_weights, versions.MAJOR[dialect], model.made_by_keras)
    except UnsupportedLayerError as error:
        warnings.warn(f"model {model.name}: the optimizer's variables are left out: {error}", stacklevel=3)
        return None


def _tree(model: Model, training: TrainingConfig | None, dialect: Dialect) -> WritePlan:
    stored = stored_optimizer(training, model.trainable_weights, dialect)
    return weights_tree(model, stored, dialect == "keras3")


def _json(value: Any, model: Model) -> bytes:
    try:
        return json.dumps(value, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidModelError(
            f"model {model.name}: its config cannot be written as JSON: {error}; give the option a plain value"
        ) from error
