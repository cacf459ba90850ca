"""Ftrl: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestFtrl(OptimizerTests):
    optimizer = optimizers.Ftrl
    own = {
        "learning_rate": 0.001,
        "learning_rate_power": -0.5,
        "initial_accumulator_value": 0.1,
        "l1_regularization_strength": 0.0,
        "l2_regularization_strength": 0.0,
        "l2_shrinkage_regularization_strength": 0.0,
        "beta": 0.0,
    }
    kept = [({}, [["accumulator", "linear"]], [["accumulator", "linear"]])]
    attributes = {"accumulator": "_accumulators", "linear": "_linears"}
