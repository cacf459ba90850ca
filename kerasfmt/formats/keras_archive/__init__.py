"""`.keras` archives, the format of Keras 3 and, from Keras 2.12 on, of tf_keras: read and written.

    metadata.json        {"keras_version": "3.15.1", "date_saved": "2026-11-22@08:01:23"}
    config.json          the model: layers, calls, compile state; see saving_lib.py in `kerasfmt.dialects`
    model.weights.h5     every variable, below the path of the object that owns it; see weights.py, places.py
    model.weights.json   in its place, if the variables are in several HDF5 files
    assets/              the vocabularies that layers learned, by the paths of the layers; see assets.py

A zip archive whose members are not compressed. The two dialects differ in the config and in a few paths. Files of
weights only are the same HDF5 file, `.weights.h5`, or a map `.weights.json` beside its shards.

Source: keras/src/saving/saving_lib.py; tf_keras/src/saving/saving_lib.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.containers.binary import Binary
from kerasfmt.containers.hdf5.signature import is_hdf5
from kerasfmt.containers.zip.records import LOCAL_MAGIC
from kerasfmt.formats.format import Format, Shards, Source, WriteArguments
from kerasfmt.formats.keras_archive.layout import MAP_SUFFIX, WEIGHTS_SUFFIX

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description
    from kerasfmt.ir import Model


def _is_zip(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(LOCAL_MAGIC)) == LOCAL_MAGIC


def _is_zip_in_memory(file: Binary) -> bool:
    return file.begins_with(LOCAL_MAGIC)


def _holds_weights(source: Source) -> bool:
    from kerasfmt.formats.keras_archive.reader import holds_object_paths

    if isinstance(source, Binary):
        return _is_zip_in_memory(source) or (is_hdf5(source) and holds_object_paths(source))
    if isinstance(source, Path):
        if not source.is_file():
            return False
        if _is_zip(source) or source.name.endswith(MAP_SUFFIX):
            return True
        if not is_hdf5(source):
            return False
    return holds_object_paths(source)


def _read(source: Source, custom_objects: Mapping[str, Any] | None, compile: bool) -> Model:
    from kerasfmt.formats.keras_archive.reader import load

    return load(source, custom_objects, compile)


def _write(model: Model, target: Source, arguments: WriteArguments) -> None:
    from kerasfmt.formats.keras_archive.writer import write

    write(model, target, arguments.include_optimizer, "keras3", arguments.progress)


def _write_for_early_keras3(model: Model, target: Source, arguments: WriteArguments) -> None:
    from kerasfmt.formats.keras_archive.writer import write

    write(model, target, arguments.include_optimizer, "keras3", arguments.progress, early=True)


def _write_for_tf_keras(model: Model, target: Source, arguments: WriteArguments) -> None:
    from kerasfmt.formats.keras_archive.writer import write

    write(model, target, arguments.include_optimizer, "tf_keras", arguments.progress)


def _read_weights(model: Model, source: Source, by_name: bool, skip_mismatch: bool) -> None:
    from kerasfmt.formats.keras_archive.reader import load_weights

    if by_name:
        raise ValueError(
            f"{source}: by_name=True is for weights in the layout of Keras 2 (.h5); this one keeps them by the "
            "layers' places"
        )
    load_weights(model, source, skip_mismatch)


def _write_weights(model: Model, target: Source) -> None:
    from kerasfmt.formats.keras_archive.writer import write_weights

    write_weights(model, target, "keras3")


def _write_weights_for_tf_keras(model: Model, target: Source) -> None:
    from kerasfmt.formats.keras_archive.writer import write_weights

    write_weights(model, target, "tf_keras")


def _write_shards(model: Model, path: Path, max_shard_size: float, flush: bool) -> None:
    from kerasfmt.formats.keras_archive.writer import write_shards

    write_shards(model, path, max_shard_size, flush)


def _describe(path: Path) -> Description:
    from kerasfmt.formats.keras_archive.description import describe

    return describe(path)


def _unheld(model: Model) -> Iterator[str]:
    from kerasfmt.formats import unheld

    yield from unheld.state_of_metrics(model)


def _unheld_for_tf_keras(model: Model) -> Iterator[str]:
    from kerasfmt.formats import unheld

    yield from unheld.state_of_metrics(model)
    yield from unheld.scalars_of_optimizer(model)
    yield from unheld.state_of_legacy(model)


FORMAT: Final = Format(
    name="keras",
    title="a .keras archive",
    suffixes=(".keras",),
    weights_suffixes=(WEIGHTS_SUFFIX,),
    recognize=_is_zip,
    recognize_bytes=_is_zip_in_memory,
    holds_weights=_holds_weights,
    optimizer_in_weights=True,
    read=_read,
    write=_write,
    read_weights=_read_weights,
    write_weights=_write_weights,
    shards=Shards(suffix=MAP_SUFFIX, readers="Keras 3", write=_write_shards),
    describe=_describe,
    unheld=_unheld,
)

TF_KERAS: Final = Format(
    name="tf_keras",
    title="a .keras archive for Keras 2",
    weights_suffixes=(WEIGHTS_SUFFIX,),
    optimizer_in_weights=True,
    write=_write_for_tf_keras,
    write_weights=_write_weights_for_tf_keras,
    unheld=_unheld_for_tf_keras,
)
"""The dialect of tf_keras and Keras 2; archives and weights in it are read by FORMAT."""

EARLY_KERAS3: Final = Format(
    name="keras_3.0",
    title="a .keras archive for Keras 3.0 to 3.10",
    write=_write_for_early_keras3,
    unheld=_unheld,
)
"""The words of the first versions of Keras 3; archives in them are read by FORMAT.

Later versions of Keras read them too, unless a layer takes the only output of a model inside of the model: they hand
it on as a list.
"""
