"""Gradients of convolutions and poolings.

Source: tensorflow/python/ops/nn_grad.py.
"""

from __future__ import annotations

from typing import Any

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value

_FORWARD = {"Conv2DBackpropInput": "Conv2D", "Conv3DBackpropInputV2": "Conv3D"}
_FOR_INPUT = {"Conv2D": "Conv2DBackpropInput", "Conv3D": "Conv3DBackpropInputV2"}
_FOR_FILTERS = {"Conv2D": "Conv2DBackpropFilter", "Conv3D": "Conv3DBackpropFilterV2"}


def _attrs(node: Node) -> dict[str, Any]:
    """The attributes that an op shares with its gradients."""
    return {name: value for name, value in node.attrs.items() if name not in ("T", "Tshape")}


@gradient("Conv2D", "Conv3D")
def convolution(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the input and of the filters."""
    x, filters = node.inputs
    shapes = graph.emit("ShapeN", [x, filters])
    return [
        graph.emit_one(_FOR_INPUT[node.op], shapes[0], filters, grad, **_attrs(node)),
        graph.emit_one(_FOR_FILTERS[node.op], x, shapes[1], grad, **_attrs(node)),
    ]


@gradient("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def transposed_convolution(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the filters and of the input, which come of a convolution."""
    _, filters, x = node.inputs
    forward = _FORWARD[node.op]
    return [
        None,
        graph.emit_one(_FOR_FILTERS[forward], grad, graph.shape_of(filters), x, **_attrs(node)),
        graph.emit_one(forward, grad, filters, **_attrs(node)),
    ]


@gradient("DepthwiseConv2dNative")
def depthwise_convolution(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradients of the input and of the filters."""
    x, filters = node.inputs
    op, attrs = "DepthwiseConv2dNativeBackprop", _attrs(node)
    for_x = graph.emit_one(f"{op}Input", graph.shape_of(x), filters, grad, **attrs)
    return [for_x, graph.emit_one(f"{op}Filter", x, graph.shape_of(filters), grad, **attrs)]


@gradient("MaxPool", "MaxPool3D")
def max_pool(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient for the greatest element of each window."""
    return [graph.emit_one(f"{node.op}Grad", node.inputs[0], node.outputs[0], grad, **_attrs(node))]


@gradient("AvgPool", "AvgPool3D")
def average_pool(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient in equal parts for the elements of each window."""
    return [graph.emit_one(f"{node.op}Grad", graph.shape_of(node.inputs[0]), grad, **_attrs(node))]
