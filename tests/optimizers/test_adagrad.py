"""Adagrad: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestAdagrad(OptimizerTests):
    optimizer = optimizers.Adagrad
    own = {"learning_rate": 0.001, "initial_accumulator_value": 0.1, "epsilon": 1e-7}
    kept = [({}, [["accumulator"]], [["accumulator"]])]
    attributes = {"accumulator": "_accumulators"}
