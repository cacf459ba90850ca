"""Adamax: Adam with the largest gradient in place of the second moment.

Source: tf_keras/src/optimizers/adamax.py and keras/src/optimizers/adamax.py (3.x), Adamax
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Adamax(Optimizer):
    """Keeps the first moment and the norm."""

    slots: ClassVar[tuple[Slot, ...]] = (Slot("m", "_m"), Slot("u", "_u", legacy="v"))
    hyperparameters: ClassVar[tuple[str, ...] | None] = ("beta_1", "beta_2")
    learning_rate: Rate = learning_rate(0.001)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
