"""Lamb: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestLamb(OptimizerTests):
    optimizer = optimizers.Lamb
    own = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    kept = [({}, [["m", "v"]], [["m", "v"]])]
    attributes = {"m": "_momentums", "v": "_velocities"}
