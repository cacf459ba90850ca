"""Adagrad: smaller steps for weights that have moved much.

Source: tf_keras/src/optimizers/adagrad.py and keras/src/optimizers/adagrad.py (3.x), Adagrad
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Adagrad(Optimizer):
    """Keeps the sum of squared gradients."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("accumulator", "_accumulators", initial="initial_accumulator_value"),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = ()
    learning_rate: Rate = learning_rate(0.001)
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7
