"""Keras models in HDF5, "legacy h5", read and written in the dialects of Keras 2 and Keras 3.

    /                            attributes: model_config (JSON), training_config (JSON, if compiled),
                                 keras_version, backend
    /model_weights               attributes: layer_names, keras_version, backend
    /model_weights/<layer>       attribute: weight_names, paths of datasets below this group; a nested model
                                 is one layer here, its weights those that are trainable, then the others
    /model_weights/top_level_model_weights   the same, for weights that belong to no layer
    /optimizer_weights           attribute: weight_names

The variables of a model without layers lie at their own paths: `variables`.

A list of names larger than 64,512 bytes is split into the attributes layer_names0, layer_names1, ...

Source: tf_keras/src/saving/legacy/hdf5_format.py; keras/src/legacy/saving/legacy_h5_format.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.containers.binary import Binary
from kerasfmt.containers.hdf5.signature import is_hdf5
from kerasfmt.formats.format import Format, OpenFiles, Source, WriteArguments

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description
    from kerasfmt.ir import Model


def _is_open(file: object) -> bool:
    return hasattr(file, "create_group")


def _is_hdf5(path: Path) -> bool:
    return path.is_file() and is_hdf5(path)


def _holds_weights(source: Source) -> bool:
    if isinstance(source, Binary):
        return is_hdf5(source)
    return _is_hdf5(source) if isinstance(source, Path) else _is_open(source)


def _read(source: Source, custom_objects: Mapping[str, Any] | None, compile: bool) -> Model:
    from kerasfmt.formats.hdf5.reader import load

    return load(source, custom_objects, compile)


def _write(model: Model, target: Source, arguments: WriteArguments) -> None:
    from kerasfmt.formats.hdf5.writer import write

    write(model, target, arguments.include_optimizer, arguments.progress)


def _write_for_keras3(model: Model, target: Source, arguments: WriteArguments) -> None:
    from kerasfmt.formats import unheld
    from kerasfmt.formats.hdf5.writer import write

    if arguments.include_optimizer:
        unheld.warn(target, unheld.compile_state(model))
    write(model, target, arguments.include_optimizer, arguments.progress, "keras3")


def _read_weights(model: Model, source: Source, by_name: bool, skip_mismatch: bool) -> None:
    from kerasfmt.formats.hdf5.variables import read_variables
    from kerasfmt.formats.hdf5.weights import load_weights
    from kerasfmt.ir import Model

    read = load_weights if isinstance(model, Model) else read_variables
    read(model, source, by_name, skip_mismatch)


def _write_weights(model: Model, target: Source) -> None:
    from kerasfmt.formats.hdf5.variables import write_variables
    from kerasfmt.formats.hdf5.writer import write_weights
    from kerasfmt.ir import Model

    (write_weights if isinstance(model, Model) else write_variables)(model, target)


def _describe(path: Path) -> Description:
    from kerasfmt.formats.hdf5.description import describe

    return describe(path)


def _unheld(model: Model) -> Iterator[str]:
    from kerasfmt.formats import unheld

    yield from unheld.state_of_metrics(model)
    yield from unheld.scalars_of_optimizer(model)
    yield from unheld.options_of_compile(model)
    yield from unheld.state_in_keras3(model)


def _unheld_for_keras3(model: Model) -> Iterator[str]:
    from kerasfmt.formats import unheld

    yield from unheld.compile_state(model)


FORMAT: Final = Format(
    name="h5",
    title="HDF5",
    aliases=("hdf5",),
    suffixes=(".h5", ".hdf5"),
    weights_suffixes=(".h5", ".hdf5", ""),
    open_files=OpenFiles(title="an h5py.File or a group", recognize=_is_open),
    recognize=_is_hdf5,
    recognize_bytes=is_hdf5,
    holds_weights=_holds_weights,
    read=_read,
    write=_write,
    read_weights=_read_weights,
    weights_without_layers=True,
    write_weights=_write_weights,
    describe=_describe,
    unheld=_unheld,
)

FOR_KERAS3: Final = Format(
    name="keras_h5",
    title="HDF5 for Keras 3",
    write=_write_for_keras3,
    unheld=_unheld_for_keras3,
)
"""HDF5 in Keras 3's words, which Keras 2 does not read; it is read by FORMAT."""
