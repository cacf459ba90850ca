"""Gradients of elementwise ops with two operands, which broadcast.

Source: tensorflow/python/ops/math_grad.py.
"""

from __future__ import annotations

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.indexed_slices import Gradient
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.gradient.rules.broadcasting import reduced, same_known_shape
from kerasfmt.graph import Node, Value


@gradient("Add", "AddV2")
def add(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad, grad)."""
    x, y = node.inputs
    if same_known_shape(x, y, grad):
        return [grad, grad]
    return reduced(graph, x, y, grad, grad)


@gradient("AddN", takes_slices=True)
def add_n(graph: BackwardGraph, node: Node, grad: Gradient) -> Gradients:
    """The gradient for each term."""
    return [grad] * len(node.inputs)


@gradient("Sub")
def subtract(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad, -grad)."""
    x, y = node.inputs
    negative = graph.emit_one("Neg", grad)
    if same_known_shape(x, y, grad):
        return [grad, negative]
    return reduced(graph, x, y, grad, negative)


@gradient("Mul")
def multiply(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad * y, x * grad)."""
    x, y = node.inputs
    if same_known_shape(x, y, grad) and grad.dtype.name in ("int32", "float32"):
        return [graph.emit_one("Mul", grad, y), graph.emit_one("Mul", grad, x)]
    gx = graph.emit_one("Mul", grad, graph.conj(y))
    return reduced(graph, x, y, gx, graph.emit_one("Mul", graph.conj(x), grad))


@gradient("MulNoNan")
def multiply_no_nan(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad * y, x * grad), 0 where a factor is."""
    x, y = node.inputs
    gx, gy = graph.emit_one("MulNoNan", grad, y), graph.emit_one("MulNoNan", x, grad)
    return [gx, gy] if same_known_shape(x, y, grad) else reduced(graph, x, y, gx, gy)


@gradient("Div", "RealDiv", "DivNoNan")
def divide(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad / y, grad * (-x / y / y))."""
    op = "RealDiv" if node.op == "Div" else node.op
    x, y = node.inputs
    cx, cy = graph.conj(x), graph.conj(y)
    gx = graph.emit_one(op, grad, cy)
    slope = graph.emit_one(op, graph.emit_one(op, graph.emit_one("Neg", cx), cy), cy)
    return reduced(graph, x, y, gx, graph.emit_one("Mul", grad, slope, name="mul"))


@gradient("FloorMod")
def floor_mod(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad, grad * -floor(x / y))."""
    x, y = node.inputs
    quotient = graph.emit_one("FloorDiv", x, y)
    return reduced(
        graph, x, y, grad, graph.emit_one("Mul", grad, graph.emit_one("Neg", quotient), name="mul")
    )


@gradient("Pow")
def power(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(grad * y * x ** (y - 1), grad * x ** y * log(x)), the latter 0 where x has no logarithm."""
    x, y = node.inputs
    cx, cy = graph.conj(x), graph.conj(y)
    gx = graph.emit_one("Mul", grad, cy, name="mul")
    gx = graph.emit_one(
        "Mul", gx, graph.emit_one("Pow", cx, graph.emit_one("Sub", cy, 1, name="sub")), name="mul"
    )
    mask = graph.emit_one("NotEqual" if x.dtype.is_complex else "Greater", cx, 0)
    ones = graph.constant_like(x, 1)
    log = graph.emit_one("Log", graph.emit_one("Select", mask, cx, ones))
    log = graph.emit_one("Select", mask, log, graph.constant_like(x, 0))
    gy = graph.emit_one("Mul", grad, graph.conj(node.outputs[0]), name="mul")
    return reduced(graph, x, y, gx, graph.emit_one("Mul", gy, log, name="mul"))


@gradient("Maximum", "Minimum")
def extremum(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient for the operand that was taken; for the first one where both are equal."""
    x, y = node.inputs
    zeros = graph.constant_like(grad, 0)
    taken = graph.emit_one("GreaterEqual" if node.op == "Maximum" else "LessEqual", x, y)
    gx = graph.emit_one("SelectV2", taken, grad, zeros)
    return reduced(graph, x, y, gx, graph.emit_one("SelectV2", taken, zeros, grad))


@gradient("SquaredDifference")
def squared_difference(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(2 * grad * (x - y), -2 * grad * (x - y))."""
    x, y = node.inputs
    twice = graph.emit_one("Mul", graph.constant(2, grad.dtype), grad, name="mul")
    gx = graph.emit_one("Mul", twice, graph.emit_one("Sub", x, y, name="sub"), name="mul")
    gy = graph.emit_one("Neg", gx)
    return [gx, gy] if same_known_shape(x, y, grad) else reduced(graph, x, y, gx, gy)


@gradient("Atan2")
def atan2(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(x, -y) * grad / (y ** 2 + x ** 2)."""
    y, x = node.inputs
    squares = graph.emit_one("AddV2", graph.emit_one("Square", y), graph.emit_one("Square", x), name="add")
    part = graph.emit_one("RealDiv", grad, squares, name="truediv")
    gy = graph.emit_one("Mul", x, part, name="mul")
    return reduced(graph, y, x, gy, graph.emit_one("Mul", graph.emit_one("Neg", y), part, name="mul"))


@gradient("Xlogy", "Xlog1py", "Xdivy")
def x_times_function(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """(f(y), x * f'(y)) * grad, 0 where x is 0."""
    x, y = node.inputs
    shapes = graph.shape_of(x), graph.shape_of(y)
    axes = graph.emit("BroadcastGradientArgs", *shapes)
    zero = graph.constant(0, x.dtype)
    not_zero = graph.emit_one("Cast", graph.emit_one("NotEqual", x, zero), DstT=x.dtype)
    slopes = [graph.emit_one(node.op, not_zero, y)]
    if node.op == "Xdivy":
        slopes.append(graph.emit_one("Xdivy", graph.emit_one("Neg", x), graph.emit_one("Square", y)))
    else:
        argument = y if node.op == "Xlogy" else graph.emit_one("AddV2", y, 1, name="add")
        slopes.append(graph.emit_one("Xdivy", x, argument))
    parts = [graph.emit_one("Mul", slope, grad, name="mul") for slope in slopes]
    sums = [graph.emit_one("Sum", part, over) for part, over in zip(parts, axes, strict=True)]
    return [graph.emit_one("Reshape", part, shape) for part, shape in zip(sums, shapes, strict=True)]


@gradient("Select")
def select(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient where the condition holds, and where it does not."""
    condition, x, _ = node.inputs
    zeros = graph.constant_like(x, 0)
    gx = graph.emit_one("Select", condition, grad, zeros)
    return [None, gx, graph.emit_one("Select", condition, zeros, grad)]


@gradient("SelectV2")
def select_v2(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient where the condition holds, and where it does not; all three broadcast."""
    condition, x, y = node.inputs
    zero = graph.constant(0, grad.dtype)
    gx = graph.emit_one("SelectV2", condition, grad, zero)
    gy = graph.emit_one("SelectV2", condition, zero, grad)
    gx_, _ = reduced(graph, x, node.outputs[0], gx, None)
    gy_, _ = reduced(graph, y, node.outputs[0], gy, None)
    return [None, gx_, gy_]


@gradient("ClipByValue")
def clip_by_value(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The gradient of the values within the bounds, and of the bound that was taken elsewhere.

    Source: tensorflow/python/ops/clip_ops.py, _clip_by_value_grad.
    """
    x, low, high = node.inputs
    zeros = graph.constant_like(grad, 0)
    shapes = [graph.shape_of(v) for v in node.inputs]
    below, above = graph.emit_one("Less", x, low), graph.emit_one("Greater", x, high)
    _, low_axes = graph.emit("BroadcastGradientArgs", shapes[0], shapes[1])
    _, high_axes = graph.emit("BroadcastGradientArgs", shapes[0], shapes[2])
    outside = graph.emit_one("LogicalOr", below, above)
    gx = graph.emit_one("SelectV2", outside, zeros, grad)
    g_low = graph.emit_one("Sum", graph.emit_one("SelectV2", below, grad, zeros), low_axes)
    g_high = graph.emit_one("Sum", graph.emit_one("SelectV2", above, grad, zeros), high_axes)
    return [
        gx,
        graph.emit_one("Reshape", g_low, shapes[1]),
        graph.emit_one("Reshape", g_high, shapes[2]),
    ]
