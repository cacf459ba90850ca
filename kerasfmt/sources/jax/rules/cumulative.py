"""Cumulative sums, products and extremes.

Source: jax/_src/lax/control_flow/loops.py, cumsum and its like.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.graph.value import Operand
from kerasfmt.sources.jax.rule import Equation, rule
from kerasfmt.sources.jax.rules.elementwise import finite_extremes


@rule("cumsum", "cumprod", close=True)
def _cumulative(equation: Equation, x: Value) -> Value:
    op = "Cumsum" if equation.primitive == "cumsum" else "Cumprod"
    axis, backwards = int(equation.params["axis"]), bool(equation.params["reverse"])
    wide = ops.cast(x, dtypes.float32) if x.dtype.is_floating and x.dtype.itemsize == 2 else x
    if x.dtype in (dtypes.uint32, dtypes.uint64):  # sums modulo a power of two are the same for both signs
        wide = ops.bitcast(x, dtypes.of(f"int{8 * x.dtype.itemsize}"))
        found = emit_one(op, wide, np.int32(axis), reverse=backwards)
        return ops.bitcast(found, x.dtype)
    return ops.cast(emit_one(op, wide, np.int32(axis), reverse=backwards), x.dtype)


@rule("cummax", "cummin")
def _extreme(equation: Equation, x: Value) -> Value:
    greatest = equation.primitive == "cummax"
    least, most = finite_extremes(x.dtype.numpy)
    return _scanned(equation, x, ops.maximum if greatest else ops.minimum, least if greatest else most)


@rule("cumlogsumexp", close=True)
def _cumlogsumexp(equation: Equation, x: Value) -> Value:
    return _scanned(equation, x, log_add_exp, -np.inf)


def log_add_exp(a: Value, b: Value) -> Value:
    """log(exp(a) + exp(b)), for infinities too."""
    greatest = ops.maximum(a, b)
    zero = np.zeros((), a.dtype.numpy)
    shift = ops.where(ops.is_finite(greatest), greatest, zero)
    return ops.add(ops.log(ops.add(ops.exp(ops.subtract(a, shift)), ops.exp(ops.subtract(b, shift)))), shift)


def _scanned(equation: Equation, x: Value, combine: Callable[[Value, Value], Value], neutral: float) -> Value:
    """Combines each element with all before it, in steps of 1, 2, 4, ...; a loop where the length is not known."""
    axis, backwards = int(equation.params["axis"]), bool(equation.params["reverse"])
    rank = len(equation.result.shape)
    length = equation.result.known[axis]

    def shifted(v: Value, by: Value) -> Value:
        """`v` moved by some places along the axis, with the neutral element in their place."""
        none = v.graph.constant(np.int32(0))
        amounts: list[Operand] = []
        for place in range(rank):
            moved = by if place == axis else none
            amounts.append(ops.pack([none, moved] if backwards else [moved, none]))
        begin: list[Operand] = [by if place == axis and backwards else none for place in range(rank)]
        filler = v.graph.constant(np.asarray(neutral).astype(v.dtype.numpy), v.dtype)
        padded = emit_one("PadV2", v, ops.pack(amounts), filler)
        return emit_one("Slice", padded, ops.pack(begin), ops.shape(v))

    if length is not None:
        step = 1
        while step < length:
            x = combine(x, shifted(x, equation.constant(np.int32(step))))
            step *= 2
        return x
    size = equation.lowers.size(equation.result.shape[axis])
    assert isinstance(size, Value)
    return ops.while_loop(
        lambda step, v, n: ops.less(step, n),
        lambda step, v, n: [ops.multiply(step, np.int32(2)), combine(v, shifted(v, step))],
        [equation.constant(np.int32(1)), x],
        [size],
    )[1]
