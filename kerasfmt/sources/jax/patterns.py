"""Finds parts of jaxprs that one op of TensorFlow stands for, or ops that converters know together.

    softmax        exp(x - max(x)) / sum(exp(x - max(x))), along the last axis
    log softmax    x - max(x) - log(sum(exp(x - max(x)))), along the last axis
    mean           sum(x) / n, for a number n of elements that is known
    gelu           x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) / 2, or x * erfc(-x / sqrt(2)) / 2

What is found takes the place of its last equation. The others stay, and are dropped where nothing else needs them.

Source: jax/_src/nn/functions.py, softmax and log_softmax; jax/_src/numpy/reductions.py, mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

_CUBE: Final = ("integer_pow=3", "x")
_INNER: Final = ("mul", math.sqrt(2 / math.pi), ("add", "x", ("mul", 0.044715, _CUBE)))
_GELU: Final[Mapping[str, Any]] = {
    "recognized_gelu": ("mul", "x", ("mul", 0.5, ("add", 1.0, ("tanh", _INNER)))),
    "recognized_exact_gelu": ("mul", ("mul", 0.5, "x"), ("erfc", ("mul", ("neg", "x"), math.sqrt(0.5)))),
}


def _is_primitive(equation: Any, primitive: str) -> bool:
    name, _, power = primitive.partition("=")
    return equation.primitive.name == name and (not power or equation.params["y"] == int(power))


def recognized(jaxpr: Any) -> Sequence[Any]:
    """The equations of a jaxpr, with what was found in place of its parts."""
    makers = {variable: equation for equation in jaxpr.eqns for variable in equation.outvars}
    found = _Parts(makers)
    return [found.replaced(equation) for equation in jaxpr.eqns]


class _Parts:
    """What makes the variables of a jaxpr."""

    def __init__(self, makers: Mapping[Any, Any]) -> None:
        self._makers = makers

    def replaced(self, equation: Any) -> Any:
        """The equation, or what it is the end of."""
        name = equation.primitive.name
        if name == "div":
            return self._softmax(equation) or self._mean(equation) or equation
        if name == "sub":
            return self._log_softmax(equation) or equation
        if name == "mul":
            return self._gelu(equation) or equation
        return equation

    def _gelu(self, equation: Any) -> Any:
        for found, template in _GELU.items():
            bound: dict[str, Any] = {}
            if self._fits(equation, template, bound):
                return _made(found, equation, bound["x"])
        return None

    def _fits(self, made: Any, template: Any, bound: dict[str, Any]) -> bool:
        """Whether an equation, or a variable, is made as a template says; operands may be in either order.

        Args:
          made: an equation, a variable or a literal.
          template: a number; "x" for one variable, the same everywhere; or a primitive and templates of its operands.
          bound: gets the variable.
        """
        if isinstance(template, float):
            return (
                hasattr(made, "val")
                and np.ndim(made.val) == 0
                and bool(np.isclose(float(made.val), template, 1e-2))
            )
        if template == "x":
            return not hasattr(made, "val") and bound.setdefault("x", made) is made
        primitive, *operands = template
        equation = made if hasattr(made, "primitive") else self._maker(made, primitive.partition("=")[0])
        if equation is None or not _is_primitive(equation, primitive):
            return False
        for order in (operands, operands[::-1]) if len(operands) == 2 else (operands,):
            tried = dict(bound)
            if all(self._fits(v, t, tried) for v, t in zip(equation.invars, order, strict=True)):
                bound.update(tried)
                return True
        return False

    def _maker(self, variable: Any, *names: str) -> Any:
        """The equation that makes a variable, if it is of one of these primitives."""
        if hasattr(variable, "val"):
            return None
        found = self._makers.get(variable)
        return found if found is not None and found.primitive.name in names else None

    def _through(self, variable: Any, *names: str) -> Any:
        """The variable from which others of these primitives make it; a maximum with -inf counts as its operand."""
        while True:
            found = self._maker(variable, *names)
            if found is None:
                return variable
            operands = [v for v in found.invars if not hasattr(v, "val")]
            limits = [v.val for v in found.invars if hasattr(v, "val")]
            if len(operands) != 1 or not all(np.ndim(v) == 0 and np.isneginf(v) for v in limits):
                return variable
            (variable,) = operands

    def _shifted(self, variable: Any) -> Any:
        """`x`, of which a variable is x - max(x) along the last axis; else None."""
        found = self._maker(variable, "sub")
        if found is None:
            return None
        x, greatest = found.invars
        peak = self._maker(
            self._through(greatest, "stop_gradient", "broadcast_in_dim", "max", "reshape"), "reduce_max"
        )
        if peak is None or peak.invars[0] is not x or not _is_last(peak, x):
            return None
        return x

    def _softmax(self, equation: Any) -> Any:
        powers, total = equation.invars
        found = self._maker(powers, "exp")
        if found is None:
            return None
        summed = self._maker(self._through(total, "broadcast_in_dim", "reshape"), "reduce_sum")
        if summed is None or summed.invars[0] is not powers or not _is_last(summed, powers):
            return None
        x = self._shifted(found.invars[0])
        return None if x is None else _made("recognized_softmax", equation, x)

    def _log_softmax(self, equation: Any) -> Any:
        shifted, logarithm = equation.invars
        found = self._maker(self._through(logarithm, "broadcast_in_dim", "reshape"), "log")
        if found is None or hasattr(shifted, "val"):
            return None
        summed = self._maker(self._through(found.invars[0], "broadcast_in_dim", "reshape"), "reduce_sum")
        if summed is None or not _is_last(summed, shifted):
            return None
        powers = self._maker(summed.invars[0], "exp")
        if powers is None or powers.invars[0] is not shifted:
            return None
        x = self._shifted(shifted)
        return None if x is None else _made("recognized_log_softmax", equation, x)

    def _mean(self, equation: Any) -> Any:
        total, count = equation.invars
        if not hasattr(count, "val") or np.ndim(count.val) or np.dtype(count.aval.dtype).kind != "f":
            return None
        spread = self._through(total, "broadcast_in_dim", "reshape")
        summed = self._maker(spread, "reduce_sum")
        if summed is None or not summed.params["axes"]:
            return None
        x = summed.invars[0]
        dims = [x.aval.shape[axis] for axis in summed.params["axes"]]
        if not all(isinstance(dim, int) for dim in dims) or float(count.val) != math.prod(dims):
            return None
        kept = _kept(x.aval.shape, summed.params["axes"])
        shape = tuple(map(str, equation.outvars[0].aval.shape))
        if shape not in (tuple(map(str, kept)), tuple(map(str, summed.outvars[0].aval.shape))):
            return None
        keeps = len(shape) == len(kept)
        return _made("recognized_mean", equation, x, axes=tuple(summed.params["axes"]), keepdims=keeps)


def _kept(shape: Sequence[Any], axes: Sequence[int]) -> list[Any]:
    return [1 if axis in axes else dim for axis, dim in enumerate(shape)]


def _is_last(equation: Any, variable: Any) -> bool:
    return tuple(equation.params["axes"]) == (len(variable.aval.shape) - 1,)


def _made(name: str, equation: Any, x: Any, **params: Any) -> Any:
    """An equation of a primitive of our own."""
    return SimpleNamespace(
        primitive=SimpleNamespace(name=name),
        params=params,
        invars=[x],
        outvars=equation.outvars,
        source_info=equation.source_info,
    )
