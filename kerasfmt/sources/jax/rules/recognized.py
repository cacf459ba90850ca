"""Parts of traced functions that converters know as one op: softmax, log softmax, gelu, and their like.

Source: `patterns` finds them.
"""

from __future__ import annotations

from kerasfmt.graph import Value, emit_one
from kerasfmt.sources.jax.rule import Equation, rule


@rule("recognized_softmax", "recognized_log_softmax", close=True)
def _softmax(equation: Equation, x: Value) -> Value:
    """Along the last axis."""
    return emit_one("Softmax" if equation.primitive == "recognized_softmax" else "LogSoftmax", x)
