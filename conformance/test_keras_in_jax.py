"""Keras 3 models on JAX whose code is JAX's, saved by `from_jax`: TensorFlow computes and differentiates them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.keras_in_jax import MODELS

tf = pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all models, made with Keras on JAX."""
    where = tmp_path_factory.mktemp("keras_in_jax")
    command = [str(python("optax")), "-m", "conformance.keras_in_jax", str(where)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "KERAS_BACKEND": "jax"})
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
