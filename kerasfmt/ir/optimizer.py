"""How a model was compiled: loss, metrics, and the optimizer with its state.

Source: tf_keras/src/saving/saving_utils.py, model_metadata; tf_keras/src/optimizers/optimizer.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.weight import Weight


@dataclass
class TrainingConfig:
    """The compile state of a model.

    Attributes:
      config: Keras's training config: `loss`, `metrics`, `weighted_metrics`, `loss_weights`, `optimizer_config`.
      variables: the optimizer's variables in Keras's order: `iteration`, then the slots.
      learning_rate: the variable that holds the learning rate, made when it is needed.

    Raises:
      InvalidModelError: `optimizer_config` is not a class name with a config.
    """

    config: dict[str, Any]
    variables: list[Weight] = field(default_factory=list)
    learning_rate: Weight | None = None

    def __post_init__(self) -> None:
        optimizer = self.config.get("optimizer_config") or {}
        options = optimizer.get("config") or {} if isinstance(optimizer, Mapping) else optimizer
        if not isinstance(options, Mapping):
            raise InvalidModelError(
                f"training config: expected an optimizer and its options, got {optimizer!r:.80}"
            )

    @property
    def optimizer_class(self) -> str:
        """Class name of the optimizer (`Adam`), without a registration prefix; empty if there is none."""
        name = str((self.config.get("optimizer_config") or {}).get("class_name", ""))
        return name.rpartition(">")[2]

    @property
    def optimizer_config(self) -> dict[str, Any]:
        """The optimizer's own config."""
        found = (self.config.get("optimizer_config") or {}).get("config") or {}
        return dict(found)
