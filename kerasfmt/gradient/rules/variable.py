"""Gradients of what reads variables: they are those of the handles, which stand for the variables.

Source: tensorflow/python/ops/resource_variable_ops.py.
"""

from __future__ import annotations

import numpy as np

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.indexed_slices import Gradient, IndexedSlices
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.gradient.rules.indexing import rows
from kerasfmt.graph import Node, Value


@gradient("ReadVariableOp", takes_slices=True)
def read_variable(graph: BackwardGraph, node: Node, grad: Gradient) -> Gradients:
    """The gradient of the variable, which stands for that of its handle."""
    return [grad]


@gradient("ResourceGather")
def gather(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the rows that were looked up."""
    handle, indices = node.inputs
    known = graph.variable_of(graph.inside(handle)).shape
    if known is not None and None not in known:
        shape = graph.constant(np.array(known, np.int32))
    else:
        shape = graph.emit_one("VariableShape", handle)
    values, indices = rows(graph, grad, indices, graph.vector_from(shape, 1))
    return [IndexedSlices(values, indices, shape), None]
