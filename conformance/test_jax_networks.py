"""Networks of JAX's libraries in NumPy and in TensorFlow: what they compute is what JAX computes, at any batch size."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.jax_networks import BATCHES, NETWORKS

tf = pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of all networks, made with JAX."""
    where = tmp_path_factory.mktemp("networks")
    subprocess.run([str(python("optax")), "-m", "conformance.jax_networks", str(where)], check=True, cwd=ROOT)
    return where


@pytest.mark.parametrize("name", NETWORKS)
def test_as_jax(name: str, written: Path) -> None:
    fault = written / f"{name}.error"
    assert not fault.exists(), fault.read_text()
    serve = tf.saved_model.load(str(written / name / "model")).signatures["serving_default"]
    for rows in BATCHES:
        with np.load(written / name / f"{rows}.npz") as stored:
            arrays: dict[str, dict[str, np.ndarray]] = {"input": {}, "expected": {}, "numpy": {}}
            for key in stored.files:
                kind, _, of = key.partition("/")
                arrays[kind][of] = stored[key]
        found = {
            key: value.numpy()
            for key, value in serve(**{k: tf.constant(v) for k, v in arrays["input"].items()}).items()
        }
        assert found.keys() == arrays["expected"].keys() == arrays["numpy"].keys()
        for key, wanted in arrays["expected"].items():
            for where, given in (("NumPy", arrays["numpy"][key]), ("TensorFlow", found[key])):
                assert given.dtype == wanted.dtype
                np.testing.assert_allclose(given, wanted, 1e-4, 2e-5, err_msg=f"{key}, {rows} rows, {where}")
