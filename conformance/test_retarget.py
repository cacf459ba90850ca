"""SavedModels of newer TensorFlows and of JAX that TensorFlow 2.15 runs after `kerasfmt convert --target-tf 2.15`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from conformance.environments import ROOT, python

tf = pytest.importorskip("tensorflow")

MODULES = ROOT / "tests" / "data" / "stablehlo"
X = np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3)


class Calls(tf.Module):  # type: ignore[misc]
    """A function that calls a StableHLO module, `sin(x) @ x.T`, beside plain ops and a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "x")])  # type: ignore[misc]
    def __call__(self, x: Any) -> Any:
        from tensorflow.compiler.tf2xla.python import xla

        (product,) = xla.call_module(
            [x],
            version=8,
            module=(MODULES / "symbolic.mlirbc").read_bytes(),
            Tout=[tf.float32],
            Sout=[[None, None]],
            platforms=["CPU"],
        )
        return {"y": product * self.scale}


def run(path: Path) -> Any:
    return tf.saved_model.load(str(path)).signatures["serving_default"](x=tf.constant(X))["y"].numpy()


@pytest.mark.skipif(not tf.__version__.startswith("2.15"), reason="about what TensorFlow 2.15 reads")
def test_a_module_of_a_newer_stablehlo(tmp_path: Path) -> None:
    module = Calls()
    tf.saved_model.save(module, str(tmp_path / "new"), signatures=module.__call__)
    with pytest.raises(tf.errors.OpError):
        run(tmp_path / "new")
    command = [
        python("optax"),
        "-m",
        "kerasfmt",
        "convert",
        tmp_path / "new",
        tmp_path / "old",
        "--target-tf",
        "2.15",
    ]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    np.testing.assert_allclose(run(tmp_path / "old"), np.sin(X) @ X.T * 2, rtol=1e-5, atol=1e-6)
    assert kerasfmt.verify(tmp_path / "old").findings == ()
