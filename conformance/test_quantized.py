"""Layers that Keras 3 has quantized: predicted as Keras does, from the archive and live, and read again by both.

Runs with the Python of an environment that has TensorFlow and Keras 3.15, the version whose layout this is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras", minversion="3.15")

import kerasfmt  # noqa: E402
from conformance.closeness import assert_close  # noqa: E402
from conformance.installed import keras2  # noqa: E402
from kerasfmt.errors import UnsupportedLayerError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")
layers, quantizers = keras.layers, keras.quantizers
ROWS, STEPS, WORDS = (3, 6), (3, 4, 6), (3, 4)
RNG = np.random.default_rng(9)


def _floats(shape: tuple[int, ...]) -> np.ndarray:
    return RNG.normal(size=shape).astype("float32")


def _words(shape: tuple[int, ...]) -> np.ndarray:
    return RNG.integers(0, 10, shape).astype("int32")


def _both_ways(x: Any, **options: Any) -> Any:
    layer = layers.ReversibleEmbedding(10, 6, **options)
    rows = layer(x)
    return [rows, layer(rows, reverse=True)]


MODELS: dict[str, tuple[np.ndarray, Callable[[Any], Any]]] = {
    "dense": (_floats(ROWS), lambda x: layers.Dense(5, activation="relu")(x)),
    "dense_of_steps": (_floats(STEPS), lambda x: layers.Dense(4, use_bias=False)(x)),
    "dense_of_halves": (_floats(ROWS), lambda x: layers.Dense(5, dtype="mixed_bfloat16")(x)),
    "einsum": (_floats(STEPS), lambda x: layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d")(x)),
    "einsum_of_heads": (_floats(STEPS), lambda x: layers.EinsumDense("abc,cde->abde", (None, 2, 3))(x)),
    "einsum_turned": (_floats(STEPS), lambda x: layers.EinsumDense("abc,cd->adb", (5, 4))(x)),
    "einsum_of_two": (_floats(STEPS), lambda x: layers.EinsumDense("abc,bcd->ad", 5)(x)),
    "embedding": (_words(WORDS), lambda x: layers.Embedding(10, 5)(x)),
    "both_ways": (_words(WORDS), _both_ways),
    "untied": (_words(WORDS), lambda x: _both_ways(x, tie_weights=False)),
    "capped": (_words(WORDS), lambda x: _both_ways(x, logit_soft_cap=1.5)),
    "two": (_floats(ROWS), lambda x: layers.Dense(3)(layers.Dense(4)(x))),
}
MODES: dict[str, Callable[[], Any]] = {
    "int8": lambda: quantizers.Int8QuantizationConfig(),
    "int8_weights": lambda: quantizers.Int8QuantizationConfig(activation_quantizer=None),
    "int4": lambda: quantizers.Int4QuantizationConfig(),
    "int4_blocks": lambda: quantizers.Int4QuantizationConfig(block_size=4),
    "int4_rows": lambda: quantizers.Int4QuantizationConfig(block_size=None),
    "int4_inputs": lambda: quantizers.Int4QuantizationConfig(
        activation_quantizer=quantizers.AbsMaxQuantizer(), block_size=-1
    ),
}


def made(name: str) -> tuple[Any, np.ndarray]:
    keras.utils.set_random_seed(1)
    x, build = MODELS[name]
    entry = keras.Input(x.shape[1:], dtype=str(x.dtype), name="x")
    return keras.Model(entry, build(entry), name="model"), x


def check(found: Any, expected: list[np.ndarray]) -> None:
    for number, (ours, theirs) in enumerate(zip(tf.nest.flatten(found), expected, strict=True)):
        got = np.asarray(ours)
        assert got.dtype == theirs.dtype
        half = theirs.dtype.itemsize == 2
        assert_close(
            f"output {number}", got.astype("float32"), theirs.astype("float32"), 2e-2 if half else 2e-6
        )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MODELS)
def test_a_quantized_model(name: str, mode: str, tmp_path: Path) -> None:
    model, x = made(name)
    model.quantize(config=MODES[mode]())
    expected = [np.asarray(t) for t in tf.nest.flatten(model(x))]
    model.save(tmp_path / "model.keras")
    stored = kerasfmt.load_model(tmp_path / "model.keras")
    check(stored.predict(x), expected)
    check(kerasfmt.from_keras(model).predict(x), expected)
    kerasfmt.save_model(stored, tmp_path / "again.keras")
    check(keras.models.load_model(tmp_path / "again.keras")(x), expected)
    kerasfmt.save_model(stored, tmp_path / "saved")
    serving = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    got = serving(x=tf.constant(x))
    check([got[output] for output in stored.output_names], expected)
    if name == "dense":
        check(keras2().models.load_model(tmp_path / "saved")(x), expected)  # type: ignore[union-attr]


def test_float8_is_refused(tmp_path: Path) -> None:
    model, _ = made("dense")
    model.quantize("float8")
    model.save(tmp_path / "model.keras")
    with pytest.raises(UnsupportedLayerError, match="float8 is a way of training"):
        kerasfmt.load_model(tmp_path / "model.keras")
