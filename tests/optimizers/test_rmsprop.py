"""RMSprop: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestRMSprop(OptimizerTests):
    optimizer = optimizers.RMSprop
    own = {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False}
    common = {"ema_overwrite_frequency": 100}
    kept = [
        ({}, *[[["velocity"]]] * 2),
        ({"momentum": 0.5}, *[[["velocity"], ["momentum"]]] * 2),
        ({"centered": True}, *[[["velocity"], ["average_gradient"]]] * 2),
        ({"momentum": 0.5, "centered": True}, *[[["velocity"], ["momentum"], ["average_gradient"]]] * 2),
    ]
    attributes = {
        "velocity": "_velocities",
        "momentum": "_momentums",
        "average_gradient": "_average_gradients",
    }
