"""Adam: what it is, and what it keeps."""

from __future__ import annotations

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestAdam(OptimizerTests):
    optimizer = optimizers.Adam
    own = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
    kept = [
        ({}, [["m", "v"]], [["m", "v"]]),
        ({"amsgrad": True}, [["m", "v"], ["vhat"]], [["m", "v"], ["vhat"]]),
    ]
    attributes = {"m": "_momentums", "v": "_velocities", "vhat": "_velocity_hats"}

    def test_options_in_the_order_of_keras(self) -> None:
        assert optimizers.Adam(0.1, 0.8, 0.7, 0.01, True) == optimizers.Adam(
            learning_rate=0.1, beta_1=0.8, beta_2=0.7, epsilon=0.01, amsgrad=True
        )
