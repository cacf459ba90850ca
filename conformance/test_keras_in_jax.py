"""Keras 3 models on JAX whose code is JAX's, saved by `from_jax`: TensorFlow computes and differentiates them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.keras_in_jax import MODELS

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


@pytest.mark.parametrize("name", MODELS)
def test_as_keras(name: str, written: Path) -> None:
    loaded = tf.saved_model.load(str(written / name / "model"))
    assert 0 < len(loaded.trainable_variables) < len(loaded.variables)
    for rows in (1, 3):
        with np.load(written / name / f"{rows}.npz") as stored:
            arrays = dict(stored)
        with tf.GradientTape() as tape:
            found = loaded(tf.constant(arrays["x"]))
        for given in (arrays["numpy"], found):
            np.testing.assert_allclose(given, arrays["expected"], 1e-4, 1e-5)
        gradients = tape.gradient(found, loaded.trainable_variables)
        assert all(gradient is not None for gradient in gradients)
