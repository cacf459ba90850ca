"""Reductions over windows, and the gradients of pools.

Windows of images become MaxPool and AvgPool. Others are combined axis by axis, from slices.

Source: jax/_src/lax/windowed_reductions.py; XLA's operation semantics, ReduceWindow and SelectAndScatter.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.sources.jax.dimensions import minus, plus, times
from kerasfmt.sources.jax.rule import Equation, Size, UnsupportedPrimitiveError, pack_sizes, rule
from kerasfmt.sources.jax.rules.elementwise import finite_extremes
from kerasfmt.sources.jax.rules.reduction import COMBINES
from kerasfmt.sources.jax.rules.shaping import padded, sliced

_MOST: Final = 4096
"""The largest window of a gradient; each element of it becomes some nodes."""
Combine = Callable[[Value, Value], Value]


def _params(equation: Equation) -> tuple[list[int], list[int], list[tuple[Size, Size]], list[int], list[int]]:
    """Window, strides, padding, base dilation, window dilation."""
    params = equation.params
    window = [int(d) for d in params["window_dimensions"]]
    ones = [1] * len(window)
    size = equation.lowers.size
    return (
        window,
        [int(s) for s in params["window_strides"]],
        [(size(low), size(high)) for low, high in params["padding"]],
        [int(d) for d in params.get("base_dilation") or ones],
        [int(d) for d in params.get("window_dilation") or ones],
    )


@rule("reduce_window_max", "reduce_window_min", "reduce_window_sum", close=True)
def _reduce_window(equation: Equation, x: Value) -> Value:
    kind = equation.primitive.removeprefix("reduce_window_")
    pooled = _pooled(equation, x, kind)
    if pooled is not None:
        return pooled
    if x.dtype is dtypes.bool_:
        raise UnsupportedPrimitiveError("bools")
    least, most = finite_extremes(x.dtype.numpy)
    combine, first = {
        "max": (ops.maximum, least),
        "min": (ops.minimum, most),
        "sum": (ops.add, 0),
    }[kind]
    return _by_axis(equation, x, combine, equation.like(x, first))


@rule("reduce_window", close=True)
def _general(equation: Equation, *operands: Value) -> list[Value]:
    """A function that is one primitive of two operands."""
    jaxpr = equation.params["jaxpr"]
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    names = [e.primitive.name for e in inner.eqns]
    if len(operands) != 2 or len(names) != 1 or names[0] not in COMBINES:
        raise UnsupportedPrimitiveError("a function that is not one of add, mul, max, min, and, or")
    x, first = operands
    if names[0] in ("and", "or") and x.dtype is not dtypes.bool_:
        raise UnsupportedPrimitiveError("bits")
    combine = COMBINES[names[0]]
    return [combine(_by_axis(equation, x, combine, first), first)]


def _by_axis(equation: Equation, x: Value, combine: Combine, first: Value) -> Value:
    """The windows of one axis after the other."""
    window, strides, padding, base, dilation = _params(equation)
    config = [(low, high, between - 1) for (low, high), between in zip(padding, base, strict=True)]
    x = padded(equation, x, first, config)
    for axis, width in enumerate(window):
        if width == 1 and strides[axis] == 1:
            continue
        count = equation.lowers.size(equation.result.shape[axis])
        x = _along(x, axis, width, strides[axis], dilation[axis], count, combine)
    return x


def _along(
    x: Value, axis: int, width: int, stride: int, dilation: int, count: Size, combine: Combine
) -> Value:
    """The windows along one axis: sums of windows of 1, 2, 4, ... elements that lie side by side."""
    length = plus(times(minus(count, 1), stride), 1)

    def part(v: Value, begin: int, size: Size, step: int) -> Value:
        dims: list[Size] = [
            ops.getitem(ops.shape(v), place) if d is None else d for place, d in enumerate(v.dims)
        ]
        begins: list[Size] = [0] * len(dims)
        begins[axis], dims[axis] = begin, plus(begin, size)
        return sliced(v, begins, dims, [step if place == axis else 1 for place in range(len(dims))])

    if width <= 8:
        found = part(x, 0, length, stride)
        for place in range(1, width):
            found = combine(found, part(x, place * dilation, length, stride))
        return found
    whole = plus(length, (width - 1) * dilation)
    level, span, done = x, 1, 0
    found_: Value | None = None
    while True:
        if width & span:
            piece = part(level, done * dilation, length, stride)
            found_ = piece if found_ is None else combine(found_, piece)
            done += span
        if span * 2 > width:
            break
        left = minus(whole, (2 * span - 1) * dilation)
        level = combine(part(level, 0, left, 1), part(level, span * dilation, left, 1))
        span *= 2
    assert found_ is not None
    return found_


def _pooled(equation: Equation, x: Value, kind: str) -> Value | None:
    """A pool of images, (batch, *spatial, channels); None where it is something else."""
    window, strides, padding, base, dilation = _params(equation)
    spatial = len(window) - 2
    plain = all(d == 1 for d in (*base, *dilation)) and x.dtype in (
        dtypes.float32,
        dtypes.float64,
        dtypes.float16,
    )
    ends = (window[0], window[-1], strides[0], strides[-1]) if window else ()
    if not plain or spatial not in (1, 2, 3) or any(e != 1 for e in ends) or kind == "min":
        return None
    if padding[0] != (0, 0) or padding[-1] != (0, 0) or all(w == 1 for w in window):
        return None
    if (kind == "sum" and x.dtype is dtypes.float16) or (spatial == 3 and x.dtype is dtypes.float64):
        return None
    mode = _padding(equation, window, strides, padding)
    if mode is None or (mode == "SAME" and kind == "sum"):
        config = [(low, high, 0) for low, high in padding]
        x = padded(equation, x, equation.like(x, 0 if kind == "sum" else -np.inf), config)
        mode = "VALID"
    if spatial == 1:
        x = ops.expand_dims(x, 1)
        window, strides = [1, *window], [1, *strides]
    op = ("MaxPool" if kind == "max" else "AvgPool") + ("3D" if spatial == 3 else "")
    layout = "NDHWC" if spatial == 3 else "NHWC"
    found = emit_one(op, x, ksize=window, strides=strides, padding=mode, data_format=layout)
    if kind == "sum":
        found = ops.multiply(found, equation.like(found, int(np.prod(window))))
    return ops.squeeze(found, 1) if spatial == 1 else found


def _padding(
    equation: Equation, window: Sequence[int], strides: Sequence[int], padding: Sequence[tuple[Size, Size]]
) -> str | None:
    """ "VALID", or "SAME" where it is that for all sizes of the axes; None for another padding."""
    if all(pair == (0, 0) for pair in padding):
        return "VALID"
    return (
        "SAME"
        if is_same(equation.operands[0].known[1:-1], window[1:-1], strides[1:-1], padding[1:-1])
        else None
    )


def is_same(
    sizes: Sequence[int | None],
    window: Sequence[int],
    strides: Sequence[int],
    padding: Sequence[tuple[Size, Size]],
) -> bool:
    """Whether a padding is what TensorFlow calls SAME."""
    for size, width, stride, pair in zip(sizes, window, strides, padding, strict=True):
        if size is None and stride != 1:
            return False
        count = 0 if size is None else -(-size // stride)
        total = width - 1 if size is None else max((count - 1) * stride + width - size, 0)
        if pair != (total // 2, total - total // 2):
            return False
    return True


def _select(equation: Equation) -> tuple[str, float]:
    """The name of the comparison of a gradient, and what never wins."""
    name = str(getattr(equation.params["select_prim"], "name", equation.params["select_prim"]))
    if name not in ("ge", "le"):
        raise UnsupportedPrimitiveError(f"selection by {name}")
    return name, -np.inf if name == "ge" else np.inf


def _windows(
    equation: Equation, shape: Sequence[Any]
) -> tuple[list[tuple[int, ...]], Callable[[Value, tuple[int, ...]], Value]]:
    """The places in a window, and what gives the elements at one place of every window of a padded tensor."""
    window, strides, _, _, dilation = _params(equation)
    if int(np.prod(window)) > _MOST:
        raise UnsupportedPrimitiveError(f"a window of more than {_MOST} elements")
    counts = equation.sizes(shape)

    def at(x: Value, place: tuple[int, ...]) -> Value:
        begin = [p * d for p, d in zip(place, dilation, strict=True)]
        end = [
            plus(b, plus(times(minus(count, 1), stride), 1))
            for b, count, stride in zip(begin, counts, strides, strict=True)
        ]
        return sliced(x, begin, end, strides)

    return list(itertools.product(*map(range, window))), at


@rule("select_and_gather_add", close=True)
def _select_and_gather(equation: Equation, tangents: Value, x: Value) -> Value:
    """The tangent of the chosen element of each window."""
    name, never = _select(equation)
    _, _, padding, base, _ = _params(equation)
    config = [(low, high, between - 1) for (low, high), between in zip(padding, base, strict=True)]
    x = padded(equation, x, equation.like(x, never), config)
    tangents = padded(equation, tangents, equation.like(tangents, 0), config)
    places, at = _windows(equation, equation.result.shape)
    best, found = at(x, places[0]), at(tangents, places[0])
    for place in places[1:]:
        other = at(x, place)
        keeps = emit_one("GreaterEqual" if name == "ge" else "LessEqual", best, other)
        best, found = ops.where(keeps, best, other), ops.where(keeps, found, at(tangents, place))
    return found


@rule("select_and_scatter_add", close=True)
def _select_and_scatter(equation: Equation, source: Value, x: Value) -> Value:
    """Each element of the source goes to the chosen element of its window."""
    name, never = _select(equation)
    _, strides, padding, _, _ = _params(equation)
    config: list[tuple[Size, Size, int]] = [(low, high, 0) for low, high in padding]
    wide = padded(equation, x, equation.like(x, never), config)
    counts = equation.sizes(equation.operands[0].shape)
    places, at = _windows(equation, equation.operands[0].shape)
    best, chosen = at(wide, places[0]), equation.constant(np.int32(0))
    for number, place in enumerate(places[1:], 1):
        other = at(wide, place)
        keeps = emit_one("GreaterEqual" if name == "ge" else "LessEqual", best, other)
        best, chosen = ops.where(keeps, best, other), ops.where(keeps, chosen, np.int32(number))
    zero = equation.like(source, 0)
    sizes = [plus(plus(size, low), high) for size, (low, high) in zip(
        equation.sizes(equation.operands[1].shape), padding, strict=True)]  # fmt: skip
    total: Value | None = None
    for number, place in enumerate(places):
        mine = ops.where(ops.equal(chosen, np.int32(number)), source, zero)
        spread: list[tuple[Size, Size, int]] = []
        for p, size, count, stride in zip(place, sizes, counts, strides, strict=True):
            covered = plus(times(minus(count, 1), stride), 1)
            spread.append((p, minus(minus(size, covered), p), stride - 1))
        part = padded(equation, mine, zero, spread)
        total = part if total is None else ops.add(total, part)
    assert total is not None
    begin = [low for low, _ in padding]
    return emit_one("Slice", total, pack_sizes(x.graph, begin), equation.vector(equation.result.shape))
