"""What converters know as one op: softmax, its logarithm, means; and the activations of jax.nn.

A call of a function that is called as one of jax.nn and has the same jaxpr is that activation.

Source: jax/_src/nn/functions.py; tensorflow/python/ops/nn_ops.py, gelu and swish.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.sources.jax.rule import Equation, rule


@rule("recognized_softmax", "recognized_log_softmax", close=True)
def _softmax(equation: Equation, x: Value) -> Value:
    """Along the last axis."""
    return emit_one("Softmax" if equation.primitive == "recognized_softmax" else "LogSoftmax", x)


@rule("recognized_mean", close=True)
def _mean(equation: Equation, x: Value) -> Value:
    axes = x.graph.constant(int32(list(equation.params["axes"])))
    return emit_one("Mean", x, axes, keep_dims=bool(equation.params["keepdims"]))


def _gelu(x: Value) -> Value:
    def number(value: float) -> Any:
        return np.asarray(value).astype(x.dtype.numpy)

    cube = ops.multiply(number(0.044715), ops.pow(x, number(3)))
    inner = ops.multiply(number(np.sqrt(2 / np.pi)), ops.add(x, cube))
    return ops.multiply(ops.multiply(number(0.5), x), ops.add(number(1), ops.tanh(inner)))


def _exact_gelu(x: Value) -> Value:
    def number(value: float) -> Any:
        return np.asarray(value).astype(x.dtype.numpy)

    inner = ops.erf(ops.real_div(x, number(np.sqrt(2))))
    return ops.multiply(ops.multiply(number(0.5), x), ops.add(number(1), inner))


@rule("recognized_gelu", "recognized_exact_gelu", close=True)
def _any_gelu(equation: Equation, x: Value) -> Value:
    return equation.elementwise(_gelu if equation.primitive == "recognized_gelu" else _exact_gelu, x)


Activation = tuple[Callable[[Any], Callable[[Any], Any]], Callable[[Value], Value]]
_ACTIVATIONS: Final[Mapping[str, tuple[Activation, ...]]] = {
    "relu": ((lambda jax: jax.nn.relu, lambda x: emit_one("Relu", x)),),
    "relu6": ((lambda jax: jax.nn.relu6, lambda x: emit_one("Relu6", x)),),
    "elu": ((lambda jax: jax.nn.elu, lambda x: emit_one("Elu", x)),),
    "silu": ((lambda jax: jax.nn.silu, lambda x: ops.multiply(x, ops.sigmoid(x))),),
}


def activation(equation: Equation, *operands: Value) -> Value | None:
    """The value of an activation of jax.nn, if the call is of one; else None."""
    body = equation.params.get("jaxpr", equation.params.get("call_jaxpr"))
    known = _ACTIVATIONS.get(str(equation.params.get("name") or name_of(body)), ())
    if not known or len(operands) != 1 or body is None or not operands[0].dtype.is_floating:
        return None
    from kerasfmt.sources.jax.library import jax

    text = _text(body)
    for function, made in known:
        if _text(equation.lowers.traced(function(jax()), equation.avals)) == text:
            return equation.elementwise(made, operands[0])
    return None


def name_of(jaxpr: Any) -> str:
    """The name of the function that a jaxpr was made of; empty if it is not known."""
    debug = getattr(getattr(jaxpr, "jaxpr", jaxpr), "debug_info", None)
    return str(getattr(debug, "func_src_info", "")).partition(" at ")[0]


def _text(jaxpr: Any) -> str:
    """A jaxpr as text, without the calls around it."""
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    while len(inner.eqns) == 1:
        (call,) = inner.eqns
        body = call.params.get("jaxpr", call.params.get("call_jaxpr"))
        if (
            body is None
            or list(call.invars) != list(inner.invars)
            or list(call.outvars) != list(inner.outvars)
        ):
            break
        inner = getattr(body, "jaxpr", body)
    return str(inner)
