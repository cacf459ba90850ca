"""AdamW: Adam, with weights that decay.

Source: tf_keras/src/optimizers/adamw.py and keras/src/optimizers/adamw.py (3.x), AdamW
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.ir import fields
from kerasfmt.optimizers.adam import Adam
from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate, optional_number


class AdamW(Optimizer):
    """Keeps the same variables as Adam."""

    slots: ClassVar[tuple[Slot, ...]] = Adam.slots
    learning_rate: Rate = learning_rate(0.001)
    # Keras takes weight_decay as the second argument; here it is keyword-only, so that it is never taken for beta_1.
    weight_decay: float | None = optional_number(0.004)
    beta_1: float = fields.number(default=0.9, kw_only=True)
    beta_2: float = fields.number(default=0.999, kw_only=True)
    epsilon: float = fields.number(default=1e-7, kw_only=True)
    amsgrad: bool = fields.boolean(default=False, kw_only=True)
