"""From a `.keras` archive to a model: the config makes the layers, each layer takes the variables at its path."""

from __future__ import annotations

import os
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kerasfmt import ir
from kerasfmt.containers.binary import Binary
from kerasfmt.containers.checked_json import decode, parse_object
from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.containers.hdf5.guard import Node, import_h5py
from kerasfmt.containers.hdf5.opening import opened, opened_stream
from kerasfmt.containers.zip.reader import Archive
from kerasfmt.containers.zip.records import LOCAL_MAGIC
from kerasfmt.dialects.compile_config import COMPILE_OPTIONS
from kerasfmt.dialects.keras3 import keras3_to_keras2
from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.dialects.saving_lib import COMPILE_CONFIG, refuse_code, refuse_code_to_train
from kerasfmt.dialects.versions import Dialect
from kerasfmt.errors import (
    CorruptFileError,
    InvalidModelError,
    MissingFileError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.formats.hdf5.layout import MODEL_WEIGHTS
from kerasfmt.formats.hdf5.stored import has_layer_names
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.assets import Assets, give_assets, read_assets
from kerasfmt.formats.keras_archive.places import places
from kerasfmt.formats.keras_archive.shard_files import names_in, read_shards
from kerasfmt.formats.keras_archive.training import take_variables, to_training_config
from kerasfmt.formats.keras_archive.weights import Variables, assign, numbered, read_variables
from kerasfmt.printable import printable

_MAX_ROOT_MEMBERS: Final = 6


@dataclass(frozen=True)
class KerasArchive:
    """A `.keras` archive as it states itself.

    Attributes:
      file: what errors call the file.
      keras_version: version of the Keras that wrote it; None where it does not say.
      config: `config.json`, in the dialect of that Keras.
      variables: the variables of `model.weights.h5` or its shards, still in the file.
      members: size of each member by name.
      assets: the files of layers.
    """

    file: str
    keras_version: str | None
    config: dict[str, Any]
    variables: Variables
    members: Mapping[str, int]
    assets: Assets

    @property
    def dialect(self) -> Dialect:
        """The dialect of the archive."""
        major = (self.keras_version or "3").partition(".")[0]
        return "tf_keras" if major == "2" else "keras3"

    @property
    def in_keras2(self) -> dict[str, Any]:
        """The config, translated for Keras 2 if the archive is of Keras 3."""
        found: dict[str, Any] = keras3_to_keras2(self.config) if self.dialect == "keras3" else self.config
        return found


def open_archive(path: str | os.PathLike[str] | Binary) -> KerasArchive:
    """What a `.keras` archive holds; its variables are read when they are used.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is no zip archive, or holds no Keras model.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it is a bomb, names members outside of itself, or is nested too deeply.
      ImportError: h5py is not installed.
    """
    import_h5py()
    with Archive(path, "a .keras archive") as archive:
        config = _json(archive, layout.CONFIG)
        metadata = _json(archive, layout.METADATA) if layout.METADATA in archive.members else {}
        assets = read_assets(archive)
        variables = _variables(archive)
        version = metadata.get("keras_version")
        sizes = {name: info.file_size for name, info in archive.members.items()}
    version = version if isinstance(version, str) else None
    return KerasArchive(str(path), version, config, variables, sizes, assets)


def load(
    path: str | os.PathLike[str] | Binary,
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
) -> ir.Model:
    """The model in a `.keras` archive; its weights stay in the file until they are used.

    Args:
      path: the archive.
      custom_objects: layer classes by the class name, or the registered name, that the file gives them.
      compile: whether to keep the training config and the optimizer's state.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is no zip archive, or holds no Keras model.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it holds code, is a zip bomb, or names members outside of itself.
      UnsupportedLayerError: it names a layer or an option that kerasfmt does not know.
      InvalidModelError: its variables are not those of its layers.
      ImportError: h5py is not installed.
    """
    stored = open_archive(path)
    custom = custom_objects or {}
    where = f"{stored.file}: {layout.CONFIG}"
    refuse_code(stored.config, custom, where)
    compiled = stored.config.get(COMPILE_CONFIG) if compile else None
    if isinstance(compiled, Mapping):
        refuse_code_to_train(compiled, where)
    with malformed_config_errors(where):
        config = stored.in_keras2
        model = model_from_config(config, custom, keras=2)
        model.made_by_keras = 3 if stored.dialect == "keras3" else 2
        assign(model, config, stored.variables, stored.file, cast=True)
        give_assets(model, config, stored.assets, stored.variables, stored.file)
        # Keras 3 loses the optimizer when it writes the model to HDF5; a model saved after that cannot be trained on.
    if isinstance(compiled, Mapping) and compiled.get("optimizer"):
        own, inner = _optimizer(stored.variables, stored.file)
        trainable = _trainable(model, config)
        training = to_training_config(compiled, own, inner, trainable, stored.dialect)
        training.restored = True
        training.options = {key: compiled[key] for key in COMPILE_OPTIONS if key in compiled}
        model.training_config = training
    return model


def _optimizer(variables: Variables, where: str) -> tuple[list[LazyDataset], list[LazyDataset]]:
    """The variables of the optimizer, and of an optimizer inside of it; warns of what other objects in it hold."""
    own, inner = (
        numbered(variables.get(path, {}), f"{where}: {path}") for path in (layout.OPTIMIZER, layout.INNER)
    )
    others = {
        path: len(held)
        for path, held in variables.items()
        if path.startswith(f"{layout.OPTIMIZER}/") and path != layout.INNER
    }
    if sum(others.values()) > len(own):  # else an optimizer lists the variables of its parts among its own
        listed = ", ".join(f"{path} ({count})" for path, count in others.items() if count)
        warnings.warn(
            printable(f"{where}: variables of unknown parts of the optimizer are left out: {listed}"),
            stacklevel=3,
        )
    return own, inner


def _trainable(model: ir.Model, config: Mapping[str, Any] | None) -> list[ir.Weight]:
    """The trainable weights in the order in which the file keeps their layers."""
    layers = [place.layer for place in places(model, config) if not place.again]
    rank = {
        id(weight): number
        for number, layer in enumerate(layers)
        if not isinstance(layer, ir.Model)
        for weight in layer.weight_attributes.values()
    }
    return sorted(model.trainable_weights, key=lambda weight: rank.get(id(weight), len(layers)))


def load_weights(model: ir.Model, source: str | os.PathLike[str] | Any, skip_mismatch: bool = False) -> None:
    """Gives a model the variables of a file in the object-path layout; they stay in the file.

    A compiled model also takes the optimizer's variables if they fit its optimizer. A variable of another dtype is
    cast. Layers are found by their classes and places, not by their names. If anything fails, nothing is changed.

    Args:
      model: the model.
      source: `.weights.h5` as a path or as an open h5py.File or group, `.weights.json` beside its shards, a `.keras`
        archive, or the bytes of one of those files.
      skip_mismatch: whether to leave out, with a warning, each layer whose variables do not all fit.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is of another kind.
      CorruptFileError: it is damaged or truncated.
      UnsafeFileError: it links to another file.
      InvalidModelError: its variables are not those of the model's layers.
      ImportError: h5py is not installed.
    """
    config: Mapping[str, Any] | None = None
    if isinstance(source, Binary) and source.begins_with(LOCAL_MAGIC):
        where, variables, config = _of_archive(source, model)
    elif not isinstance(source, str | os.PathLike):
        with opened(source) as file:
            where, variables = file.root.where, read_variables(file)
    else:
        path = Path(source)
        where = str(path)
        if not path.is_file():
            raise MissingFileError(f"{path}: expected a file of weights, got nothing: no such file")
        if zipfile.is_zipfile(path):
            where, variables, config = _of_archive(path, model)
        elif path.suffix == ".json":
            variables = merged(read_shards(path, read_variables), str(path))
        else:
            with opened(path) as file:
                variables = read_variables(file)
    with malformed_config_errors(where):
        config = config or model.described()  # the config shows which layers may have been one object
        assign(model, config, variables, where, cast=True, skip_mismatch=skip_mismatch)
        order = _trainable(model, config)
    if model.training_config is not None and variables.get(layout.OPTIMIZER):
        held, inner = _optimizer(variables, where)
        if not take_variables(model.training_config, held, inner, order):
            warnings.warn(
                printable(
                    f"{where}: holds {len(held)} variables of an optimizer, which are not those of the model's "
                    f"{model.training_config.optimizer_class}; skipped"
                ),
                stacklevel=2,
            )


def _of_archive(path: Path | Binary, model: ir.Model) -> tuple[str, Variables, Mapping[str, Any] | None]:
    """What errors call an archive, its variables, and its config if that names the layers of a model."""
    stored = open_archive(path)
    with malformed_config_errors(f"{stored.file}: {layout.CONFIG}"):
        config = stored.in_keras2
        return stored.file, stored.variables, config if _has_layers_of(config, model) else None


def holds_object_paths(source: str | os.PathLike[str] | Any) -> bool:
    """Whether an HDF5 file holds weights in this layout, not in the layout of Keras 2's `.h5`.

    Args:
      source: a path, or an open h5py.File or group.

    Raises:
      MissingFileError: there is no such file.
      UnsupportedFormatError: it is not HDF5.
      CorruptFileError: it is damaged or truncated.
      ImportError: h5py is not installed.
    """
    with opened(source) as file:
        if has_layer_names(file.root):
            return False
        members = file.root.member_names(_MAX_ROOT_MEMBERS)
        if MODEL_WEIGHTS in members:
            return False
        if any(name in layout.ROOT_MEMBERS or name.startswith(layout.ON_WINDOWS) for name in members):
            return True
        return any(_holds_object(file.root, name) for name in members)


def _holds_object(root: Node, name: str) -> bool:
    """Whether a group is of an object that an attribute of a subclassed model holds."""
    try:
        return any(root.find(f"{name}/{inner}") is not None for inner in (layout.VARS, layout.LAYERS))
    except UnsafeFileError:  # a link
        return False


def _has_layers_of(config: Mapping[str, Any], model: ir.Model) -> bool:
    """Whether a config names the layers of a model; if so, the config's order of layers counts, not the model's."""
    entries = config["config"]["layers"]
    names = {str(entry.get("name") or entry["config"].get("name")) for entry in entries}
    return names >= {layer.name for layer in model.layers}


def _json(archive: Archive, name: str) -> dict[str, Any]:
    where = f"{archive.file}: {name}"
    return parse_object(decode(archive.read(name), where), where)


def _variables(archive: Archive) -> Variables:
    if layout.WEIGHTS in archive.members:
        return _read_member(archive, layout.WEIGHTS)
    if layout.SHARDS in archive.members:
        shards = names_in(_json(archive, layout.SHARDS), f"{archive.file}: {layout.SHARDS}")
        return merged([_read_member(archive, name) for name in sorted(shards)], archive.file)
    if "model.weights.npz" in archive.members:
        raise UnsupportedFormatError(
            f"{archive.file}: keeps its weights as model.weights.npz; expected {layout.WEIGHTS}; "
            "load it with Keras and save it again"
        )
    raise UnsupportedFormatError(f"{archive.file}: expected a member {layout.WEIGHTS}, got none")


def merged(parts: Sequence[Variables], where: str) -> Variables:
    """The variables of several files as those of one.

    Args:
      parts: those of each file.
      where: what errors begin with.

    Raises:
      InvalidModelError: two files hold one variable.
    """
    found: Variables = {}
    for part in parts:
        for path, held in part.items():
            own = found.setdefault(path, {})
            twice = sorted(own.keys() & held.keys())
            if twice:
                raise InvalidModelError(f"{where}: two shards hold the variable {path}/vars/{twice[0]}")
            own.update(held)
    return found


def _read_member(archive: Archive, name: str) -> Variables:
    where = f"{archive.file}: {name}"
    if name not in archive.members:
        raise CorruptFileError(
            f"{archive.file}: {layout.SHARDS}: names the shard {name!r}, which is not there"
        )
    size = archive.members[name].file_size
    with opened_stream(archive.open(name), where, size, archive.allowance) as file:
        return read_variables(file)
