"""Adadelta: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestAdadelta(OptimizerTests):
    optimizer = optimizers.Adadelta
    own = {"learning_rate": 0.001, "rho": 0.95, "epsilon": 1e-7}
    kept = [({}, *[[["accumulated_grad", "accumulated_delta_var"]]] * 2)]
    attributes = {
        "accumulated_grad": "_accumulated_grads",
        "accumulated_delta_var": "_accumulated_delta_vars",
    }
