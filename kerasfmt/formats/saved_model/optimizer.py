"""The optimizer of a compiled model as trackable objects.

`_variables` lists every variable, `_iterations` and `_learning_rate` are reached by name, and each kind of slot
has a list of its own.

Source: tf_keras/src/optimizers/optimizer.py and the optimizer classes beside it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kerasfmt import dtypes
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.object_graph import (
    FunctionNode,
    SavedNode,
    UserObject,
    VariableNode,
    dict_wrapper,
    list_wrapper,
)
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import TrainingConfig, Weight

_SLOT_LISTS = {
    "Adadelta": {
        "accumulated_grad": "_accumulated_grads",
        "accumulated_delta_var": "_accumulated_delta_vars",
    },
    "Adagrad": {"accumulator": "_accumulators"},
    "Adam": {"m": "_momentums", "v": "_velocities", "vhat": "_velocity_hats"},
    "AdamW": {"m": "_momentums", "v": "_velocities", "vhat": "_velocity_hats"},
    "Adamax": {"m": "_m", "u": "_u"},
    "Ftrl": {"accumulator": "_accumulators", "linear": "_linears"},
    "Lion": {"m": "momentums"},
    "Nadam": {"m": "_momentums", "v": "_velocities"},
    "RMSprop": {
        "velocity": "_velocities",
        "momentum": "_momentums",
        "average_gradient": "_average_gradients",
    },
    "SGD": {"m": "momentums"},
}
"""Optimizer -> slot name in a variable's name -> the attribute that lists those slots."""


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
    lists = _SLOT_LISTS.get(config.optimizer_class, {})
    if lists:
        node.add("_index_dict", dict_wrapper())
    for slot, attribute in lists.items():
        members: list[SavedNode] = [variable(w) for w in weights if w.name.split("/")[1:2] == [slot]]
        if members:
            node.add(attribute, list_wrapper(members))
    node.add(
        "_update_step_xla", FunctionNode(arg_spec=ArgSpec(("gradient", "variable", "key")), jit_compile=True)
    )
    return node


def _learning_rate(config: TrainingConfig, rate: float) -> Weight:
    if config.learning_rate is None:
        config.learning_rate = Weight("learning_rate", (), dtypes.float32, trainable=False, autocast=False)
        config.learning_rate.value = np.asarray(rate, np.float32)
    return config.learning_rate
