"""Write the golden HDF5 models of tests/data/hdf5 with real Keras.

    python tools/make_hdf5_fixtures.py PYTHON_WITH_TF_2_15 PYTHON_WITH_TF_KERAS_AND_KERAS_3

Each PYTHON is an interpreter whose environment holds TensorFlow; every Keras found in it writes its files
there: `<keras>_mlp.h5` (Sequential, compiled and trained for one step, so that it has optimizer weights) and
`<keras>_nested.h5` (functional: a shared layer, a nested model, a frozen layer), each with `<same>.npz`: an
input `x` and the predictions `y` of the model that Keras loads back from the file.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent.parent / "tests" / "data" / "hdf5"


def main() -> None:
    """Run this file again under each interpreter of the command line."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    for python in sys.argv[1:]:
        environment = {**os.environ, "KERASFMT_FIXTURES": "write", "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([python, __file__], env=environment, check=True)


def write() -> None:
    """Write the files of every Keras that this interpreter holds."""
    for module in ("tf_keras", "keras"):
        try:
            keras = importlib.import_module(module)
        except ImportError:
            continue
        stem = f"{module}-{keras.__version__}"
        for name, build in (("mlp", mlp), ("nested", nested)):
            keras.utils.set_random_seed(7)
            keras.backend.clear_session()
            path = DATA / f"{stem}_{name}.h5"
            model = build(keras)
            x = np.random.default_rng(1).normal(size=(3, *model.input_shape[1:])).astype(np.float32)
            model.save(path)
            loaded = keras.models.load_model(path)
            np.savez(path.with_suffix(".npz"), x=x, y=loaded.predict(x, verbose=0))
            print(path.name, path.stat().st_size, "bytes")


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


if __name__ == "__main__":
    write() if os.environ.get("KERASFMT_FIXTURES") else main()
