"""The optimizer of a compiled model as trackable objects.

`_variables` lists every variable, `_iterations` and `_learning_rate` are reached by name, and each kind of slot
has a list of its own. `kerasfmt.optimizers` says which variables Keras counts.

Source: tf_keras/src/optimizers/optimizer.py and the optimizer classes beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import PolymorphicFunction
from kerasfmt.formats.saved_model.nodes import (
    FunctionNode,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.ir.compile_state import optimizer_variable
from kerasfmt.optimizers.optimizer import AVERAGE, Optimizer
from kerasfmt.optimizers.state import optimizer_class, with_scalars


def optimizer_node(config: TrainingConfig, variable: Callable[[Weight], VariableNode]) -> UserObject:
    """The optimizer's node."""
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
