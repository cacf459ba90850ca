"""The verbs that write: they choose the format, protect existing files, and commit.

Source: tf_keras/src/saving/saving_api.py, save_model
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.api.kinds import is_graph, is_model
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.files import commit
from kerasfmt.files.overwrite import may_write
from kerasfmt.formats.detect import format_for, is_path, shards_format_for, weights_format_for
from kerasfmt.formats.format import Format, Prefix, Source, WriteArguments

if TYPE_CHECKING:
    from kerasfmt.formats.saved_model.options import SaveOptions
    from kerasfmt.ir import Model
    from kerasfmt.ir.graph_model import GraphModel
    from kerasfmt.ir.signature import Signature


def save_model(
    model: Any,
    filepath: str | os.PathLike[str] | Any,
    overwrite: bool = True,
    include_optimizer: bool = True,
    save_format: str | None = None,
    signatures: Mapping[str, Signature] | None = None,
    options: SaveOptions | None = None,
    save_traces: bool = True,
    *,
    flush: bool = True,
) -> None:
    """Writes a model to disk, whole or not at all.

    Several processes may save to one path: readers see a whole model at any time, and the save that ends last stands.
    TensorFlow opens the files of a SavedModel one by one; where it reads while others save, give each save a directory
    of its own, as TensorFlow Serving does.

    A save over a SavedModel keeps its folder assets.extra, which belongs to its users. It refuses if there are other
    files that the old model does not name, in assets too.

    Args:
      model: a model of kerasfmt, or a live model of Keras 2 or Keras 3, which goes through `from_keras` first. A
        GraphModel is written as it was read.
      filepath: the directory or file to create or to replace; for HDF5 also an open h5py.File or group, which
        is left open.
      overwrite: whether to replace an existing file; if False, a terminal is asked, and elsewhere it is an error.
      include_optimizer: whether to write the optimizer's state.
      save_format: "tf" for a SavedModel, "h5" for HDF5; by default from the suffix of `filepath`: ".h5" and
        ".hdf5" for HDF5, ".keras" for a Keras 3 archive, everything else for a SavedModel. Suffixes of other kinds
        of files, as ".onnx", are refused then. "tf_keras" is a .keras archive in the dialect of tf_keras and Keras 2,
        which cannot read an archive of Keras 3. HDF5 is written as Keras 2 does. From such a file Keras 3 takes
        the optimizer's class, but not its options and slots; only .keras keeps them for Keras 3. "keras_h5" is HDF5
        in Keras 3's words, for layers and options that Keras 2 lacks or means otherwise. "keras_3.0" is a .keras
        archive that Keras 3.0 to 3.10 read too; the default is for Keras 3.4 and later.
      signatures: the signatures of the SavedModel; by default "serving_default", the model's prediction. For a live
        model of Keras 2 also functions of TensorFlow: with an input signature, or concrete ones.
      options: TensorFlow's options for a SavedModel.
      save_traces: whether to write each layer's traced functions into a SavedModel; without them, Keras needs
        the layers' classes to load the model.
      flush: whether the save waits until the new files are on the disk. A loss of power then leaves the old model or
        the new one; without it, it may leave a damaged one.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
      >>> kerasfmt.save_model(model, "saved_model")
      >>> kerasfmt.save_model(model, "model.keras")

    Raises:
      TargetExistsError: there is something at `filepath`, and `overwrite` is False; a FileExistsError.
      SaveError: it cannot be written, or holds files that are not part of a SavedModel; or it is a root, a mount
        point, or holds the working directory.
      UnsupportedFormatError: kerasfmt does not write that format, or `filepath` is a URL.
      UnsupportedLayerError: a layer cannot be written.
      InvalidModelError: the model contradicts itself.
      ImportError: HDF5 is asked for, and h5py is not installed.
    """
    found = format_for(filepath, save_format)
    if signatures is not None and not found.holds_signatures:
        raise UnsupportedFormatError(
            f"{filepath}: {found.title} holds no signatures; save the model as a SavedModel"
        )
    write_model(
        model,
        filepath,
        found,
        WriteArguments(
            include_optimizer=include_optimizer,
            signatures=signatures,
            options=options,
            save_traces=save_traces,
        ),
        overwrite,
        flush,
    )


def write_model(
    model: Any,
    filepath: Source,
    found: Format,
    arguments: WriteArguments,
    overwrite: bool = True,
    flush: bool = True,
    check: Callable[[], None] | None = None,
) -> None:
    """Writes a model in one format, whole or not at all.

    Args:
      model: a model of kerasfmt, or a live model of Keras.
      filepath: a path, or an open file that the format takes.
      found: the format.
      arguments: which parts are written.
      overwrite: whether to replace an existing file without asking.
      flush: whether to wait until the new files are on the disk.
      check: is called when everything is written, before it stands at a path; what it raises ends the save.

    Raises:
      KerasfmtError: as `save_model` does.
    """
    write = found.write
    if write is None:
        raise UnsupportedFormatError(f"{filepath}: {found.title} holds weights only; use save_weights")
    if is_path(filepath) and not may_write(Path(filepath), overwrite):
        return
    if is_graph(model):
        _write_graph(model, filepath, found, flush)
        return
    if arguments.signatures and not is_model(model):
        from kerasfmt.sources import from_keras_with_signatures

        represented, signatures = from_keras_with_signatures(
            model, arguments.signatures, arguments.include_optimizer
        )
        arguments = replace(arguments, signatures=signatures)
    else:
        represented = _represented(model, arguments.include_optimizer)
    if not found.holds_signatures and represented is not model:
        _warn_of_attached(represented, filepath)
    with _committed(filepath, found, flush) as target:
        write(represented, target, arguments)
        if check is not None:
            check()


def _write_graph(model: GraphModel, filepath: Source, found: Format, flush: bool) -> None:
    write = found.write_graph
    if write is None:
        raise UnsupportedFormatError(
            f"{filepath}: {found.title} holds layers, and a GraphModel has none; save it as a SavedModel, or its "
            "variables alone with save_weights as .npz, .safetensors or .h5"
        )
    with _committed(filepath, found, flush) as target:
        write(model, target)


@contextlib.contextmanager
def _committed(filepath: Source, found: Format, flush: bool) -> Iterator[Source]:
    """A new file or directory, which replaces the one at a path in the end; an open file is written to directly."""
    if not is_path(filepath):
        yield filepath
    elif found.contents is None:
        with commit.replace_file(filepath, flush=flush) as path:
            yield path
    else:
        with commit.replace_directory(filepath, found.contents, flush=flush) as directory:
            yield directory


def save_weights(
    model: Any,
    filepath: str | os.PathLike[str] | Any,
    overwrite: bool = True,
    save_format: str | None = None,
    max_shard_size: float | None = None,
    *,
    flush: bool = True,
) -> None:
    """Writes the weights of a model, whole or not at all.

    A name that ends in .weights.h5 has the layout that Keras gives it since 2.12: by the layers' places in the
    model, with the optimizer's state if the model is compiled. Any other .h5 or .hdf5 has the layout of
    Keras 2: by the layers' names. A name that ends in .npz is an archive of NumPy arrays, by the weights' names, and
    one that ends in .safetensors holds them too. The variables of a GraphModel go into .npz, .safetensors and .h5.

    The state of metrics is not written. Keras 2 looks for it in a .weights.h5 if its model is compiled and has been
    trained; load with skip_mismatch=True there.

    Args:
      model: a model of kerasfmt, or a live model of Keras.
      filepath: a path, or an open h5py.File or group, which is left open and gets the layout of Keras 2.
      overwrite: whether to replace an existing file; if False, a terminal is asked, and elsewhere it is an error.
      save_format: for .weights.h5, its readers: "keras" (the default) for Keras 3, "tf_keras" for tf_keras and
        Keras 2. "tf" for a TensorFlow checkpoint as Keras 2 writes it, with the optimizer's state if the model is
        compiled: `filepath` is the prefix of its files, and the file `checkpoint` beside them names it the latest. For
        other names only "h5"; the name then needs no suffix.
      max_shard_size: GiB of weights that one file may hold. The path names the map and ends in
        .weights.json; the shards come beside it. Only Keras 3 reads them. Each save gives its shards new names, and
        the map tells them: readers see the old weights or the new ones. In the end the old shards are removed.
      flush: whether the save waits until the new files are on the disk, as for `save_model`.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
      >>> kerasfmt.save_weights(model, "model.weights.h5")
      >>> kerasfmt.save_weights(model, "model.npz")

    Raises:
      TargetExistsError: there is something at `filepath`, and `overwrite` is False; a FileExistsError.
      SaveError: it cannot be written.
      UnsupportedFormatError: name, `save_format` and `max_shard_size` contradict each other; or the format cannot
        hold the dtype of a weight.
      InvalidModelError: names collide in the file.
      ValueError: a weight is larger than a shard.
      ImportError: h5py is not installed.
    """
    if max_shard_size is not None:
        _write_shards(model, filepath, overwrite, save_format, max_shard_size, flush)
        return
    found = weights_format_for(filepath, save_format)
    if is_graph(model) and not found.weights_without_layers:
        raise UnsupportedFormatError(
            f"{filepath}: {found.title} holds the weights of layers, and a GraphModel has none; save them as .npz, "
            ".safetensors or .h5"
        )
    if found.prefix is not None:
        _write_prefix(model, filepath, overwrite, found, found.prefix, flush)
        return
    write = found.write_weights
    assert write is not None, found
    if is_path(filepath) and not may_write(Path(filepath), overwrite):
        return
    represented = model if is_graph(model) else _represented(model, found.optimizer_in_weights)
    _warn_of_learned(represented, filepath)
    with _committed(filepath, found, flush) as target:
        write(represented, target)


def _warn_of_learned(model: Model | GraphModel, filepath: Source) -> None:
    from kerasfmt.formats import unheld
    from kerasfmt.ir import Model

    if isinstance(model, Model):
        unheld.warn(filepath, unheld.learned_beside_weights(model))
        _warn_of_attached(model, filepath)


def _warn_of_attached(model: Model, filepath: Source) -> None:
    from kerasfmt.formats import unheld

    unheld.warn(filepath, unheld.attached(model))


def _write_prefix(
    model: Any, filepath: Source, overwrite: bool, found: Format, prefix: Prefix, flush: bool
) -> None:
    if may_write(Path(f"{os.fspath(filepath)}{prefix.suffix}"), overwrite):
        prefix.write(_represented(model, found.optimizer_in_weights), Path(filepath), flush)


def _write_shards(
    model: Any, filepath: Source, overwrite: bool, save_format: str | None, max_shard_size: float, flush: bool
) -> None:
    found, shards = shards_format_for(filepath, save_format)
    path = Path(filepath)
    if not may_write(path, overwrite):
        return
    represented = _represented(model, found.optimizer_in_weights)
    _warn_of_learned(represented, filepath)
    shards.write(represented, path, max_shard_size, flush)


def _represented(model: Any, compile: bool) -> Model:
    """The model itself; a live model of Keras as a model of kerasfmt."""
    if is_model(model):
        return model
    from kerasfmt.sources import from_keras

    return from_keras(model, compile=compile)
