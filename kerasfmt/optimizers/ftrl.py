"""FTRL: follow the regularized leader.

Source: tf_keras/src/optimizers/ftrl.py and keras/src/optimizers/ftrl.py (3.x), Ftrl
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Ftrl(Optimizer):
    """Keeps the sum of squared gradients and the linear term."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("accumulator", "_accumulators", initial="initial_accumulator_value"),
        Slot("linear", "_linears"),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = (
        "beta",
        "l1_regularization_strength",
        "l2_regularization_strength",
        "learning_rate_power",
    )
    legacy_by_weight: ClassVar[bool] = True
    learning_rate: Rate = learning_rate(0.001)
    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0
