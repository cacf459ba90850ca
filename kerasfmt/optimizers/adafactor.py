"""Adafactor: Adam with a second moment that is kept by rows and columns.

Source: tf_keras/src/optimizers/adafactor.py and keras/src/optimizers/adafactor.py (3.x), Adafactor
"""

from __future__ import annotations

from kerasfmt.optimizers.optimizer import Optimizer, Rate, learning_rate


class Adafactor(Optimizer):
    """Keeps variables with shapes of their own; they are identified by their numbers."""

    learning_rate: Rate = learning_rate(0.001)
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 0.001
    clip_threshold: float = 1.0
    relative_step: bool = True
