"""What a layer or a model of Keras's own has beside its config: objects that it tracks, and losses.

    model.meter = Mean(); model.table = tf.Variable(...); layer.add_loss(function); model.serve = tf.function(...)

A SavedModel holds it. No other format does, so `sentences` says what is left out there.

Source: tf_keras/src/engine/base_layer.py, Layer.__setattr__ and add_loss
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt.ir.given import GivenFunction
from kerasfmt.ir.tracked import TrackedItem, TrackedObject, walk
from kerasfmt.ir.weight import Weight

OPTIMIZER: Final = "optimizer"
"""The attribute of a model that tracks an optimizer; its variables are not among those of the model."""


@dataclass(eq=False)
class Attached:
    """What a layer has beside its config.

    Attributes:
      tracked: objects, by the attribute that tracks each.
      losses: functions without arguments, each of which gives a penalty.
      sentences: what all that is, in words.
      metric_identifier: what a SavedModel calls a metric.
    """

    tracked: dict[str, TrackedItem] = field(default_factory=dict)
    losses: Sequence[GivenFunction] = ()
    sentences: list[str] = field(default_factory=list)
    metric_identifier: str = "_tf_keras_metric"

    @property
    def weights(self) -> list[Weight]:
        """The variables among the objects and in them, but for those of metrics and of an optimizer."""
        apart = {id(item) for metric in self.metrics for _, item in walk(metric.children)}
        tracked = {name: item for name, item in self.tracked.items() if name != OPTIMIZER}
        found = (item for _, item in walk(tracked) if id(item) not in apart)
        return [item for item in found if isinstance(item, Weight)]

    @property
    def metrics(self) -> list[TrackedObject]:
        """The metrics among the objects and in them."""
        found: Iterator[Any] = (item for _, item in walk(self.tracked))
        return [
            item
            for item in found
            if isinstance(item, TrackedObject) and item.identifier == self.metric_identifier
        ]
