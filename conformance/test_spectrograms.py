"""Layers of spectrograms against Keras 3 on JAX: every window, initial kernels, channels first, archives both ways."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from conformance.closeness import assert_close
from conformance.environments import ROOT, python
from conformance.spectrograms import CASES

TOLERANCE = 2e-5
"""Float32: transforms are sums in another order; logarithms of small powers make it a little more."""


def run(command: str, directory: Path) -> None:
    environment = {**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    line = [str(python("optax")), "-m", "conformance.spectrograms", command, str(directory)]
    subprocess.run(line, check=True, env=environment)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Keras wrote its models, and computed with those that kerasfmt wrote of them."""
    found = tmp_path_factory.mktemp("spectrograms")
    run("write", found)
    for name in CASES:
        kerasfmt.save_model(kerasfmt.load_model(found / f"{name}.keras"), found / f"{name}.ours.keras")
    run("read", found)
    return found


@pytest.mark.parametrize("name", CASES)
def test_spectrograms(name: str, directory: Path) -> None:
    theirs = np.load(directory / f"{name}.npz")
    model = kerasfmt.load_model(directory / f"{name}.keras")
    assert_close("prediction", model.predict(theirs["inputs"]), theirs["outputs"], TOLERANCE)
    assert_close("archive", np.load(directory / f"{name}.ours.npy"), theirs["outputs"], TOLERANCE)
    kind, shape, config = CASES[name]
    inputs = kerasfmt.Input(shape)
    made = kerasfmt.Model(inputs, getattr(kerasfmt.layers, kind)(**config, name="it")(inputs))
    kernels = [theirs[key] for key in theirs if key.startswith("kernel")]
    for ours, wanted in zip(made.get_weights(), kernels, strict=True):
        np.testing.assert_allclose(ours, wanted, atol=2e-6)
    assert_close("made anew", made.predict(theirs["inputs"]), theirs["outputs"], 1e-4)
