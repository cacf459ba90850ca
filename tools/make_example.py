"""Writes `examples/digits.h5` with real Keras; to be run in an environment with TensorFlow.

A small convolutional network, trained on drawings of the digits 0 to 9 in 8 x 8 pixels with noise. The file
that is in the repository was written with TensorFlow 2.15.1 on 22 November 2026.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "digits.h5"

SEGMENTS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")
"""The segments of a seven-segment display that show each digit."""

STROKES = {
    "a": (slice(0, 1), slice(2, 6)),
    "b": (slice(0, 4), slice(5, 6)),
    "c": (slice(4, 8), slice(5, 6)),
    "d": (slice(7, 8), slice(2, 6)),
    "e": (slice(4, 8), slice(2, 3)),
    "f": (slice(0, 4), slice(2, 3)),
    "g": (slice(3, 5), slice(2, 6)),
}


def digits(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noisy drawings, float32 (count, 8, 8, 1), and the digits that they show, int64 (count,)."""
    shown = rng.integers(0, 10, count)
    drawings = rng.normal(0.0, 0.2, (count, 8, 8, 1)).astype("float32")
    for drawing, digit in zip(drawings, shown, strict=True):
        for segment in SEGMENTS[digit]:
            drawing[STROKES[segment]] += 1.0
    return drawings, shown


def main() -> None:
    import tensorflow as tf

    tf.keras.utils.set_random_seed(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Conv2D(8, 3, padding="same", activation="relu", input_shape=(8, 8, 1)),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ],
        name="digits",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*digits(4000, np.random.default_rng(1)), epochs=4, verbose=0)
    _, accuracy = model.evaluate(*digits(1000, np.random.default_rng(2)), verbose=0)
    EXAMPLE.parent.mkdir(exist_ok=True)
    model.save(EXAMPLE)
    print(f"{EXAMPLE}: {EXAMPLE.stat().st_size} bytes, accuracy {accuracy:.3f}, TensorFlow {tf.__version__}")


if __name__ == "__main__":
    main()
