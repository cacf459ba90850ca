"""Adadelta: steps by the ratio of two moving averages.

Source: tf_keras/src/optimizers/adadelta.py and keras/src/optimizers/adadelta.py (3.x), Adadelta
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Adadelta(Optimizer):
    """Keeps the moving averages of squared gradients and of squared steps."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("accumulated_grad", "_accumulated_grads", legacy="accum_grad"),
        Slot("accumulated_delta_var", "_accumulated_delta_vars", legacy="accum_var"),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = ("rho",)
    learning_rate: Rate = learning_rate(0.001)
    rho: float = 0.95
    epsilon: float = 1e-7
