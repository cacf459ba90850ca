"""Lamb: Adam with steps as large as the weights of a layer allow. Only Keras 3 has it.

Source: keras/src/optimizers/lamb.py (3.x), Lamb
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Lamb(Optimizer):
    """Keeps both moments."""

    facts: ClassVar[KerasFacts] = replace(Optimizer.facts, absent_in=2)
    slots: ClassVar[tuple[Slot, ...]] = (Slot("m", "_momentums"), Slot("v", "_velocities"))
    learning_rate: Rate = learning_rate(0.001)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
