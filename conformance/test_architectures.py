"""Every family of keras.applications: from the HDF5 file that TensorFlow writes, and back into TensorFlow.

Takes some ten minutes, so that it runs only when it is asked for, in an environment with Keras 2:

    python -m pytest -m architectures conformance/test_architectures.py

A run writes `ARCHITECTURES.md`.
"""

from __future__ import annotations

import datetime
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras.src.engine.keras_tensor", reason="needs Keras 2")

import tensorflow as tf
from tensorflow import keras

import kerasfmt
from conformance.build import _disturb

pytestmark = [
    pytest.mark.architectures,
    # TensorFlow and Keras warn of HDF5, of their own deprecations and of models that are not compiled.
    pytest.mark.filterwarnings("default"),
]

SIZES = {
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "RegNetX002": 32,
    "RegNetY002": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "ResNetRS50": 32,
    "VGG16": 32,
    "Xception": 71,
}
"""The smallest model of each family, and the side of the smallest images that it takes."""

TOLERANCE = 1e-4
"""Relative to the largest output: the rounding of some hundred float32 convolutions adds up."""

TABLE = Path(__file__).with_name("ARCHITECTURES.md")


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, Any]] = {}
    yield found
    if set(found) == set(SIZES):
        TABLE.write_text(table(found))


def table(rows: dict[str, dict[str, Any]]) -> str:
    lines = [
        "# Architectures of keras.applications",
        "",
        f"Written by `test_architectures.py` on {datetime.date.today()}: kerasfmt {kerasfmt.__version__}, "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}. Each model goes from TensorFlow's HDF5 file",
        "through kerasfmt to a SavedModel. The differences are the largest ones from TensorFlow's own prediction,",
        f"relative to its largest output; at most {TOLERANCE:g} passes.",
        "",
        "| architecture | passed | NumPy | Keras | serving_default | load, s | save, s |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in SIZES:
        row = rows[name]
        errors = " | ".join(f"{row[k]:.1e}" if k in row else "-" for k in ("numpy", "keras", "signature"))
        times = " | ".join(f"{row[k]:.2f}" if k in row else "-" for k in ("load", "save"))
        lines.append(f"| {name} | {'yes' if row.get('passed') else 'no'} | {errors} | {times} |")
    passed = sum(bool(row.get("passed")) for row in rows.values())
    return "\n".join([*lines, "", f"{passed} of {len(SIZES)} passed.", ""])


def error(ours: Any, theirs: np.ndarray) -> float:
    return float(np.abs(np.asarray(ours) - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("name", SIZES)
def test_architecture(name: str, rows: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    row = rows.setdefault(name, {})
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    size = SIZES[name]
    theirs = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    _disturb(theirs)
    x = np.random.default_rng(2).normal(size=(2, size, size, 3)).astype(np.float32)
    expected = theirs.predict(x, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.save(tmp_path / "model.h5")

    start = time.perf_counter()
    ours = kerasfmt.load_model(tmp_path / "model.h5")
    row["load"] = time.perf_counter() - start
    row["numpy"] = error(ours.predict(x), expected)
    start = time.perf_counter()
    kerasfmt.save_model(ours, tmp_path / "model")
    row["save"] = time.perf_counter() - start

    keras.backend.clear_session()
    loaded = keras.models.load_model(tmp_path / "model")
    row["keras"] = error(loaded.predict(x, verbose=0), expected)
    serve = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    ((key, _),) = serve.structured_input_signature[1].items()
    (served,) = serve(**{key: tf.constant(x)}).values()
    row["signature"] = error(served, expected)
    row["passed"] = all(row[k] <= TOLERANCE for k in ("numpy", "keras", "signature"))
    assert row["passed"], row
