"""Lion: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestLion(OptimizerTests):
    optimizer = optimizers.Lion
    own = {"learning_rate": 0.0001, "beta_1": 0.9, "beta_2": 0.99}
    kept = [({}, [["m"]], [["m"]])]
    attributes = {"m": "momentums"}
