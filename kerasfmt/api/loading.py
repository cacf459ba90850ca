"""The verbs that read: they recognize the format by the content and bound what a file may take.

Source: tf_keras/src/saving/saving_api.py, load_model
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.api.kinds import is_graph
from kerasfmt.containers.binary import as_binary
from kerasfmt.errors import UnsupportedFormatError
from kerasfmt.formats.detect import format_at, is_open_file, is_path, weights_format_at
from kerasfmt.formats.format import Source, Tags
from kerasfmt.limits import MAX_EXPANSION, limited

if TYPE_CHECKING:
    from kerasfmt.formats.stored_weights import StoredWeights
    from kerasfmt.formats.weight_map import WeightMapping
    from kerasfmt.ir import Model
    from kerasfmt.ir.graph_model import GraphModel


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
    if is_graph(model) and not found.weights_without_layers:
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
