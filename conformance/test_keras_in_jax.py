"""Live Keras 3 models on JAX whose code is JAX's: TensorFlow loads them without their classes, and trains them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.installed import keras2
from conformance.keras_in_jax import MODELS, NOISY

tf = pytest.importorskip("tensorflow")


JAX = {**os.environ, "KERAS_BACKEND": "jax"}


def block(word: str) -> str:
    """The code in the README that has a word."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (found,) = (code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if word in code)
    return str(found)


def test_the_layer_of_the_readme(tmp_path: Path) -> None:
    code = f"import keras, kerasfmt\n{block('class Scale')}"
    environment = {**JAX, "PYTHONPATH": str(ROOT)}
    subprocess.run([str(python("optax")), "-c", code], check=True, cwd=tmp_path, env=environment)
    code = f"import tensorflow as tf\n{block('in a process without Keras')}"
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True, text=True
    )
    assert f"    {said.stdout}" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all models, made with Keras on JAX."""
    where = tmp_path_factory.mktemp("keras_in_jax")
    command = [str(python("optax")), "-m", "conformance.keras_in_jax", str(where)]
    subprocess.run(command, check=True, cwd=ROOT, env=JAX)
    return where


def series(arrays: Mapping[str, Any], prefix: str) -> list[Any]:
    """The arrays whose names are a prefix and a number, in order."""
    return [arrays[f"{prefix}{place}"] for place in range(len(arrays)) if f"{prefix}{place}" in arrays]


@pytest.mark.parametrize("name", MODELS)
def test_as_keras(name: str, written: Path) -> None:
    keras: Any = keras2()
    model = keras.models.load_model(written / name / "model")
    restored = tf.saved_model.load(str(written / name / "model"))
    trained = series(dict(np.load(written / name / "variables.npz")), "w")
    for rows in (1, 3):
        with np.load(written / name / f"{rows}.npz") as stored:
            arrays = dict(stored)
        x, expected = tf.constant(arrays["x"]), series(arrays, "y")
        try:
            called = restored(x)
        except ValueError:  # traced for either mode, as a model of Keras 2 with such layers is
            called = restored(x, training=False)
        for found in (series(arrays, "numpy"), tf.nest.flatten(model(x)), tf.nest.flatten(called)):
            for got, wanted in zip(found, expected, strict=True):
                np.testing.assert_allclose(got, wanted, 1e-5, 1e-5)
        fresh = keras.models.load_model(written / name / "model")
        for got, wanted in zip(fresh.trainable_weights, trained, strict=True):
            np.testing.assert_array_equal(got, wanted)
        with tf.GradientTape() as tape:
            outputs = tf.nest.flatten(fresh(x, training=True))
            loss = sum(tf.reduce_mean(y**2) for y in outputs) + sum(fresh.losses)
        gradients = tape.gradient(loss, fresh.trainable_weights)
        for got, wanted in zip(gradients, series(arrays, "g"), strict=True):
            np.testing.assert_allclose(tf.convert_to_tensor(got), wanted, 1e-4, 1e-5)
        for got, wanted in zip(fresh.non_trainable_weights, series(arrays, "after"), strict=True):
            np.testing.assert_allclose(got, wanted, 1e-5, 1e-5)


@pytest.mark.parametrize("name", NOISY)
def test_random_numbers_are_drawn_anew(name: str, written: Path) -> None:
    keras: Any = keras2()
    model = keras.models.load_model(written / name / "model")
    x = tf.zeros((50, 40, 3))
    for got in model(x).values():
        np.testing.assert_array_equal(got, np.ones((50, 40, 3)))
    first, second = (model(x, training=True) for _ in range(2))
    for key in ("dropped", "noise"):
        assert np.mean(first[key] == second[key]) < 0.6, key
        assert abs(np.mean(first[key]) - 1) < 0.1, key
    assert set(np.unique(first["dropped"])) == {0.0, 2.0}
    assert 0 < np.min(first["noise"]) < 0.01
    assert 1.99 < np.max(first["noise"]) < 2
