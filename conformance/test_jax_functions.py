"""Functions of JAX in TensorFlow: what it computes from the SavedModel is what JAX computes."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.jax_functions import CASES
from tests.sources.jax.jax_tests import assert_close

tf = pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all cases, made with JAX."""
    where = tmp_path_factory.mktemp("jax")
    command = [str(python("optax")), "-m", "conformance.jax_functions", str(where)]
    subprocess.run(command, check=True, cwd=ROOT)
    return where


def results(where: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What TensorFlow gives for a case, and what JAX gave."""
    loaded = tf.saved_model.load(str(where / "model"))
    with np.load(where / "arrays.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    feeds = {key.partition("/")[2]: array for key, array in arrays.items() if key.startswith("input/")}
    given = loaded.signatures["serving_default"](**{key: tf.constant(array) for key, array in feeds.items()})
    expected = {key.partition("/")[2]: a for key, a in arrays.items() if key.startswith("expected/")}
    return {key: value.numpy() for key, value in given.items()}, expected


@pytest.mark.parametrize("name", CASES)
def test_as_jax(name: str, written: Path) -> None:
    fault = written / f"{name}.error"
    assert not fault.exists(), fault.read_text()
    case = CASES[name]
    found, expected = results(written / name)
    assert found.keys() == expected.keys()
    for key, wanted in expected.items():
        assert_close(found[key], wanted, max(case.tolerance, case.in_tensorflow), key)
