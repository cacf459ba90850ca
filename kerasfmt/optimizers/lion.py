"""Lion: steps by the sign of the momentum.

Source: tf_keras/src/optimizers/lion.py and keras/src/optimizers/lion.py (3.x), Lion
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class Lion(Optimizer):
    """Keeps the momentum."""

    slots: ClassVar[tuple[Slot, ...]] = (Slot("m", "momentums", attribute_in_keras3="_momentums"),)
    learning_rate: Rate = learning_rate(0.0001)
    beta_1: float = 0.9
    beta_2: float = 0.99
