"""ScheduleFreeAdamW: AdamW that averages its steps in place of a schedule. Only Keras 3 has it.

Source: keras/src/optimizers/schedule_free_adamw.py (3.15), ScheduleFreeAdamW
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class ScheduleFreeAdamW(Optimizer):
    """Keeps the weights before averaging, which it calls momentum, and the second moment."""

    facts: ClassVar[KerasFacts] = replace(Optimizer.facts, absent_in=2)
    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("momentum", "_momentums", begins_with_weight=True),
        Slot("velocity", "_velocities"),
    )
    learning_rate: Rate = learning_rate(0.0025)
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    warmup_steps: int = 0
