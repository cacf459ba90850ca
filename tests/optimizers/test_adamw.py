"""AdamW: what it is, and what it keeps."""

from __future__ import annotations

import pytest

from kerasfmt import optimizers
from tests.optimizers.one_optimizer import OptimizerTests


class TestAdamW(OptimizerTests):
    optimizer = optimizers.AdamW
    own = {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}
    common = {"weight_decay": 0.004}
    kept = [
        ({}, [["m", "v"]], [["m", "v"]]),
        ({"amsgrad": True}, [["m", "v"], ["vhat"]], [["m", "v"], ["vhat"]]),
    ]
    attributes = {"m": "_momentums", "v": "_velocities", "vhat": "_velocity_hats"}

    def test_the_second_argument_is_not_mistaken(self) -> None:
        with pytest.raises(TypeError, match="2 positional arguments for 1 options"):
            optimizers.AdamW(0.1, 0.01)  # type: ignore[misc]
