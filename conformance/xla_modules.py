"""`python -m conformance.xla_modules DIRECTORY`, where JAX is: modules of StableHLO and what comes of them.

A directory for each function of `tests/sources/jax/modules.py` holds `model`, a SavedModel, and `arrays.npz`: `x`, and
each result of the model as it is read again. `keras_on_jax.npz` holds the results of what Keras exports.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from conformance.environments import ROOT
from tests.sources.jax.modules import MODULES

KERAS_ON_JAX = ROOT / "tests" / "data" / "keras_on_jax"
ROWS = (3, 1)
FIXED = ("top_k", "special")
"""Functions that become composites, inside of which TensorFlow 2.21 does not work out sizes.
It says "Module has dynamic shapes". They are compared with a fixed number of rows."""


def main(where: Path) -> None:
    """Writes the directories."""
    import jax

    for name, make in MODULES.items():
        function, shape = make(jax, jax.numpy), f"float32[{ROWS[0] if name in FIXED else 'b'}, 4]"
        model = kerasfmt.from_jax(function, inputs={"x": shape}, lowering="stablehlo")
        (where / name).mkdir(parents=True)
        kerasfmt.save_model(model, where / name / "model")
        write(
            where / name / "model", where / name / "arrays.npz", inputs(), ROWS[:1] if name in FIXED else ROWS
        )
    with np.load(KERAS_ON_JAX / "arrays.npz") as stored:
        write(KERAS_ON_JAX, where / "keras_on_jax.npz", stored["x"], ROWS)


def inputs() -> np.ndarray[Any, Any]:
    """float32 (3, 4)."""
    return np.random.default_rng(5).normal(size=(ROWS[0], 4)).astype(np.float32)


def write(directory: Path, target: Path, x: np.ndarray[Any, Any], numbers: Sequence[int]) -> None:
    """Writes what a SavedModel gives for so many first rows of `x`; floats of two bytes as float32."""
    signature = kerasfmt.load_graph_model(directory).signatures["serving_default"]
    (name,) = signature.inputs
    found = {f"{rows}/{key}": y for rows in numbers for key, y in signature(**{name: x[:rows]}).items()}
    widened = {key: y.astype(np.float32) if y.dtype.itemsize == 2 else y for key, y in found.items()}
    np.savez(target, x=x, **widened)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
