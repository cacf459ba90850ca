"""RMSprop: steps divided by a moving average of the size of gradients.

Source: tf_keras/src/optimizers/rmsprop.py and keras/src/optimizers/rmsprop.py (3.x), RMSprop
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.ir import fields
from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class RMSprop(Optimizer):
    """Keeps the average of squared gradients, with `momentum` steps, with `centered` the average of gradients."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("velocity", "_velocities", legacy="rms"),
        Slot("momentum", "_momentums", option="momentum", always_listed=True),
        Slot("average_gradient", "_average_gradients", option="centered", legacy="mg", always_listed=True),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = ("momentum", "rho")
    learning_rate: Rate = learning_rate(0.001)
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False
    ema_overwrite_frequency: int | None = fields.integer(default=100, optional=True, kw_only=True)
