"""ScheduleFreeAdamW: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestScheduleFreeAdamW(OptimizerTests):
    optimizer = optimizers.ScheduleFreeAdamW
    own = {"learning_rate": 0.0025, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-8, "warmup_steps": 0}
    kept = [({}, [["momentum", "velocity"]], [["momentum", "velocity"]])]
    attributes = {"momentum": "_momentums", "velocity": "_velocities"}
