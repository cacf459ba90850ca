"""The optimizer of a compiled model as trackable objects.

`_variables` lists every variable, `_iterations` and `_learning_rate` are reached by name, and each kind of slot
has a list of its own. `kerasfmt.optimizers` says which variables Keras counts.

A legacy optimizer has its number of steps and its hyperparameters as children. Its slots are tied to the variables that
they are for.

Source: tf_keras/src/optimizers/optimizer.py and the optimizer classes beside it; legacy/optimizer_v2.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.nodes import (
    FunctionNode,
    SavedSlot,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.optimizers.legacy import is_legacy, legacy_state, warn_of_loss
from kerasfmt.optimizers.optimizer import AVERAGE, Optimizer
from kerasfmt.optimizers.state import optimizer_class, with_scalars


def optimizer_node(
    config: TrainingConfig, trainable: Sequence[Weight], variable: Callable[[Weight], VariableNode]
) -> UserObject | None:
    """The optimizer's node; None where it has no variables that Keras would look for there.

    Args:
      config: the compile state.
      trainable: the trainable weights of the model.
      variable: the node of a weight.
    """
    if is_legacy(config):
        return _legacy_node(config, trainable, variable)
    return _node(config, variable) if config.variables else None


def _legacy_node(
    config: TrainingConfig, trainable: Sequence[Weight], variable: Callable[[Weight], VariableNode]
) -> UserObject:
    node = UserObject(identifier=layout.LEGACY_OPTIMIZER, producer=layout.OPTIMIZER_PRODUCER)
    state = legacy_state(config, trainable)
    if state is not None:
        node.add("iter", variable(state.iterations))
        for name, weight in (*state.hyperparameters.items(), *state.scalars.items()):
            node.add(name, variable(weight))
        kinds = list(dict.fromkeys(slot.slot for slot in state.slots))
        by_kind = sorted(state.slots, key=lambda slot: kinds.index(slot.slot))
        node.slots += [SavedSlot(variable(weight), slot, variable(kept)) for weight, slot, kept in by_kind]
    elif config.variables:
        warn_of_loss(config)
    return node


def _node(config: TrainingConfig, variable: Callable[[Weight], VariableNode]) -> UserObject:
    node = UserObject(identifier=layout.OPTIMIZER, producer=layout.OPTIMIZER_PRODUCER)
    weights = config.variables
    node.add("_variables", list_wrapper(variable(w) for w in weights))
    iterations = [w for w in weights if w.name == "iteration"]
    if iterations:
        node.add("_iterations", variable(iterations[0]))
    rate = config.optimizer_config.get("learning_rate")
    if isinstance(rate, int | float):
        node.add("_learning_rate", variable(_learning_rate(config, float(rate))))
    kind = optimizer_class(config)
    if kind.slots:
        node.add("_index_dict", dict_wrapper())
        _add_slots(node, config, kind, variable)
    arguments = ArgSpec(("gradient", "variable", "key"))
    node.add("_update_step_xla", FunctionNode(PolymorphicFunction(arg_spec=arguments, jit_compile=True)))
    return node


def _add_slots(
    node: UserObject,
    config: TrainingConfig,
    kind: type[Optimizer],
    variable: Callable[[Weight], VariableNode],
) -> None:
    found: list[Weight] = []
    for slot in (AVERAGE, *kind.slots):
        members = [w for w in config.variables if w.name.split("/")[1:2] == [slot.name]]
        if members:
            node.add(slot.attribute, list_wrapper([variable(w) for w in members]))
        found += members
    for attribute, weight in with_scalars(config, found).items():
        node.add(attribute, variable(weight))


def _learning_rate(config: TrainingConfig, rate: float) -> Weight:
    if config.learning_rate is None:
        config.learning_rate = optimizer_variable("learning_rate", np.asarray(rate, np.float32))
    return config.learning_rate
