"""Networks of `jax_networks.py` in OpenVINO: `python openvino_networks.py DIRECTORY NAME ...`.

Prints as JSON for each network the greatest difference from JAX over all outputs and batches. It needs the environment
`openvino`, and imports nothing of ours.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np


def difference(where: Path) -> float:
    """The greatest difference from JAX."""
    import openvino

    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled: Any = openvino.Core().compile_model(openvino.convert_model(where / "model"), "CPU", options)
    worst = 0.0
    for path in where.glob("*.npz"):
        with np.load(path) as stored:
            arrays = dict(stored)
        feeds = {key.removeprefix("input/"): a for key, a in arrays.items() if key.startswith("input/")}
        found = compiled([feeds[_plain(given)] for given in compiled.inputs])
        for output in compiled.outputs:
            names = {name.partition(":")[0] for name in output.get_names()}
            # OpenVINO numbers an output whose name an input has too.
            key = next(k for k in arrays if k.startswith("expected/") and names & {k[9:], f"{k[9:]}_1"})
            assert found[output].shape == arrays[key].shape
            worst = max(worst, float(np.abs(found[output].astype(np.float64) - arrays[key]).max()))
    return worst


def _plain(given: Any) -> str:
    """The name of an input in the signature."""
    (name,) = {name.partition(":")[0] for name in given.get_names()}
    return str(name).removeprefix("serving_default_")


if __name__ == "__main__":
    print(json.dumps({name: difference(Path(sys.argv[1]) / name) for name in sys.argv[2:]}))
