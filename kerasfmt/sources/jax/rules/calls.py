"""Calls of functions: their bodies are inlined.

Source: jax/_src/pjit.py; jax/_src/custom_derivatives.py; jax/_src/ad_checkpoint.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasfmt.graph import Value
from kerasfmt.sources.jax.rule import Equation, UnsupportedPrimitiveError, rule
from kerasfmt.sources.jax.rules.recognized import activation

_BODIES = ("jaxpr", "call_jaxpr", "fun_jaxpr")


@rule("jit", "pjit", "closed_call", "core_call", "call", "remat", "remat2", "remat_opt", "checkpoint",
      "custom_vjp_call_jaxpr", "custom_lin", "composite", "xla_call",
      "core_closed_call", "run_state", "custom_vmap_call")  # fmt: skip
def _call(equation: Equation, *operands: Value) -> Sequence[Value]:
    found = activation(equation, *operands)
    if found is not None:
        return [found]
    for name in _BODIES:
        if name in equation.params:
            return equation.lowers.inline(equation.params[name], operands)
    raise UnsupportedPrimitiveError("a call without a body")


@rule("custom_linear_solve", close=True)
def _custom_linear_solve(equation: Equation, *operands: Value) -> Sequence[Value]:
    """The function that solves, with what it closes over."""
    counts, jaxprs = equation.params["const_lengths"], equation.params["jaxprs"]
    before = counts.matvec + counts.vecmat
    constants = operands[before : before + counts.solve]
    right = operands[before + counts.solve + counts.transpose_solve :]
    return equation.lowers.inline(jaxprs.solve, [*constants, *right])


@rule("platform_index")
def _platform_index(equation: Equation) -> Value:
    """The branch for CPUs, or the one for all platforms."""
    platforms = equation.params["platforms"]
    for place, names in enumerate(platforms):
        if names is None or "cpu" in names:
            return equation.constant(place, equation.result.dtype)
    raise UnsupportedPrimitiveError("a function that has no branch for CPUs")
