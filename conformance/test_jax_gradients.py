"""TensorFlow differentiates what `from_jax` saved as JAX does: modules, and functions with derivatives of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.jax_gradients import MODELS

tf = pytest.importorskip("tensorflow")
RELEASE = ".".join(tf.__version__.split(".")[:2])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all models, made with JAX."""
    where = tmp_path_factory.mktemp("jax_gradients")
    command = [str(python("optax")), "-m", "conformance.jax_gradients", str(where), RELEASE]
    subprocess.run(command, check=True, cwd=ROOT)
    return where


def calls(loaded: Any) -> dict[str, Any]:
    """The ways to call a model."""
    signature = loaded.signatures["serving_default"]
    return {
        "object": lambda x: loaded(x),
        "in a function": tf.function(lambda x: loaded(x)),
        "signature": lambda x: signature(x=x)["output_0"],
    }


@pytest.mark.parametrize("name", MODELS)
def test_gradients_are_jaxs(name: str, written: Path) -> None:
    loaded = tf.saved_model.load(str(written / name))
    with np.load(written / f"{name}.npz") as stored:
        arrays = dict(stored)
    for rows in (1, 3):
        x = tf.constant(arrays[f"x{rows}"])
        for how, call in calls(loaded).items():
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(call(x) ** 2)
            found = tape.gradient(loss, [loaded.trainable_variables[0], x])
            for which, gradient in zip("wx", found, strict=True):
                wanted = arrays[f"{which}{rows}_gradient"]
                scale = np.abs(wanted).max()
                np.testing.assert_allclose(gradient, wanted, atol=2e-5 * scale, err_msg=f"{how}, {which}")


def test_a_module_is_differentiated_once(written: Path) -> None:
    loaded = tf.saved_model.load(str(written / "module"))
    x = tf.ones((2, 4))
    with pytest.raises(LookupError, match="is differentiated once"), tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = loaded(x)
        outer.gradient(inner.gradient(y, x), x)
