"""Gradients of what reads variables: they are those of the handles, which stand for the variables.

Source: tensorflow/python/ops/resource_variable_ops.py.
"""

from __future__ import annotations

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value


@gradient("ReadVariableOp")
def read_variable(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient of the variable, which stands for that of its handle."""
    return [grad]
