"""The gradient of fused batch normalization.

Source: tensorflow/python/ops/nn_grad.py, _BaseFusedBatchNormGrad.
"""

from __future__ import annotations

from typing import Any

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value

_LAST = {"NCHW": ([0, 2, 3, 1], [0, 3, 1, 2], "NHWC"), "NCDHW": ([0, 2, 3, 4, 1], [0, 4, 1, 2, 3], "NDHWC")}
"""The order of the axes with the channels last, the order back, and the name of that layout."""


@gradient("FusedBatchNormV3")
def fused_batch_norm(graph: BackwardGraph, node: Node, grad: Value, *others: Value | None) -> Gradients:
    """The gradients of the input, the scale and the offset."""
    x, scale, _, mean, variance = node.inputs
    layout, training = node.attrs["data_format"], node.attrs["is_training"]
    attrs: dict[str, Any] = {"epsilon": node.attrs["epsilon"], "is_training": training, "data_format": layout}
    scratch = node.outputs[5]
    if training:
        saved = node.outputs[3:5]
        found = graph.emit("FusedBatchNormGradV3", grad, x, scale, *saved, scratch, **attrs)
        return [*found[:3], None, None]
    back = None
    if isinstance(layout, str) and layout in _LAST:
        order, back, attrs["data_format"] = _LAST[layout]
        x = graph.emit_one("Transpose", x, order, name="transpose")
        grad = graph.emit_one("Transpose", grad, order, name="transpose")
    for_x, for_scale, for_offset, *_ = graph.emit(
        "FusedBatchNormGradV3", grad, x, scale, mean, variance, scratch, **attrs
    )
    if back is not None:
        for_x = graph.emit_one("Transpose", for_x, back, name="transpose")
    return [for_x, for_scale, for_offset, None, None]
