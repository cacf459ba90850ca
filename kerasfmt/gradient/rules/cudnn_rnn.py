"""Gradients of cuDNN's recurrent layers.

Source: tensorflow/python/ops/cudnn_rnn_grad.py.
"""

from __future__ import annotations

from typing import Any

from kerasfmt.errors import GraphError
from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value

_BACKPROPS = {
    "CudnnRNN": "CudnnRNNBackprop",
    "CudnnRNNV2": "CudnnRNNBackpropV2",
    "CudnnRNNV3": "CudnnRNNBackpropV3",
}


@gradient(*_BACKPROPS)
def cudnn_rnn(graph: BackwardGraph, node: Node, *grads: Value | None) -> Gradients:
    """The gradients of the sequence, of both states and of the parameters."""
    if not node.attrs["is_training"]:
        raise GraphError(f"op {node.op} ({node.name}): its gradient needs is_training=True")
    attrs: dict[str, Any] = {
        name: value for name, value in node.attrs.items() if name not in ("T", "is_training")
    }
    output, h, c, *reserved = node.outputs
    found = graph.emit(_BACKPROPS[node.op], *node.inputs, output, h, c, *grads[:3], *reserved, **attrs)
    return [*found, *[None] * (len(node.inputs) - 4)]
