"""Every family of keras.applications: from the HDF5 file that TensorFlow writes, and back into TensorFlow.

Takes about ten minutes, so it runs only on request, in the environment of each TensorFlow line:

    python -m pytest -m architectures conformance/test_architectures.py

The results are kept below `.conformance/`. A run of all models writes `ARCHITECTURES.md`, a table for each line.
"""

from __future__ import annotations

import datetime
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

import kerasfmt
from conformance.applications import SIZES
from conformance.artefacts import ARCHITECTURES, read_json, write_json
from conformance.build import disturb
from conformance.installed import keras2

keras: Any = keras2()

pytestmark = [
    pytest.mark.architectures,
    # TensorFlow and Keras warn of HDF5, of their own deprecations and of models that are not compiled.
    pytest.mark.filterwarnings("default"),
]

TOLERANCE = 1e-4
"""Relative to the largest output: the rounding of some hundred float32 convolutions adds up."""

TABLE = Path(__file__).with_name("ARCHITECTURES.md")
ERRORS = ("numpy", "keras", "signature")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, Row]]:
    found: dict[str, Row] = {}
    yield found
    if set(found) == set(SIZES):
        ARCHITECTURES.mkdir(parents=True, exist_ok=True)
        line = ".".join(tf.__version__.split(".")[:2])
        about = (
            f"{datetime.date.today()}: kerasfmt {kerasfmt.__version__}, {keras.__name__} {keras.__version__}"
        )
        write_json(
            ARCHITECTURES / f"{line}.json", {"tensorflow": tf.__version__, "about": about, "rows": found}
        )
        TABLE.write_text(table([read_json(path) for path in sorted(ARCHITECTURES.glob("*.json"))]))


def table(lines: list[dict[str, Any]]) -> str:
    """The page: a table for each line that was run."""
    page = [
        "# Architectures of keras.applications",
        "",
        "Written by `test_architectures.py`; not to be edited. Each model goes from TensorFlow's HDF5 file",
        "through kerasfmt to a SavedModel. The numbers are the largest differences from TensorFlow's own prediction,",
        f"relative to its largest output; at most {TOLERANCE:g} passes.",
    ]
    for line in lines:
        page += [
            *("", f"## TensorFlow {line['tensorflow']}", "", f"{line['about']}.", ""),
            "| architecture | image | passed | predict (NumPy) | keras load_model | serving_default |",
            "|---|---|---|---|---|---|",
        ]
        for name, size in SIZES.items():
            row = line["rows"][name]
            errors = " | ".join(f"{row[k]:.1e}" if k in row else "-" for k in ERRORS)
            page.append(f"| {name} | {size} | {'yes' if row.get('passed') else '**no**'} | {errors} |")
        page += [
            "",
            f"{sum(bool(row.get('passed')) for row in line['rows'].values())} of {len(SIZES)} passed.",
        ]
    return "\n".join([*page, ""])


def error(ours: Any, theirs: np.ndarray) -> float:
    return float(np.abs(np.asarray(ours) - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("name", SIZES)
def test_architecture(name: str, rows: dict[str, Row], tmp_path: Path) -> None:
    row = rows.setdefault(name, {})
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    size = SIZES[name]
    theirs = getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3), classes=10)
    disturb(theirs)
    x = np.random.default_rng(2).normal(size=(2, size, size, 3)).astype(np.float32)
    expected = theirs.predict(x, verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.save(tmp_path / "model.h5")

    ours = kerasfmt.load_model(tmp_path / "model.h5")
    row["numpy"] = error(ours.predict(x), expected)
    kerasfmt.save_model(ours, tmp_path / "model")

    keras.backend.clear_session()
    loaded = keras.models.load_model(tmp_path / "model")
    row["keras"] = error(loaded.predict(x, verbose=0), expected)
    serve = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    ((key, _),) = serve.structured_input_signature[1].items()
    (served,) = serve(**{key: tf.constant(x)}).values()
    row["signature"] = error(served, expected)
    row["passed"] = all(row[k] <= TOLERANCE for k in ERRORS)
    assert row["passed"], row
