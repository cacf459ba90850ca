"""The front door: the verbs that choose the format, protect existing files, and commit.

Source: tf_keras/src/saving/saving_api.py, save_model and load_model
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from kerasfmt.containers.binary import as_binary
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.files import commit
from kerasfmt.files.overwrite import may_write
from kerasfmt.formats.detect import (
    format_at,
    format_for,
    is_open_file,
    is_path,
    shards_format_for,
    weights_format_at,
    weights_format_for,
)
from kerasfmt.formats.format import Format, Prefix, Source, Tags, WriteArguments
from kerasfmt.limits import MAX_EXPANSION, limited

if TYPE_CHECKING:
    from kerasfmt.formats.saved_model.options import SaveOptions
    from kerasfmt.formats.stored_weights import StoredWeights
    from kerasfmt.formats.weight_map import WeightMapping
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
    if _is_graph(model):
        _write_graph(model, filepath, found, flush)
        return
    if arguments.signatures and not _is_model(model):
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
    if _is_graph(model) and not found.weights_without_layers:
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
    represented = model if _is_graph(model) else _represented(model, found.optimizer_in_weights)
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


def load_weights(
    model: Model | GraphModel,
    filepath: str | os.PathLike[str] | Any,
    by_name: bool = False,
    skip_mismatch: bool = False,
    max_expansion: float = MAX_EXPANSION,
    *,
    mapping: WeightMapping | None = None,
) -> None:
    """Gives a model the weights in a file, all of them or, if anything fails, none.

    Args:
      model: the model.
      filepath: a file of `save_weights` or of a whole model: HDF5, .keras, .npz or safetensors, recognized by
        content; the map of weights in shards, `.weights.json`; what `open_checkpoint` opens, the directory of a
        SavedModel too; an open h5py.File or group; the bytes of HDF5 or .keras, or a binary file that reads them; or
        what `open_weights` opens, or a mapping of arrays by name. Weights stay in the file until they are used; keep it
        until the model is saved.
      by_name: whether to pair by the names of layers, or of weights in an .npz, safetensors or a checkpoint, and to
        leave weights alone that the file does not have; by default they are
        paired in order, and in a checkpoint by the paths of its objects. The layout of .weights.h5 and .keras has no
        names.
      skip_mismatch: whether to leave out misfits with a warning: single weights if they are paired by name or are in
        a checkpoint, whole layers in .weights.h5 and .keras.
      max_expansion: how many times its size the file may take in memory, as in `load_model`.
      mapping: the weights by the names of the arrays, for files of other frameworks: a dict from a name, or a regular
        expression that matches the whole name, to the name of a weight, which may refer to groups of the expression;
        to `(name, axes)`, where the array is to be transposed; or to None, where it is left out. Or a function from a
        name to one of these. Every array needs a rule and every weight an array, unless `by_name` is True.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
      >>> kerasfmt.save_weights(model, "model.weights.h5")
      >>> kerasfmt.load_weights(model, "model.weights.h5")
      >>> import numpy as np
      >>> linear = {"fc.weight": np.ones((2, 3), "float32"), "fc.bias": np.zeros(2, "float32")}
      >>> rules = {"fc.weight": ("dense/kernel", (1, 0)), "fc.bias": "dense/bias"}
      >>> kerasfmt.load_weights(model, linear, mapping=rules)

    Raises:
      MissingFileError: there is nothing at `filepath`; a FileNotFoundError.
      UnsupportedFormatError: it holds no weights in a layout of Keras.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it links to another file, or takes more memory than it may.
      SystemFaultError: the system cannot read it; an OSError.
      OutOfMemoryError: there is too little memory; a MemoryError.
      InvalidModelError: the weights do not fit the model.
      ValueError: `skip_mismatch` without `by_name` where there are names, or `by_name` where there are none.
      ImportError: h5py is not installed.
    """
    source = _source(filepath)
    given = isinstance(source, Mapping) and not is_open_file(source)  # groups of HDF5 are mappings too
    if mapping is not None or given or _is_of_arrays(source):
        from kerasfmt.formats.weight_map import assign_mapped

        arrays: Any = source if given else open_weights(source, max_expansion)
        assign_mapped(model, arrays, mapping, str(getattr(arrays, "path", "arrays")), by_name, skip_mismatch)
        return
    found = weights_format_at(source)
    read: Any = found.read_weights
    assert read is not None, source
    if _is_graph(model) and not found.weights_without_layers:
        raise UnsupportedFormatError(
            f"{source}: {found.title} gives its weights to layers, and a GraphModel has none; it takes those in .npz, "
            ".safetensors and .h5"
        )
    with limited(max_expansion):
        read(model, source, by_name, skip_mismatch)


def _is_of_arrays(source: Source) -> bool:
    """Whether only `open_weights` reads a path."""
    if not isinstance(source, Path):
        return False
    from kerasfmt.formats import flax_msgpack, orbax

    if source.is_dir():
        return orbax.is_checkpoint(source)
    return source.suffix.lower() == flax_msgpack.SUFFIX


def open_weights(filepath: str | os.PathLike[str], max_expansion: float = MAX_EXPANSION) -> StoredWeights:
    """The arrays of a file by name, whatever wrote it; each is read when it is used.

    Args:
      filepath: an .npz archive, a safetensors file, a checkpoint of Flax in MessagePack (`.msgpack`), or the
        directory of a checkpoint of Orbax, which needs the extra `orbax`. Keep it as long as the arrays are used.
      max_expansion: how many times its size the file may take in memory, as in `load_model`.

    Returns:
      A mapping from names to arrays. Those of Flax and Orbax are paths in their trees, `params/Dense_0/kernel`.

    Example:
      >>> import numpy as np
      >>> np.savez("weights.npz", kernel=np.ones((3, 2)), bias=np.zeros(2))
      >>> arrays = kerasfmt.open_weights("weights.npz")
      >>> {name: array.shape for name, array in arrays.items()}
      {'kernel': (3, 2), 'bias': (2,)}

    Raises:
      MissingFileError: there is nothing at `filepath`; a FileNotFoundError.
      UnsupportedFormatError: it is of no format with arrays by name.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds pickled objects, or takes more memory than it may.
      ImportError: tensorstore is not installed.
    """
    from kerasfmt.formats.stored_weights import open_stored

    with limited(max_expansion):
        return open_stored(Path(filepath))


def load_model(
    filepath: str | os.PathLike[str] | Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    tags: Tags = None,
    max_expansion: float = MAX_EXPANSION,
) -> Model:
    """The model in a file of any format; the content says which one it is.

    Weights stay in the file until they are used; keep the file until the model is saved. A SavedModel's layers of
    classes that are neither known nor given, and its subclassed models, compute by the functions that the file traced.

    Args:
      filepath: the file, the directory of a SavedModel, or an open h5py.File or group; the bytes of an HDF5 file or a
        .keras archive, or a binary file that reads them.
      custom_objects: what is not Keras's own, by the name in the file: subclasses of `kerasfmt.layers.Layer`;
        activations, initializers, regularizers and constraints, as functions or classes; for Lambda layers, functions
        by the layers' names. `model_from_config` says what each is. Losses, metrics and optimizers need none.
      compile: whether to keep the training config and the optimizer's state.
      tags: of a SavedModel with several graphs, the tags of the one to read: a text or a set of them. By default the
        only graph, or the one with the tag "serve".
      max_expansion: how many times its size the file may take in memory, beyond the 128 MiB that any file may take;
        infinity for no limit. What is unpacked counts, and what the config asks for; weights that are not
        compressed do not.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
      >>> kerasfmt.save_model(model, "model.keras")
      >>> [weight.name for weight in kerasfmt.load_model("model.keras").weights]
      ['dense/kernel', 'dense/bias']

    Raises:
      MissingFileError: there is nothing at `filepath`; a FileNotFoundError.
      UnsupportedFormatError: it is of a format that kerasfmt does not read yet, or holds no model.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds code, links to another file, or takes more memory than it may.
      SystemFaultError: the system cannot read it; an OSError.
      OutOfMemoryError: there is too little memory; a MemoryError.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: it contradicts itself.
    """
    source = _source(filepath)
    found = format_at(source)
    if found.read is None:
        raise UnsupportedFormatError(
            f"{source}: {found.title} holds weights only; build the model and load them into it"
        )
    with limited(max_expansion):
        if tags is None:
            return found.read(source, custom_objects, compile)
        if found.read_tagged is None:
            raise UnsupportedFormatError(f"{source}: {found.title} has no tags; leave out tags={tags!r:.80}")
        return found.read_tagged(source, custom_objects, compile, tags)


def _source(filepath: Source) -> Source:
    """A path, the bytes of a file, or a file that is open already."""
    if is_path(filepath):
        return Path(filepath)
    return as_binary(filepath) or filepath


def load_graph_model(
    filepath: str | os.PathLike[str], tags: Tags = None, max_expansion: float = MAX_EXPANSION
) -> GraphModel:
    """The signatures and variables of a SavedModel, whoever wrote it: a tf.Module, `export` of Keras 3, Keras 2.

    Nothing is known of layers. The signatures and the traced functions run in NumPy, with tables and the files that
    fill them. `save_model` writes the model as it was read.

    Args:
      filepath: the directory. Keep it: variables are read when they are used.
      tags: the tags of the graph to read, a text or a set of them, exactly; by default the only graph, or the one with
        the tag "serve".
      max_expansion: how many times its size the file may take in memory, as in `load_model`.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
      >>> kerasfmt.save_model(model, "saved_model")
      >>> graph = kerasfmt.load_graph_model("saved_model")
      >>> graph.signatures["serving_default"](dense_input=[[1, 2, 3]])["dense"].shape
      (1, 2)

    Raises:
      MissingFileError: there is nothing at `filepath`; a FileNotFoundError.
      UnsupportedFormatError: it is no SavedModel, or has no graph with these tags.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it takes more memory than it may.
      GraphError: a signature does not agree with its function.
    """
    source = Path(filepath)
    found = format_at(source)
    if found.read_graph is None:
        raise UnsupportedFormatError(f"{source}: {found.title} holds no graph; load_model reads its layers")
    with limited(max_expansion):
        return found.read_graph(source, tags)


def _is_graph(model: Any) -> bool:
    from kerasfmt.ir import Model

    if isinstance(model, Model):
        return False  # without the import, which brings the interpreter
    from kerasfmt.ir.graph_model import GraphModel

    return isinstance(model, GraphModel)


def _is_model(model: Any) -> TypeGuard[Model]:
    from kerasfmt.ir import Model

    return isinstance(model, Model)


def _represented(model: Any, compile: bool) -> Model:
    """The model itself; a live model of Keras as a model of kerasfmt."""
    if _is_model(model):
        return model
    from kerasfmt.sources import from_keras

    return from_keras(model, compile=compile)
