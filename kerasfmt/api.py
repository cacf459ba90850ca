"""The front door: save_model and load_model choose the format, guard what is there, and commit.

Source: tf_keras/src/saving/saving_api.py, save_model and load_model;
tensorflow/python/saved_model/save_options.py (2.15 to 2.21)
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.errors import TargetExistsError, UnsupportedFormatError
from kerasfmt.files import commit
from kerasfmt.recognition import WEIGHTS_MAP, format_of, holds_paths, is_path, sniff, weights_format_of

if TYPE_CHECKING:
    from kerasfmt.ir import Model


SAVED_MODEL: Final = commit.Members(
    format="SavedModel",
    marker="saved_model.pb",
    patterns=(
        r"saved_model\.pb",
        r"keras_metadata\.pb",
        r"fingerprint\.pb",
        r"variables/",
        r"variables/variables\.index",
        r"variables/variables\.data-\d{5}-of-\d{5}",
        r"assets(\.extra)?/.*",
        r"debug/",
        r"debug/saved_model_debug_info\.pb",
    ),
)
"""The files of a SavedModel; a directory that holds any other is not replaced."""


@dataclass(frozen=True, kw_only=True)
class SaveOptions:
    """TensorFlow's tf.saved_model.SaveOptions: the same fields, each honoured or refused by name.

    Attributes:
      namespace_whitelist: op namespaces that may be saved; kerasfmt writes no namespaced op, so that every
        list is met.
      save_debug_info: only False: there is no Python stack to record.
      function_aliases: only empty: there are no objects of tf.function to point at.
      experimental_debug_stripper: only False.
      experimental_io_device: only None: files are written by this process.
      experimental_variable_policy: only None: variables are saved without devices.
      experimental_custom_gradients: either: kerasfmt writes no function with a custom gradient.
      experimental_image_format: only False, as in every public TensorFlow.
      experimental_skip_saver: only False.
      experimental_sharding_callback: only None: variables are saved in one shard.
      extra_tags: tags of the MetaGraph beside "serve".
    """

    namespace_whitelist: Sequence[str] | None = None
    save_debug_info: bool = False
    function_aliases: Mapping[str, object] | None = None
    experimental_debug_stripper: bool = False
    experimental_io_device: str | None = None
    experimental_variable_policy: str | None = None
    experimental_custom_gradients: bool = True
    experimental_image_format: bool = False
    experimental_skip_saver: bool = False
    experimental_sharding_callback: object | None = None
    extra_tags: Sequence[str] | None = None

    def __post_init__(self) -> None:
        whitelist = self.namespace_whitelist
        if whitelist is not None and (
            isinstance(whitelist, str) or not all(isinstance(name, str) for name in whitelist)
        ):
            raise TypeError(f"namespace_whitelist: expected a list of strings, got {whitelist!r}")
        if isinstance(self.extra_tags, str):
            raise TypeError(f"extra_tags: expected a list of strings, got {self.extra_tags!r}")
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name not in _HONOURED and value not in (field.default, None, False, {}, (), []):
                raise UnsupportedFormatError(
                    f"SaveOptions: {field.name}={value!r} is not supported; leave it at {field.default!r}"
                )


_HONOURED: Final = ("namespace_whitelist", "experimental_custom_gradients", "extra_tags")


def save_model(
    model: Any,
    filepath: str | os.PathLike[str] | Any,
    overwrite: bool = True,
    include_optimizer: bool = True,
    save_format: str | None = None,
    signatures: Any = None,
    options: SaveOptions | None = None,
    save_traces: bool = True,
) -> None:
    """Writes a model to disk, whole or not at all.

    Args:
      model: the model; a live one of Keras 2 or Keras 3 goes through `from_keras` first.
      filepath: the directory or file to create or to replace; for HDF5 also an open h5py.File or group, which
        is left open.
      overwrite: whether to replace what is there; if False, a terminal is asked; elsewhere it is an error.
      include_optimizer: whether to write the optimizer's state.
      save_format: "tf" for a SavedModel, "h5" for HDF5; by default from the suffix of `filepath`: ".h5" and
        ".hdf5" for HDF5, ".keras" for a Keras 3 archive, everything else for a SavedModel. "tf_keras" is
        a .keras archive in the dialect of tf_keras and Keras 2, which cannot read that of Keras 3. HDF5 is
        that of Keras 2: from such a file, TensorFlow's own too, Keras 3 takes the optimizer's class, but not
        its options and slots; only .keras keeps them for Keras 3.
      signatures: the signatures of the SavedModel; by default "serving_default", the model's prediction.
      options: TensorFlow's options, of a SavedModel.
      save_traces: whether to write each layer's traced functions into a SavedModel; without them, Keras needs
        the layers' classes to load the model.

    Raises:
      TargetExistsError: there is something at `filepath`, and `overwrite` is False; a FileExistsError.
      SaveError: it cannot be written, or holds files that are not part of a SavedModel.
      UnsupportedFormatError: kerasfmt does not write that format yet.
      UnsupportedLayerError: a layer cannot be written.
      InvalidModelError: the model contradicts itself.
      ImportError: HDF5 is asked for, and h5py is not installed.
    """
    name = format_of(filepath, save_format)
    if name != "tf" and signatures is not None:
        what = "HDF5" if name == "h5" else "a .keras archive"
        raise UnsupportedFormatError(
            f"{filepath}: {what} holds no signatures; save the model as a SavedModel"
        )
    if is_path(filepath) and not _may_write(Path(filepath), overwrite):
        return
    model = _represented(model, include_optimizer)
    if name == "h5":
        from kerasfmt.formats.hdf5 import writer as hdf5

        _write_hdf5(lambda target: hdf5.write(model, target, include_optimizer), filepath)
        return
    if name in ("keras", "tf_keras"):
        from kerasfmt.formats.keras_archive import writer

        with commit.replace_file(filepath) as path:
            writer.write(model, path, include_optimizer, "keras3" if name == "keras" else "tf_keras")
        return
    from kerasfmt.formats import saved_model

    with commit.replace_directory(Path(filepath), SAVED_MODEL) as directory:
        saved_model.write(
            model,
            directory,
            include_optimizer=include_optimizer,
            signatures=signatures,
            options=options or SaveOptions(),
            save_traces=save_traces,
        )


def save_weights(
    model: Any,
    filepath: str | os.PathLike[str] | Any,
    overwrite: bool = True,
    save_format: str | None = None,
    max_shard_size: float | None = None,
) -> None:
    """Writes the weights of a model, whole or not at all.

    A name that ends in .weights.h5 has the layout that Keras gives it since 2.12: by the layers' places in the
    model, with the optimizer's state if the model is compiled. Any other .h5 or .hdf5 has that of Keras 2: by
    the layers' names.

    What metrics have summed up is not written. Keras 2 looks for it in a .weights.h5 if its model is compiled
    and was trained already; load with skip_mismatch=True there.

    Args:
      model: the model, or a live one of Keras.
      filepath: a path, or an open h5py.File or group, which is left open and gets the layout of Keras 2.
      overwrite: whether to replace what is there; if False, a terminal is asked; elsewhere it is an error.
      save_format: for .weights.h5, whose Keras is to read it: "keras" (the default) for Keras 3, "tf_keras"
        for tf_keras and Keras 2; for other names only "h5", which then need no suffix.
      max_shard_size: GiB of weights that one file may hold. The path is that of the map, which ends in
        .weights.json; the shards come beside it. Only Keras 3 reads them. The map is replaced last; a save
        that is killed between may leave new shards beside an old map.

    Raises:
      TargetExistsError: there is something at `filepath`, and `overwrite` is False; a FileExistsError.
      SaveError: it cannot be written.
      UnsupportedFormatError: name, `save_format` and `max_shard_size` do not go together; or HDF5 cannot hold
        the dtype of a weight.
      InvalidModelError: names collide in the file.
      ValueError: a weight is larger than a shard.
      ImportError: h5py is not installed.
    """
    layout = weights_format_of(filepath, save_format, max_shard_size)
    if is_path(filepath) and not _may_write(Path(filepath), overwrite):
        return
    if layout == "h5":
        from kerasfmt.formats.hdf5 import writer as hdf5

        held = _represented(model, False)
        _write_hdf5(lambda target: hdf5.write_weights(held, target), filepath)
        return
    from kerasfmt.formats.keras_archive import writer as keras_archive

    path = Path(filepath)
    represented = _represented(model, True)
    if max_shard_size is None:
        with commit.replace_file(path) as payload:
            keras_archive.write_weights(represented, payload, "keras3" if layout == "keras" else "tf_keras")
        return
    with contextlib.ExitStack() as stack:
        keras_archive.write_shards(
            represented,
            path.name.removesuffix(WEIGHTS_MAP),
            max_shard_size,
            lambda name: stack.enter_context(commit.replace_file(path.with_name(name))),
        )


def load_weights(
    model: Model, filepath: str | os.PathLike[str] | Any, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Gives a model the weights in a file, all of them or, if anything fails, none.

    Args:
      model: the model.
      filepath: a file of `save_weights` or of a whole model, HDF5 or .keras, by its content; the map of
        weights in shards, `.weights.json`; or an open h5py.File or group. Weights stay in it until they are
        used; keep it until the model is saved.
      by_name: whether to go by the layers' names; by default, layers are paired in order. Only in Keras 2's
        layout are there names.
      skip_mismatch: whether to leave out, with a warning, what does not fit: in Keras 2's layout by name
        single weights, elsewhere whole layers.

    Raises:
      MissingFileError: there is nothing at `filepath`; a FileNotFoundError.
      UnsupportedFormatError: it holds no weights in a layout of Keras.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it points out of itself.
      InvalidModelError: the weights do not fit the model.
      ValueError: `skip_mismatch` without `by_name` in Keras 2's layout, or `by_name` in another one.
      ImportError: h5py is not installed.
    """
    from kerasfmt.formats.hdf5 import weights
    from kerasfmt.formats.keras_archive import reader

    named = is_path(filepath) and Path(filepath).is_file() and holds_paths(Path(filepath))
    if not named and not reader.holds_object_paths(filepath):
        weights.load_weights(model, filepath, by_name=by_name, skip_mismatch=skip_mismatch)
        return
    if by_name:
        raise ValueError(
            f"{filepath}: by_name=True is for weights in the layout of Keras 2 (.h5); this one keeps them by the "
            "layers' places"
        )
    reader.load_weights(model, filepath, skip_mismatch=skip_mismatch)


def _may_write(path: Path, overwrite: bool) -> bool:
    return overwrite or not os.path.lexists(path) or may_overwrite(path)


def _represented(model: Any, compile: bool) -> Model:
    """The model itself, or what a live one of Keras is to kerasfmt."""
    from kerasfmt.ir import Model

    if isinstance(model, Model):
        return model
    from kerasfmt.sources import from_keras

    return from_keras(model, compile=compile)


def _write_hdf5(write: Callable[[Any], None], target: Any) -> None:
    if not is_path(target):
        write(target)
        return
    with commit.replace_file(target) as path:
        write(path)


def load_model(
    filepath: str | os.PathLike[str] | Any,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> Model:
    """The model in a file, in whatever format its first bytes say.

    Weights stay in the file until they are used; keep the file until the model is saved.

    Args:
      filepath: the file, or an open h5py.File or group.
      custom_objects: layer classes (subclasses of kerasfmt.layers.Layer), by the name that the file gives
        them.
      compile: whether to keep the training config and the optimizer's state.

    Raises:
      MissingFileError: there is nothing at `filepath`; a FileNotFoundError.
      UnsupportedFormatError: it is of a format that kerasfmt does not read yet, or holds no model.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds code, or points out of itself.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: it contradicts itself.
    """
    path: Any = Path(filepath) if is_path(filepath) else filepath
    found = sniff(path) if is_path(filepath) else format_of(filepath)
    if found == "h5":
        from kerasfmt.formats.hdf5.reader import load

        return load(path, custom_objects=custom_objects, compile=compile)
    if found == "keras":
        from kerasfmt.formats.keras_archive.reader import load as load_archive

        return load_archive(path, custom_objects=custom_objects, compile=compile)
    raise UnsupportedFormatError(
        f"{path}: reading SavedModel directories is not supported yet; save the model as .keras or .h5 with Keras "
        "and load that"
    )


def may_overwrite(target: Path) -> bool:
    """Whether the person at the terminal agrees to replace what is at a path.

    Raises:
      TargetExistsError: there is no terminal to ask at.

    Source: tf_keras/src/utils/io_utils.py, ask_to_proceed_with_overwrite
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise TargetExistsError(f"{target}: already exists, and overwrite is False; choose another path")
    question = f"[WARNING] {target} already exists - overwrite? [y/n]"
    while (answer := input(question).strip().lower()) not in ("y", "n"):
        question = 'Enter "y" (overwrite) or "n" (cancel).'
    return answer == "y"
