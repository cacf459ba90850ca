"""The metrics of a compiled model as trackable objects, in the list `keras_api.metrics` of the model.

    metric          variables, keras_api, then what its class tracks: each variable by name, and lists of options
    keras_api       variables

A metric that has not all of its variables before the first update has no list of them.

Source: tf_keras/src/saving/legacy/saved_model/metric_serialization.py, MetricSavedModelSaver
"""

from __future__ import annotations

from collections.abc import Callable

from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode, dict_wrapper, list_wrapper
from kerasfmt.formats.saved_model import layout
from kerasfmt.ir import Weight
from kerasfmt.ir.compile_state import CompiledMetric
from kerasfmt.metrics.metric import OF_FUNCTION, find_metric


def metric_node(metric: CompiledMetric, variable: Callable[[Weight], VariableNode]) -> UserObject:
    """The node of a metric.

    Args:
      metric: the metric.
      variable: the node of a variable.
    """
    node = UserObject(identifier=layout.METRIC)
    kind = find_metric(metric.class_name)
    api = UserObject()
    if kind is None or len(metric.variables) == len(kind.state):
        variables = list_wrapper(variable(weight) for weight in metric.variables)
        node.add("variables", variables)
        api.add("variables", variables)
    node.add("keras_api", api)
    state = [weight.name for weight in metric.variables] if kind is None else list(kind.state)
    by_name = {weight.name: weight for weight in metric.variables}
    if not by_name.keys() <= set(state):  # those of a live metric may have other names
        by_name = dict(zip(state, metric.variables, strict=False))
    second = {name: of for of, name in (kind.second_names if kind else {}).items()}
    for name in state if kind is None else kind.tracked(metric.config):
        of = second.get(name, name)
        if of in by_name:
            node.add(name, variable(by_name[of]))
        elif of not in state:
            node.add(name, dict_wrapper() if name in OF_FUNCTION else list_wrapper(()))
    return node
