"""The valid files that are spoilt: files that Keras wrote, and ours in layouts that those do not show."""

from __future__ import annotations

import warnings
import zipfile
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np

import kerasfmt
from conformance.fuzz.spoil_checkpoint import joined
from conformance.fuzz.spoil_saved_model import joined as joined_saved_model
from kerasfmt import ir
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle import bundle as layout
from kerasfmt.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    Embedding,
    Flatten,
    GlobalAveragePooling1D,
    LayerNormalization,
    MultiHeadAttention,
    TimeDistributed,
)
from kerasfmt.optimizers.state import initial_variables

_TESTS = Path(__file__).parents[2] / "tests"
_WRITTEN_BY_KERAS = {
    "hdf5": sorted((_TESTS / "data" / "hdf5").glob("*.h5")),
    "keras": sorted((_TESTS / "formats" / "keras_archive" / "data").glob("*.keras")),
}


def stack() -> ir.Model:
    """A compiled convolutional Sequential."""
    model = ir.Sequential(
        [
            ir.InputLayer(batch_input_shape=(None, 6, 6, 2), name="image"),
            Conv2D(3, 3, kernel_regularizer={"class_name": "L2", "config": {"l2": 0.5}}, name="conv"),
            BatchNormalization(name="norm"),
            Activation("relu", name="relu"),
            Flatten(name="flat"),
            Dense(2, activation="softmax", name="out"),
        ],
        name="stack",
    )
    optimizer = {"class_name": "SGD", "config": {"name": "SGD", "learning_rate": 0.1, "momentum": 0.9}}
    model.training_config = ir.TrainingConfig({"loss": "mse", "metrics": [], "optimizer_config": optimizer})
    return model


def branches() -> ir.Model:
    """A functional model with a model inside, a shared layer, attention, and a mask."""
    inner_input = ir.Input(shape=(4,), name="inner_input")
    inner = ir.Model(inner_input, Dense(4, name="inner_dense")(inner_input), name="inner")
    tokens = ir.Input(shape=(5,), dtype="int32", name="tokens")
    x = Embedding(7, 4, mask_zero=True, name="embedding")(tokens)
    x = TimeDistributed(inner, name="each")(x)
    attended = MultiHeadAttention(2, 3, name="attention")(x, x)
    x = LayerNormalization(name="norm")(Add(name="add")([x, attended]))
    shared = Dense(3, name="shared")
    both = Concatenate(name="both")([shared(x), shared(attended)])
    return ir.Model(tokens, GlobalAveragePooling1D(name="pool")(both), name="branches")


MODELS = {"stack": stack, "branches": branches}


@lru_cache
def corpus(reader: str, scratch: Path) -> list[bytes]:
    """The valid files of a reader, in a fixed order.

    Args:
      reader: "hdf5", "keras", "npz", "checkpoint" or "saved_model".
      scratch: a directory to write to.
    """
    if reader == "checkpoint":
        return _checkpoints(scratch)
    if reader == "saved_model":
        return _saved_models(scratch)
    own = {"hdf5": _hdf5, "keras": _archives, "npz": _npz}[reader](scratch)
    return [path.read_bytes() for path in (*_WRITTEN_BY_KERAS.get(reader, ()), *own)]


def _hdf5(scratch: Path) -> list[Path]:
    found = []
    for name, build in MODELS.items():
        found.append(scratch / f"{name}.h5")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Keras 3 does not read all of them
            kerasfmt.save_model(build(), found[-1])
    plain = found[0]
    for name, options in {"latest": {"libver": "latest"}, "behind": {"userblock_size": 512}}.items():
        found.append(scratch / f"{name}.h5")
        with h5py.File(found[-1], "w", **options) as file, h5py.File(plain) as source:
            for member in source:
                source.copy(member, file)
            file.attrs.update(source.attrs)
    found.append(scratch / "packed.h5")
    with h5py.File(found[-1], "w") as file, h5py.File(plain) as source:
        file.attrs.update(source.attrs)
        source.visititems(lambda path, item: _repack(file, path, item))
    found.append(scratch / "weights_only.h5")
    kerasfmt.save_weights(branches(), found[-1])
    for name, build in MODELS.items():
        found.append(scratch / f"{name}.weights.h5")
        kerasfmt.save_weights(build(), found[-1])
    found.append(scratch / "stack2.weights.h5")
    kerasfmt.save_weights(stack(), found[-1], save_format="tf_keras")
    return found


def _repack(file: h5py.File, path: str, item: h5py.Group | h5py.Dataset) -> None:
    if isinstance(item, h5py.Group):
        copy = file.require_group(path)
        for key, value in item.attrs.items():
            copy.attrs[key] = value
    elif item.shape:
        file.create_dataset(path, data=item[()], chunks=True, compression="gzip", shuffle=True)
    else:
        file[path] = item[()]


def _archives(scratch: Path) -> list[Path]:
    found = []
    for name, build in MODELS.items():
        for dialect in ("keras", "tf_keras"):
            found.append(scratch / f"{name}-{dialect}.keras")
            kerasfmt.save_model(build(), found[-1], save_format=dialect)
    found.append(scratch / "deflated.keras")
    with zipfile.ZipFile(found[0]) as source, zipfile.ZipFile(found[-1], "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(zipfile.ZipInfo(info.filename), source.read(info), zipfile.ZIP_DEFLATED)
    return found


def _npz(scratch: Path) -> list[Path]:
    found = []
    for name, build in MODELS.items():
        found.append(scratch / f"{name}.npz")
        kerasfmt.save_weights(build(), found[-1])
    found.append(scratch / "packed.npz")
    model = branches()
    np.savez_compressed(found[-1], **{weight.name: weight.numpy() for weight in model.weights})
    return found


def _checkpoints(scratch: Path) -> list[bytes]:
    found = []
    weights = [{weight.name: weight.numpy() for weight in build().weights} for build in MODELS.values()]
    texts = np.array([[b"", b"a"], [b"\xff" * 300, b"word"]], object)
    kinds = {name: np.arange(6).reshape(2, 3).astype(name) for name in ("?", "i1", "u8", "f2", "c8", ">f4")}
    for number, tensors in enumerate(
        [*weights, {"texts": texts, "empty": np.zeros((0, 3), np.float32), **kinds}]
    ):
        prefix = scratch / f"checkpoint{number}"
        tensorbundle.write(prefix, tensors.items())
        found.append(_read_checkpoint(prefix))
    for name, build in MODELS.items():
        kerasfmt.save_weights(build(), scratch / name, save_format="tf")
        found.append(_read_checkpoint(scratch / name))
    return found


def _saved_models(scratch: Path) -> list[bytes]:
    found = []
    for name, build in MODELS.items():
        for traced in (True, False):
            directory = scratch / f"{name}-{traced}"
            model = build()
            if model.training_config is not None:
                model.training_config.variables = initial_variables(
                    model.training_config, model.trainable_weights
                )
            kerasfmt.save_model(model, directory, save_traces=traced, flush=False)
            found.append(joined_saved_model(directory))
    return found


def _read_checkpoint(prefix: Path) -> bytes:
    files = (layout.index_path(str(prefix)), layout.data_path(str(prefix), 0, 1))
    return joined(*(Path(file).read_bytes() for file in files))
