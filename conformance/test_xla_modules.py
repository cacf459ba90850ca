"""Modules of StableHLO: what kerasfmt computes with jaxlib is what TensorFlow computes."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conformance.environments import ROOT, python
from conformance.xla_modules import FIXED, KERAS_ON_JAX, ROWS
from tests.sources.jax.jax_tests import assert_close
from tests.sources.jax.modules import MODULES

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.skipif(tf.__version__.startswith("2.15"), reason="about modules as JAX writes them")

TOLERANCE = 1e-5
"""Two versions of XLA, relative to the greatest result."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of `conformance.xla_modules`, made with JAX."""
    where = tmp_path_factory.mktemp("modules")
    subprocess.run([str(python("optax")), "-m", "conformance.xla_modules", str(where)], check=True, cwd=ROOT)
    return where


def compare(directory: Path, arrays: Path, numbers: Sequence[int] = ROWS) -> None:
    loaded = tf.saved_model.load(str(directory))
    signature = loaded.signatures["serving_default"]
    (name,) = signature.structured_input_signature[1]
    with np.load(arrays) as stored:
        found = {key: stored[key] for key in stored.files if key != "x"}
        x: Any = stored["x"]
    for rows in numbers:
        expected = signature(**{name: tf.constant(x[:rows])})
        assert {f"{rows}/{key}" for key in expected} == {key for key in found if key.startswith(f"{rows}/")}
        for key, y in expected.items():
            wanted = tf.cast(y, tf.float32) if y.dtype == tf.bfloat16 else y
            assert_close(found[f"{rows}/{key}"], wanted.numpy(), TOLERANCE, key)


@pytest.mark.parametrize("name", MODULES)
def test_as_tensorflow(name: str, written: Path) -> None:
    compare(written / name / "model", written / name / "arrays.npz", ROWS[:1] if name in FIXED else ROWS)


def test_what_keras_exports_on_jax(written: Path) -> None:
    compare(KERAS_ON_JAX, written / "keras_on_jax.npz")
