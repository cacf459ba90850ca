"""The optimizer of a compiled model as trackable objects.

`_variables` lists every variable, `_iterations` and `_learning_rate` are reached by name, and each kind of slot
has a list of its own. `kerasfmt.optimizers` says which variables Keras counts. When Keras has loaded a file, it makes
all slots and calls them `m/dense/kernel`. Those of a model that was made by code come with the first step, as
`Adam/m/dense/kernel`.

A LossScaleOptimizer has the children of its inner optimizer, and its scale.

A legacy optimizer has its number of steps and its hyperparameters as children. Its slots are tied to the variables that
they are for.

Source: tf_keras/src/optimizers/optimizer.py and the optimizer classes beside it; legacy/optimizer_v2.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.nodes import (
    SavedNode,
    SavedSlot,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.ir.weight import ArrayLike
from kerasfmt.optimizers.legacy import is_legacy, legacy_state, warn_of_loss
from kerasfmt.optimizers.loss_scale import SCALARS, is_loss_scaled, unwrapped
from kerasfmt.optimizers.optimizer import AVERAGE, Slot
from kerasfmt.optimizers.state import (
    default_rate,
    initial_variables,
    optimizer_class,
    slots_of,
    with_scalars,
)


def optimizer_node(
    config: TrainingConfig, trainable: Sequence[Weight], variable: Callable[[Weight], VariableNode]
) -> UserObject | None:
    """The optimizer's node; None where it has no variables that Keras would look for there.

    Args:
      config: the compile state.
      trainable: the trainable weights of the model.
      variable: the node of a weight.
    """
    if is_loss_scaled(config):
        return _loss_scaled_node(config, trainable, variable)
    if is_legacy(config):
        return _legacy_node(config, trainable, variable)
    return _node(config, trainable, variable)


def _loss_scaled_node(
    config: TrainingConfig, trainable: Sequence[Weight], variable: Callable[[Weight], VariableNode]
) -> UserObject | None:
    """The node of a LossScaleOptimizer: that of the inner optimizer, and the scale if it changes."""
    inner = replace(unwrapped(config), restored=True)  # its variables come without a step
    node = optimizer_node(inner, trainable, variable)
    if node is None or not config.optimizer_config.get("dynamic", True):
        return node
    scale, steps = SCALARS[1], SCALARS[0]
    first = config.optimizer_config.get("initial_scale", scale.initial)
    state = UserObject()
    for scalar, value in ((scale, np.asarray(first, np.float32)), (steps, np.asarray(0, np.int64))):
        kept = config.scalars.get(scalar.attribute)
        now = value if kept is None else kept.numpy().astype(value.dtype)
        state.add(scalar.name, variable(optimizer_variable(scalar.name, now)))
    own: list[tuple[str, SavedNode]] = [("loss_scale", state)]
    if is_legacy(inner):
        node.children[:0] = [*own, ("base_optimizer", UserObject())]
    else:
        names = [name for name, _ in node.children]
        place = names.index("_index_dict") if "_index_dict" in names else len(names)
        node.children[place:place] = own
    return node


def _legacy_node(
    config: TrainingConfig, trainable: Sequence[Weight], variable: Callable[[Weight], VariableNode]
) -> UserObject:
    node = UserObject(identifier=layout.LEGACY_OPTIMIZER, producer=layout.OPTIMIZER_PRODUCER)
    state = legacy_state(config, trainable)
    if state is not None:
        prefix = _prefix(config)
        held = {"iter": state.iterations, **state.hyperparameters, **state.scalars}
        for name, weight in held.items():
            node.add(name, variable(_renamed(weight, prefix + weight.name)))
        kinds = list(dict.fromkeys(slot.slot for slot in state.slots))
        for weight, slot, kept in sorted(state.slots, key=lambda slot: kinds.index(slot.slot)):
            of_slot = variable(_renamed(kept, prefix + kept.name))
            node.slots.append(SavedSlot(variable(weight), slot, of_slot))
    elif config.variables:
        warn_of_loss(config)
    return node


def _node(
    config: TrainingConfig, trainable: Sequence[Weight], variable: Callable[[Weight], VariableNode]
) -> UserObject | None:
    kept = _variables(config, trainable)
    if not kept:
        return None
    node = UserObject(identifier=layout.OPTIMIZER, producer=layout.OPTIMIZER_PRODUCER)
    node.add("_variables", list_wrapper(variable(weight) for weight in kept))
    node.add("_iterations", variable(kept[0]))
    for name, weight in _rate(config).items():
        node.add(name, variable(weight))
    kind = optimizer_class(config)
    slots = slots_of(config, trainable, keras=2)
    if kind.slots and len(kept) == 1 + len(slots):
        node.add("_index_dict", dict_wrapper())
        prefix = _prefix(config)
        made = {(slot.slot, slot.weight): weight for slot, weight in zip(slots, kept[1:], strict=True)}
        for slot in (AVERAGE, *kind.slots):
            if slot.is_kept(config.optimizer_config, keras=2) or slot.always_listed:
                members = (_member(slot, weight, made, prefix) for weight in trainable)
                node.add(slot.attribute, list_wrapper(variable(weight) for weight in members if weight))
        for attribute, scalar in with_scalars(config, kept[1:]).items():
            node.add(attribute, variable(_without_facts(prefix + scalar.name, scalar.value)))
    return node


def _prefix(config: TrainingConfig) -> str:
    """What the names of variables that come with a step begin with."""
    return "" if config.restored else f"{config.optimizer_class}/"


def _variables(config: TrainingConfig, trainable: Sequence[Weight]) -> list[Weight]:
    """The variables in Keras's order, under the names that Keras gives them."""
    kept = config.variables
    if not config.restored:
        return kept
    if len(kept) == 1 and optimizer_class(config).slots:
        kept = [*kept, *initial_variables(config, trainable)[1:]]
    prefix = f"{config.optimizer_class}/"
    return [_renamed(weight, weight.name.removeprefix(prefix)) for weight in kept]


def _renamed(weight: Weight, name: str) -> Weight:
    if name == weight.name:
        return weight
    found = optimizer_variable(name, weight.value)
    found.aggregation, found.synchronization = weight.aggregation, weight.synchronization
    return found


def _member(
    slot: Slot, weight: Weight, made: Mapping[tuple[Slot, Weight], Weight], prefix: str
) -> Weight | None:
    """The variable of a slot for a weight; an integer that is never used where a weight is no matrix."""
    found = made.get((slot, weight))
    if found is None and slot.shape_for(weight.shape) is None:
        # Keras calls the columns of such a weight r too.
        return _without_facts(f"{prefix}r/{weight.name}", np.asarray(0, np.int32))
    return found


def _without_facts(name: str, value: ArrayLike) -> Weight:
    """A variable that Keras makes without saying that it is not to be trained."""
    found = optimizer_variable(name, value)
    found.trainable = True
    return found


def _rate(config: TrainingConfig) -> dict[str, Weight]:
    """The variable of the learning rate, by the attribute that holds it."""
    rate = config.optimizer_config.get("learning_rate", default_rate(config))
    if isinstance(rate, int | float):
        return {"_learning_rate": _rate_variable(config, "learning_rate", float(rate))}
    first = _first_rate(rate)
    if config.learning_rate is None and first is None:
        return {}
    return {"_current_learning_rate": _rate_variable(config, "current_learning_rate", first or 0.0)}


def _first_rate(schedule: Any) -> float | None:
    """The learning rate with which a schedule begins; None for one that kerasfmt does not know.

    Source: tf_keras/src/optimizers/schedules/learning_rate_schedule.py
    """
    stated = schedule.get("config") if isinstance(schedule, Mapping) else None
    if not isinstance(stated, Mapping):
        return None
    values = stated.get("values")
    rate = values[0] if isinstance(values, list) and values else stated.get("initial_learning_rate")
    return float(rate) if isinstance(rate, int | float) else None


def _rate_variable(config: TrainingConfig, name: str, rate: float) -> Weight:
    if config.learning_rate is None:
        config.learning_rate = optimizer_variable(name, np.asarray(rate, np.float32))
    return _renamed(config.learning_rate, name)
