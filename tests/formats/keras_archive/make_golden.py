"""Write the golden `.keras` files of `data/` with real Keras.

    python tests/formats/keras_archive/make_golden.py PYTHON...

Each PYTHON is an interpreter; every Keras that it holds writes `<keras>.keras` there: a model with a mask, a nested
model, a shared layer and a frozen one, trained for one step; and `<keras>.npz`: inputs `tokens` and `features`,
and the predictions `y` of the model that Keras loads back from the file.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"


def main() -> None:
    """Run this file again under each interpreter of the command line."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    for python in sys.argv[1:]:
        environment = {**os.environ, "KERASFMT_FIXTURES": "write", "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([python, __file__], env=environment, check=True)


def write() -> None:
    """Write the file of every Keras that this interpreter holds."""
    for module in ("tf_keras", "keras"):
        try:
            keras = importlib.import_module(module)
        except ImportError:
            continue
        backend = f"-{keras.backend.backend()}" if keras.__version__.startswith("3") else ""
        path = DATA / f"{module}-{keras.__version__}{backend}.keras"
        keras.utils.set_random_seed(7)
        keras.backend.clear_session()
        model = build(keras)
        rng = np.random.default_rng(1)
        x = {
            "tokens": np.array([[1, 2, 0], [3, 0, 0]], np.int32),
            "features": rng.normal(size=(2, 2)).astype("f"),
        }
        model.fit(x, np.ones((2, 1)), verbose=0)
        model.save(path)
        loaded = keras.models.load_model(path)
        np.savez(path.with_suffix(".npz"), **x, y=loaded.predict(x, verbose=0))
        print(path.name, path.stat().st_size, "bytes")


def build(keras: Any) -> Any:
    """A small compiled model."""
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
    return model


if __name__ == "__main__":
    write() if os.environ.get("KERASFMT_FIXTURES") else main()
