"""Gradients of elementwise ops with one operand.

Source: tensorflow/python/ops/math_grad.py, nn_grad.py.
"""

from __future__ import annotations

import math

from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Node, Value

_OF_RESULT = {
    "Inv": "ReciprocalGrad",
    "Reciprocal": "ReciprocalGrad",
    "Rsqrt": "RsqrtGrad",
    "Sigmoid": "SigmoidGrad",
    "Sqrt": "SqrtGrad",
    "Tanh": "TanhGrad",
}


@gradient(*_OF_RESULT)
def of_result(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The op that computes the gradient from the result."""
    return [graph.emit_one(_OF_RESULT[node.op], node.outputs[0], grad)]


_ACTIVATIONS = {"Elu": "EluGrad", "Relu": "ReluGrad", "Relu6": "Relu6Grad", "Selu": "SeluGrad"}


@gradient(*_ACTIVATIONS)
def activation(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The op that computes the gradient from the activation."""
    return [graph.emit_one(_ACTIVATIONS[node.op], grad, node.outputs[0])]


@gradient("LeakyRelu")
def leaky_relu(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad, or alpha * grad where x is negative."""
    return [graph.emit_one("LeakyReluGrad", grad, node.inputs[0], alpha=node.attrs["alpha"])]


@gradient("Softsign")
def softsign(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad / (1 + |x|) ** 2."""
    return [graph.emit_one("SoftsignGrad", grad, node.inputs[0])]


@gradient("Softplus")
def softplus(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * sigmoid(x)."""
    return [graph.emit_one("Mul", grad, graph.emit_one("Sigmoid", node.inputs[0]), name="mul")]


@gradient("Neg")
def negative(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """-grad."""
    return [graph.emit_one("Neg", grad)]


@gradient("Abs")
def absolute(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * sign(x)."""
    return [graph.emit_one("Mul", grad, graph.emit_one("Sign", node.inputs[0]), name="mul")]


@gradient("Sign")
def sign(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """0."""
    return [graph.constant_like(node.inputs[0], 0)]


@gradient("Conj")
def conj(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """The conjugate of the gradient."""
    return [graph.conj(grad)]


@gradient("Square")
def square(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * 2 * x."""
    x = graph.conj(node.inputs[0])
    twice = graph.emit_one("Mul", x, graph.constant(2, grad.dtype))
    return [graph.emit_one("Mul", grad, twice)]


@gradient("Exp")
def exp(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * exp(x)."""
    return [graph.emit_one("Mul", grad, graph.conj(node.outputs[0]), name="mul")]


@gradient("Expm1")
def expm1(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * exp(x)."""
    return [graph.emit_one("Mul", grad, graph.emit_one("Exp", graph.conj(node.inputs[0])), name="mul")]


@gradient("Log")
def log(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad / x."""
    return [graph.emit_one("Mul", grad, graph.emit_one("Reciprocal", graph.conj(node.inputs[0])), name="mul")]


@gradient("Log1p")
def log1p(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad / (1 + x)."""
    more = graph.emit_one("AddV2", 1, graph.conj(node.inputs[0]), name="add")
    return [graph.emit_one("Mul", grad, graph.emit_one("Reciprocal", more), name="mul")]


_SLOPES = {"Sinh": "Cosh", "Cosh": "Sinh", "Sin": "Cos"}


@gradient(*_SLOPES)
def slope(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * f'(x), where f' is an op."""
    found = graph.emit_one(_SLOPES[node.op], graph.conj(node.inputs[0]))
    return [graph.emit_one("Mul", grad, found, name="mul")]


@gradient("Cos")
def cos(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """-grad * sin(x)."""
    found = graph.emit_one("Sin", graph.conj(node.inputs[0]))
    return [graph.emit_one("Mul", graph.emit_one("Neg", grad), found, name="mul")]


@gradient("Tan")
def tan(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad / cos(x) ** 2."""
    secant = graph.emit_one("Reciprocal", graph.emit_one("Cos", graph.conj(node.inputs[0])))
    return [graph.emit_one("Mul", graph.emit_one("Square", secant), grad, name="mul")]


@gradient("Asinh", "Acosh")
def inverse_hyperbolic(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad / cosh(y), or grad / sinh(y)."""
    found = graph.emit_one("Cosh" if node.op == "Asinh" else "Sinh", graph.conj(node.outputs[0]))
    return [graph.emit_one("RealDiv", grad, found, name="truediv")]


@gradient("Atan", "Atanh", "Asin", "Acos")
def inverse_trigonometric(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad / (1 + x ** 2), grad / (1 - x ** 2), or grad / sqrt(1 - x ** 2) with either sign."""
    one = graph.constant(1, grad.dtype)
    squares = graph.emit_one("Square", graph.conj(node.inputs[0]))
    found = graph.emit_one("AddV2" if node.op == "Atan" else "Sub", one, squares)
    if node.op in ("Asin", "Acos"):
        found = graph.emit_one("Sqrt", found)
    found = graph.emit_one("Reciprocal", found)
    signed = graph.emit_one("Neg", grad) if node.op == "Acos" else grad
    return [graph.emit_one("Mul", signed, found, name="mul")]


@gradient("Erf", "Erfc")
def erf(graph: BackwardGraph, node: Node, grad: Value) -> Gradients:
    """grad * 2 / sqrt(pi) * exp(-x ** 2), with the sign of the op."""
    factor = graph.constant(math.copysign(2 / math.sqrt(math.pi), 1 if node.op == "Erf" else -1), grad.dtype)
    squares = graph.emit_one("Neg", graph.emit_one("Square", graph.conj(node.inputs[0])))
    scaled = graph.emit_one("Mul", grad, factor, name="mul")
    return [graph.emit_one("Mul", scaled, graph.emit_one("Exp", squares), name="mul")]
