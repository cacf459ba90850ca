"""Nadam: Adam with Nesterov momentum.

Source: tf_keras/src/optimizers/nadam.py and keras/src/optimizers/nadam.py (3.x), Nadam
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Scalar, Slot, learning_rate


class Nadam(Optimizer):
    """Keeps both moments, and the product of the momenta of all steps."""

    slots: ClassVar[tuple[Slot, ...]] = (Slot("m", "_momentums"), Slot("v", "_velocities"))
    scalars: ClassVar[tuple[Scalar, ...]] = (
        Scalar("_u_product", initial=1.0, name="Variable", legacy="momentum_cache"),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = ("beta_1", "beta_2")
    legacy_decay: ClassVar[float] = 0.004
    learning_rate: Rate = learning_rate(0.001)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
