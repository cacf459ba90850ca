"""Activations.

Source: keras/src/ops/nn.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, register_operation


@register_operation("Softmax", module="nn")
def _softmax(op: Operation, x: Any, axis: Any = -1) -> Translated:
    return "nn.softmax", op.as_floats(x), {"axis": _one_axis(op, axis)}


@register_operation("LogSoftmax", module="nn")
def _log_softmax(op: Operation, x: Any, axis: Any = -1) -> Translated:
    return "nn.log_softmax", op.as_floats(x), {"axis": _one_axis(op, axis)}


def _one_axis(op: Operation, axis: Any) -> int:
    found = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if not isinstance(found, int):
        raise op.unsupported(f"expected one axis, got {axis!r}")
    return found


@register_operation("Gelu", module="nn")
def _gelu(op: Operation, x: Any, approximate: bool = True) -> Translated:
    return "nn.gelu", op.as_floats(x), {"approximate": approximate}


@register_operation("LeakyRelu", module="nn")
def _leaky_relu(op: Operation, x: Any, negative_slope: float = 0.2) -> Translated:
    return "nn.leaky_relu", op.as_floats(x), {"alpha": negative_slope}


@register_operation("Elu", module="nn")
def _elu(op: Operation, x: Any, alpha: float = 1.0) -> Translated:
    value = op.as_floats(x)
    if alpha == 1:
        return "nn.elu", value, {}
    below = op.helper("math.expm1", op.binary("math.minimum", value, 0.0))
    return op.result("math.add", op.helper("nn.relu", value), op.binary("math.multiply", below, alpha))


@register_operation("HardSigmoid", module="nn")
def _hard_sigmoid(op: Operation, x: Any) -> Translated:
    clipped = op.helper("nn.relu6", op.helper("math.add", op.as_floats(x), y=3.0))
    return "math.multiply", clipped, {"y": 1 / 6}


@register_operation("HardSilu", module="nn")
def _hard_silu(op: Operation, x: Any) -> Translated:
    value = op.as_floats(x)
    clipped = op.helper("nn.relu6", op.helper("math.add", value, y=3.0))
    return "math.multiply", value, {"y": op.helper("math.multiply", clipped, y=1 / 6)}


@register_operation("HardTanh", module="nn")
def _hard_tanh(op: Operation, x: Any) -> Translated:
    return "clip_by_value", op.as_floats(x), {"clip_value_min": -1.0, "clip_value_max": 1.0}


@register_operation("Celu", module="nn")
def _celu(op: Operation, x: Any, alpha: float = 1.0) -> Translated:
    value = op.as_floats(x)
    below = op.helper("math.expm1", op.binary("math.divide", op.binary("math.minimum", value, 0.0), alpha))
    return op.result("math.add", op.helper("nn.relu", value), op.binary("math.multiply", below, alpha))


@register_operation("SparseSigmoid", module="nn")
def _sparse_sigmoid(op: Operation, x: Any) -> Translated:
    half = op.binary("math.multiply", op.binary("math.add", op.as_floats(x), 1.0), 0.5)
    return "clip_by_value", half, {"clip_value_min": 0.0, "clip_value_max": 1.0}


@register_operation("SparsePlus", module="nn")
def _sparse_plus(op: Operation, x: Any) -> Translated:
    value = op.as_floats(x)
    curve = op.binary("math.multiply", op.helper("math.square", op.binary("math.add", value, 1.0)), 0.25)
    above = op.where(op.binary("math.less", value, 1.0), curve, value)
    return "where", op.binary("math.less_equal", value, -1.0), {"x": 0.0, "y": above}


@register_operation("SoftShrink", module="nn")
def _soft_shrink(op: Operation, x: Any, threshold: float = 0.5) -> Translated:
    value = op.as_floats(x)
    above = op.helper("nn.relu", op.binary("math.subtract", value, threshold))
    below = op.binary("math.minimum", op.binary("math.add", value, threshold), 0.0)
    return op.result("math.add", above, below)


@register_operation("HardShrink", module="nn")
def _hard_shrink(op: Operation, x: Any, threshold: float = 0.5) -> Translated:
    value = op.as_floats(x)
    far = op.binary("math.greater", op.helper("math.abs", value), threshold)
    return "where", far, {"x": value, "y": 0.0}


@register_operation("TanhShrink", module="nn")
def _tanh_shrink(op: Operation, x: Any) -> Translated:
    value = op.as_floats(x)
    return op.result("math.subtract", value, op.helper("math.tanh", value))


@register_operation("Threshold", module="nn")
def _threshold(op: Operation, x: Any, threshold: float, default_value: float) -> Translated:
    value = op.as_floats(x)
    return "where", op.binary("math.greater", value, threshold), {"x": value, "y": float(default_value)}


@register_operation("Squareplus", module="nn")
def _squareplus(op: Operation, x: Any, b: float = 4) -> Translated:
    value = op.as_floats(x)
    root = op.helper("math.sqrt", op.binary("math.add", op.helper("math.square", value), float(b)))
    return op.result("math.multiply", op.binary("math.add", value, root), 0.5)


@register_operation("Glu", module="nn")
def _glu(op: Operation, x: Tensor, axis: int = -1) -> Translated:
    value = op.as_floats(x)
    half, odd = divmod(op.size(value, axis), 2)
    if odd:
        raise op.unsupported(f"axis {axis} must have an even size, got {2 * half + 1}")
    gate = op.helper("math.sigmoid", op.slice_axis(value, axis, half, half))
    return op.result("math.multiply", op.slice_axis(value, axis, 0, half), gate)


@register_operation("Sparsemax", module="nn")
def _sparsemax(op: Operation, x: Tensor, axis: int = -1) -> Translated:
    value, at = op.as_floats(x), op.axis(x, axis)
    size = op.size(value, at)
    falling = op.helper("sort", value, axis=at, direction="DESCENDING")
    shape = [-1 if i == at else 1 for i in range(op.rank(value))]
    numbers = np.arange(1.0, size + 1).reshape(shape).tolist()
    sums = op.binary("math.subtract", op.helper("math.cumsum", falling, axis=at), 1.0)
    support = op.binary("math.greater", op.binary("math.multiply", falling, numbers), sums)
    count = op.helper("math.reduce_sum", op.cast(support, value.dtype), axis=at, keepdims=True)
    # Keras 3 sums the running sums of the support, not its elements.
    inside = op.where(support, op.binary("math.add", sums, 1.0), 0.0)
    total = op.helper("math.reduce_sum", inside, axis=at, keepdims=True)
    limit = op.binary("math.divide", op.binary("math.subtract", total, 1.0), count)
    return "nn.relu", op.binary("math.subtract", value, limit), {}
