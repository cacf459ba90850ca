"""How a model was compiled: loss, metrics, and the optimizer with its state.

`kerasfmt.optimizers` says which variables each optimizer has.

Source: tf_keras/src/saving/saving_utils.py, model_metadata; tf_keras/src/optimizers/optimizer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir.weight import ArrayLike, Weight
from kerasfmt.typing import record


@record(frozen=True, eq=False)
class CompiledMetric:
    """A metric of a compiled model as Keras 2 has built it, or the mean of a loss.

    Attributes:
      class_name: its class, `MeanMetricWrapper`; the registered name of a custom one.
      config: its config; the name in it is the full one.
      variables: its state.
    """

    class_name: str
    config: Mapping[str, Any]
    variables: Sequence[Weight]

    @property
    def name(self) -> str:
        """Its name among the metrics of the model: `loss`, `a_mae`."""
        return str(self.config.get("name"))


@dataclass
class TrainingConfig:
    """The compile state of a model.

    Attributes:
      config: Keras's training config: `loss`, `metrics`, `weighted_metrics`, `loss_weights`, `optimizer_config`.
      built: whether its metrics are those that Keras 2 has made of the given ones: an object under its full name for
        each, in a list for each output. HDF5 files and SavedModels hold these.
      given: `metrics` and `weighted_metrics` as the user gave them, where the config has the built ones and the source
        knows both. Archives hold these.
      metrics: the built metrics, with the means of the losses before them; None where the source has none.
      options: the other arguments of `compile` that archives hold: `run_eagerly`, `steps_per_execution`, `jit_compile`.
      variables: the optimizer's variables in Keras's order: `iteration`, then the slots.
      learning_rate: the variable that holds the learning rate, made when it is needed.
      scalars: other variables that Keras 2 does not count, by the attribute of the optimizer that holds each.
      restored: whether a file held it. Keras makes the optimizer's variables anew when it loads one.

    Raises:
      InvalidModelError: `optimizer_config` is not a class name with a config.
    """

    config: dict[str, Any]
    variables: list[Weight] = field(default_factory=list)
    learning_rate: Weight | None = None
    scalars: dict[str, Weight] = field(default_factory=dict)
    restored: bool = False
    built: bool = False
    given: dict[str, Any] | None = None
    metrics: list[CompiledMetric] | None = None
    options: dict[str, Any] = field(default_factory=dict)

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


def map_objects(function: Callable[[Any], Any], value: Any) -> Any:
    """Losses or metrics in any nesting, with `function` applied to each: a name, the description of an object, None."""
    if isinstance(value, list | tuple):
        return [map_objects(function, item) for item in value]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {key: map_objects(function, item) for key, item in value.items()}
    return function(value)


def optimizer_variable(name: str, value: ArrayLike) -> Weight:
    """A variable of an optimizer that has a value already, stored or live."""
    weight = Weight(name, tuple(value.shape), dtypes.of(value.dtype), trainable=False)
    weight.value = value
    return weight


def iteration_variable(steps: ArrayLike) -> Weight:
    """The number of steps that an optimizer has done: 64 bits in Keras 2, 32 in Keras 3 on some backends."""
    return optimizer_variable("iteration", np.asarray(steps).astype(np.int64))
