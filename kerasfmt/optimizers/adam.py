"""Adam: steps by the first moment of the gradient, divided by the root of the second.

Source: tf_keras/src/optimizers/adam.py and keras/src/optimizers/adam.py (3.x), Adam
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Adam(Optimizer):
    """Keeps both moments, and with `amsgrad` the largest second one."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("m", "_momentums"),
        Slot("v", "_velocities"),
        Slot("vhat", "_velocity_hats", option="amsgrad"),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = ("beta_1", "beta_2")
    learning_rate: Rate = learning_rate(0.001)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False
