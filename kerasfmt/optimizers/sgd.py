"""SGD: steps down the gradient, with momentum or without.

Source: tf_keras/src/optimizers/sgd.py and keras/src/optimizers/sgd.py (3.x), SGD
"""

from __future__ import annotations

from typing import ClassVar

from kerasfmt.optimizers.optimizer import Optimizer, Rate, Slot, learning_rate


class SGD(Optimizer):
    """Keeps the momentum; Keras 2 keeps one even where it is not used."""

    slots: ClassVar[tuple[Slot, ...]] = (
        Slot("m", "momentums", option="momentum", always_in_keras2=True, legacy="momentum"),
    )
    hyperparameters: ClassVar[tuple[str, ...] | None] = ("momentum",)
    learning_rate: Rate = learning_rate(0.01)
    momentum: float = 0.0
    nesterov: bool = False
