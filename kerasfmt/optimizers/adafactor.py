"""Adafactor: Adam with a second moment that is kept by rows and columns.

Source: tf_keras/src/optimizers/adafactor.py and keras/src/optimizers/adafactor.py (3.x), Adafactor
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Adafactor(Optimizer):
    """Keeps the mean of each row and of each column of the second moment, and the second moment itself."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("r", "_r", reduced_axis=-1),
        Slot("c", "_c", reduced_axis=-2),
        Slot("v", "_v"),
    )
    learning_rate: Rate = learning_rate(0.001)
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 0.001
    clip_threshold: float = 1.0
    relative_step: bool = True
