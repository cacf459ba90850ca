"""Writes the golden models of the tests with real Keras.

    python tools/make_golden.py hdf5 PYTHON_WITH_TF_2_15 PYTHON_WITH_TF_KERAS_AND_KERAS_3
    python tools/make_golden.py keras_archive PYTHON...

Each PYTHON is an interpreter. Every Keras that it holds writes its files: `<keras>_mlp.h5` and `<keras>_nested.h5`
below `tests/data/hdf5`, or `<keras>.keras` below `tests/formats/keras_archive/data`. Beside each lies `<same>.npz`:
sample inputs by name, and the predictions `y` of the model that Keras loads back from the file.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).resolve().parent.parent / "tests"

Inputs = dict[str, np.ndarray]


@dataclass(frozen=True)
class Golden:
    """A file: where it lies, the end of its name, how its model is made, and what the model is given."""

    directory: Path
    ending: str
    build: Callable[[Any], Any]
    inputs: Callable[[Any], Inputs]


def main(kind: str = "", *pythons: str) -> None:
    """Runs this file again under each interpreter of the command line."""
    if kind not in GOLDEN or not pythons:
        sys.exit(__doc__)
    for python in pythons:
        environment = {**os.environ, "KERASFMT_GOLDEN": kind, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([python, __file__], env=environment, check=True)


def write(kind: str) -> None:
    """Writes the files of every Keras that this interpreter holds."""
    for module in ("tf_keras", "keras"):
        try:
            keras = importlib.import_module(module)
        except ImportError:
            continue
        for golden in GOLDEN[kind]:
            keras.utils.set_random_seed(7)
            keras.backend.clear_session()
            model = golden.build(keras)
            x = golden.inputs(model)
            path = golden.directory / f"{name_of(keras, kind)}{golden.ending}"
            model.save(path)
            loaded = keras.models.load_model(path)
            given = x if len(x) > 1 else x["x"]
            np.savez(path.with_suffix(".npz"), **x, y=loaded.predict(given, verbose=0))
            print(path.name, path.stat().st_size, "bytes")


def name_of(keras: Any, kind: str) -> str:
    """The module and version of a Keras; for archives also the backend of Keras 3."""
    backend = kind == "keras_archive" and keras.__version__.startswith("3")
    return f"{keras.__name__}-{keras.__version__}{f'-{keras.backend.backend()}' if backend else ''}"


def x(model: Any) -> Inputs:
    """Three rows for the one input of a model."""
    return {"x": np.random.default_rng(1).normal(size=(3, *model.input_shape[1:])).astype(np.float32)}


def tokens_and_features(model: Any) -> Inputs:
    """Two rows, with tokens that are masked."""
    return {
        "tokens": np.array([[1, 2, 0], [3, 0, 0]], np.int32),
        "features": np.random.default_rng(1).normal(size=(2, 2)).astype("f"),
    }


def mlp(keras: Any) -> Any:
    """A small compiled Sequential that was trained for one step."""
    model = keras.Sequential(
        [
            keras.layers.InputLayer((4,)),
            keras.layers.Dense(5, activation="relu", name="hidden"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dropout(0.5, name="drop"),
            keras.layers.Dense(2, activation="softmax", name="out"),
        ],
        name="mlp",
    )
    model.compile(keras.optimizers.Adam(0.01), loss="categorical_crossentropy", metrics=["accuracy"])
    rng = np.random.default_rng(0)
    model.fit(rng.normal(size=(8, 4)), np.eye(2)[rng.integers(0, 2, 8)], batch_size=8, verbose=0)
    return model


def nested(keras: Any) -> Any:
    """An uncompiled functional model with a nested model, a shared layer and a frozen one."""
    image = keras.Input((6, 6, 2), name="image")
    x = keras.layers.Conv2D(3, 3, name="conv")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.DepthwiseConv2D(3, name="depthwise")(x)
    encoder = keras.Model(image, keras.layers.GlobalAveragePooling2D(name="pool")(x), name="encoder")
    encoder.get_layer("norm").set_weights([np.full(3, 0.5 * i + 0.5, np.float32) for i in range(4)])

    pixels = keras.Input((6, 6, 2), name="pixels")
    shared = keras.layers.Dense(3, name="shared")
    frozen = keras.layers.Dense(3, trainable=False, name="frozen")
    y = shared(encoder(pixels))
    y = keras.layers.Add(name="add")([shared(y), frozen(y)])
    return keras.Model(pixels, keras.layers.Dense(2, name="out")(y), name="nested")


def golden(keras: Any) -> Any:
    """A small functional model: a mask, a nested model, a shared layer, a frozen one; trained for one step."""
    layers = keras.layers
    entry = keras.Input((2,), name="entry")
    shared = layers.Dense(2, name="shared")
    hidden = layers.BatchNormalization(name="norm")(shared(entry))
    inner = keras.Model(entry, layers.LeakyReLU(0.1, name="leaky")(shared(hidden)), name="inner")
    tokens = keras.Input((3,), dtype="int32", name="tokens")
    features = keras.Input((2,), name="features")
    x = layers.Embedding(4, 2, mask_zero=True, name="embedding")(tokens)
    x = layers.GlobalAveragePooling1D(name="pool")(layers.Dropout(0.1, name="drop")(x))
    x = layers.Concatenate(name="join")([inner(x), inner(features)])
    x = layers.Dense(2, activation="swish", trainable=False, name="frozen")(x)
    model = keras.Model(
        {"tokens": tokens, "features": features}, layers.Dense(1, name="out")(x), name="golden"
    )
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", metrics=["mae"])
    model.fit(tokens_and_features(model), np.ones((2, 1)), verbose=0)
    return model


GOLDEN = {
    "hdf5": (
        Golden(TESTS / "data" / "hdf5", "_mlp.h5", mlp, x),
        Golden(TESTS / "data" / "hdf5", "_nested.h5", nested, x),
    ),
    "keras_archive": (
        Golden(TESTS / "formats" / "keras_archive" / "data", ".keras", golden, tokens_and_features),
    ),
}

if __name__ == "__main__":
    write(os.environ["KERASFMT_GOLDEN"]) if "KERASFMT_GOLDEN" in os.environ else main(*sys.argv[1:])
