"""A small SavedModel as Keras 3 exports it on JAX: `tests/data/keras_on_jax/`, with inputs and outputs.

    python tools/make_keras_on_jax.py

It needs Keras 3, JAX and TensorFlow, through which Keras exports, in one environment. Debug locations, which hold
paths, are left out of the modules, and with them the fingerprint.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tests" / "data" / "keras_on_jax"

sys.path.insert(0, str(ROOT))
os.environ["KERAS_BACKEND"] = "jax"


def main() -> None:
    """Writes the files."""
    import keras
    import numpy as np
    from keras import layers

    from kerasfmt import protos
    from kerasfmt.graphdef import stablehlo

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((6, 3), name="x"),
            layers.Conv1D(4, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.LSTM(5),
            layers.Dropout(0.1),
            layers.Dense(2, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(weight + rng.uniform(0.05, 0.3, weight.shape))
    x = rng.normal(size=(3, 6, 3)).astype(np.float32)
    shutil.rmtree(TARGET, ignore_errors=True)
    model.export(TARGET, verbose=False)
    path = TARGET / "saved_model.pb"
    saved = protos.SavedModel.FromString(path.read_bytes())
    for graph in (meta.graph_def for meta in saved.meta_graphs):
        for body in (graph.node, *(function.node_def for function in graph.library.function)):
            for node in (node for node in body if node.op == "XlaCallModule"):
                module = node.attr["module"].s
                version = stablehlo.version_of(module)
                assert version is not None
                node.attr["module"].s = stablehlo.write_for(module, version, node.name)
    path.write_bytes(saved.SerializeToString(deterministic=True))
    (TARGET / "fingerprint.pb").unlink()
    np.savez(TARGET / "arrays.npz", x=x, y=np.asarray(model(x)))
    versions = ", ".join(
        f"{m.__name__} {m.__version__}" for m in (keras, *map(__import__, ("jax", "tensorflow")))
    )
    (TARGET / "README.md").write_text(f"Made by `python tools/make_keras_on_jax.py` with {versions}.\n")


if __name__ == "__main__":
    main()
