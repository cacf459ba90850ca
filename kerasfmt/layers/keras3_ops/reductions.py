"""Operations that reduce axes, or accumulate along one.

Source: keras/src/ops/numpy.py, math.py, linalg.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kerasfmt import dtypes
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, register_operation, register_table


def _reduction(function: str) -> Callable[..., Translated]:
    def entry(
        op: Operation,
        x: Tensor,
        axis: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        dtype: Any = None,
    ) -> Translated:
        if initial is not None:
            found = op.helper(function, x, axis=axis, keepdims=keepdims)
            return op.result(
                function.replace("reduce_max", "maximum").replace("reduce_min", "minimum"), found, initial
            )
        if function in ("math.reduce_any", "math.reduce_all"):
            x = op.cast(x, dtypes.bool_)
        elif function in _MEANS:
            x = op.as_floats(x)
        elif dtype is not None:
            x = op.cast(x, dtypes.of(dtype))
        elif function in _SUMS and not x.dtype.is_floating and x.dtype.itemsize < 4:
            x = _wide(op, x)
        return function, x, {"axis": axis, "keepdims": keepdims}

    return entry


def _wide(op: Operation, x: Tensor) -> Tensor:
    """Integers widened to at least 32 bits, in which Keras 3 sums them."""
    if x.dtype.itemsize >= 4:
        return x
    found: Tensor = op.cast(x, dtypes.uint32 if x.dtype.kind == "unsigned" else dtypes.int32)
    return found


_MEANS = ("math.reduce_mean", "math.reduce_std", "math.reduce_variance", "math.reduce_logsumexp")
_SUMS = ("math.reduce_sum", "math.reduce_prod")

register_table(
    {
        "Sum": "math.reduce_sum",
        "Mean": "math.reduce_mean",
        "Max": "math.reduce_max",
        "Amax": "math.reduce_max",
        "Min": "math.reduce_min",
        "Amin": "math.reduce_min",
        "Prod": "math.reduce_prod",
        "Std": "math.reduce_std",
        "Var": "math.reduce_variance",
        "Any": "math.reduce_any",
        "All": "math.reduce_all",
    },
    _reduction,
)
register_table(
    {
        "Logsumexp": "math.reduce_logsumexp",
    },
    _reduction,
    module="math",
)


@register_operation("Argmax")
def _argmax(op: Operation, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Translated:
    return _arg(op, "math.argmax", x, axis, keepdims)


@register_operation("Argmin")
def _argmin(op: Operation, x: Tensor, axis: int | None = None, keepdims: bool = False) -> Translated:
    return _arg(op, "math.argmin", x, axis, keepdims)


def _arg(op: Operation, function: str, x: Tensor, axis: int | None, keepdims: bool) -> Translated:
    if axis is None:
        if keepdims:
            raise op.unsupported("keepdims without an axis is not supported")
        x = op.helper("reshape", x, shape=[-1])
    given = {"axis": axis or 0, "output_type": "int32"}
    if not keepdims:
        return function, x, given
    return "expand_dims", op.helper(function, x, **given), {"axis": axis}


@register_operation("CountNonzero")
def _count_nonzero(op: Operation, x: Any, axis: Any = None) -> Translated:
    return "math.count_nonzero", x, {"axis": axis, "dtype": "int32"}


@register_operation("Cumsum")
def _cumsum(op: Operation, x: Any, axis: int | None = None, dtype: Any = None) -> Translated:
    return "math.cumsum", *_running(op, x, axis, dtype)


@register_operation("Cumprod")
def _cumprod(op: Operation, x: Any, axis: int | None = None, dtype: Any = None) -> Translated:
    return "math.cumprod", *_running(op, x, axis, dtype)


def _running(op: Operation, x: Any, axis: int | None, dtype: Any) -> tuple[Any, dict[str, Any]]:
    value = x if dtype is None else op.cast(x, dtypes.of(dtype))
    if axis is None:
        value = op.helper("reshape", value, shape=[-1])
    return value, {"axis": axis or 0}


@register_operation("Norm", module="linalg")
def _norm(op: Operation, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Translated:
    kind = "euclidean" if ord in (None, 2) and isinstance(axis, int | None) else ord
    return "norm", op.as_floats(x), {"ord": kind or "euclidean", "axis": axis, "keepdims": keepdims}


@register_operation("Normalize", module="nn")
def _normalize(
    op: Operation, x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None
) -> Translated:
    if order != 2:
        value = op.as_floats(x)
        size = op.helper("norm", value, ord=order, axis=axis, keepdims=True)
        return op.result("math.divide", value, op.binary("math.maximum", size, epsilon or 1e-7))
    return "math.l2_normalize", op.as_floats(x), {"axis": axis, "epsilon": (epsilon or 1e-7) ** 2}


def _without_nan(op: Operation, x: Tensor, instead: float) -> Tensor:
    return (
        op.where(op.helper("math.is_nan", x), op.broadcast_like(instead, x), x) if x.dtype.is_floating else x
    )


def _nan_reduction(function: str, neutral: float) -> Callable[..., Translated]:
    def entry(op: Operation, x: Tensor, axis: Any = None, keepdims: bool = False) -> Translated:
        if function in _SUMS and not x.dtype.is_floating:
            x = _wide(op, x)
        given = {"axis": axis, "keepdims": keepdims}
        if function in _SUMS or not x.dtype.is_floating:
            return function, _without_nan(op, x, neutral), given
        found = op.helper(function, _without_nan(op, x, neutral), **given)
        unknown = op.helper("math.reduce_all", op.helper("math.is_nan", x), **given)
        return "where", unknown, {"x": op.broadcast_like(float("nan"), found), "y": found}

    return entry


register_operation("Nansum")(_nan_reduction("math.reduce_sum", 0.0))
register_operation("Nanprod")(_nan_reduction("math.reduce_prod", 1.0))
register_operation("Nanmax")(_nan_reduction("math.reduce_max", float("-inf")))
register_operation("Nanmin")(_nan_reduction("math.reduce_min", float("inf")))


def _nan_mean(op: Operation, x: Tensor, axis: Any, keepdims: bool) -> Tensor:
    given = {"axis": axis, "keepdims": keepdims}
    known = op.cast(op.helper("math.logical_not", op.helper("math.is_nan", x)), x.dtype)
    total = op.helper("math.reduce_sum", _without_nan(op, x, 0.0), **given)
    return op.binary("math.divide", total, op.helper("math.reduce_sum", known, **given))


@register_operation("Nanmean")
def _nanmean(op: Operation, x: Any, axis: Any = None, keepdims: bool = False) -> Translated:
    return "identity", _nan_mean(op, op.as_floats(x), axis, keepdims), {}


@register_operation("Nanvar", "Nanstd")
def _nanvar(op: Operation, x: Any, axis: Any = None, keepdims: bool = False) -> Translated:
    value = op.as_floats(x)
    gap = op.binary("math.subtract", value, _nan_mean(op, value, axis, True))
    found = _nan_mean(op, op.helper("math.square", gap), axis, keepdims)
    return ("math.sqrt" if op.kind == "Nanstd" else "identity"), found, {}


@register_operation("Nancumsum")
def _nancumsum(op: Operation, x: Any, axis: int | None = None, dtype: Any = None) -> Translated:
    return "math.cumsum", *_running(op, _without_nan(op, x, 0.0), axis, dtype)


@register_operation("Nancumprod")
def _nancumprod(op: Operation, x: Any, axis: int | None = None, dtype: Any = None) -> Translated:
    return "math.cumprod", *_running(op, _without_nan(op, x, 1.0), axis, dtype)


@register_operation("Ptp")
def _ptp(op: Operation, x: Any, axis: Any = None, keepdims: bool = False) -> Translated:
    given = {"axis": axis, "keepdims": keepdims}
    return op.result(
        "math.subtract", op.helper("math.reduce_max", x, **given), op.helper("math.reduce_min", x, **given)
    )


@register_operation("Average")
def _average(op: Operation, x: Tensor, axis: Any = None, weights: Any = None) -> Translated:
    value = op.as_floats(x)
    if weights is None:
        return "math.reduce_mean", value, {"axis": axis}
    value, given = op.promote(value, weights)
    factor = op.as_floats(op.broadcast_like(given, value) if op.rank(given) == 0 else given)
    if op.rank(factor) != op.rank(value):
        if op.rank(factor) != 1 or not isinstance(axis, int):
            raise op.unsupported(
                f"weights of {op.rank(factor)} dimensions for {op.rank(value)} are not supported"
            )
        shape = [-1 if i == op.axis(value, axis) else 1 for i in range(op.rank(value))]
        factor = op.reshaped(factor, shape)
    elif not isinstance(factor, Tensor):
        factor = op.broadcast_like(factor, value)
    product = op.helper("math.reduce_sum", op.binary("math.multiply", value, factor), axis=axis)
    full = op.binary("math.multiply", op.helper("ones_like", value), factor)
    return op.result("math.divide", product, op.helper("math.reduce_sum", full, axis=axis))


def _sorted_along(op: Operation, x: Tensor, axis: Any) -> tuple[Tensor, int, int]:
    """`x` sorted along an axis, that axis and its size; several axes are merged into the last one."""
    axes = sorted(
        op.axis(x, a)
        for a in (range(op.rank(x)) if axis is None else axis if isinstance(axis, list) else [axis])
    )
    if len(axes) > 1:
        rest = [a for a in range(op.rank(x)) if a not in axes]
        sizes = [op.size(x, a) for a in axes]
        lead = [-1 if x.shape is None or x.shape[a] is None else x.shape[a] for a in rest]
        if lead.count(-1) > 1:
            raise op.unsupported(f"more than one unknown dimension is not supported, got shape {x.shape}")
        moved = op.helper("transpose", x, perm=[*rest, *axes])
        x, axes = op.helper("reshape", moved, shape=[*lead, math.prod(sizes)]), [len(rest)]
    return op.helper("sort", x, axis=axes[0]), axes[0], op.size(x, axes[0])


def _quantile(op: Operation, x: Any, q: float, axis: Any, share: float | None = None) -> Tensor:
    """A quantile, interpolated between two neighbours by their distance or by `share`."""
    ordered, at, size = _sorted_along(op, op.as_floats(x), axis)
    place = q * (size - 1)
    low, high = math.floor(place), math.ceil(place)
    share = place - low if share is None else share
    below = op.helper("gather", ordered, indices=low, axis=at)
    if low == high:
        found = below
    else:
        above = op.helper("gather", ordered, indices=high, axis=at)
        found = op.binary(
            "math.add", op.binary("math.multiply", below, 1 - share), op.binary("math.multiply", above, share)
        )
    unknown = op.helper("math.reduce_any", op.helper("math.is_nan", ordered), axis=at)
    return op.where(unknown, op.broadcast_like(float("nan"), found), found)


def _restored(op: Operation, found: Tensor, x: Tensor, axis: Any, keepdims: bool, at: int = 0) -> Translated:
    """A reduced tensor with its reduced axes as 1, after `at` other axes."""
    if not keepdims:
        return "identity", found, {}
    listed = range(op.rank(x)) if axis is None else axis if isinstance(axis, list) else [axis]
    for one in sorted(op.axis(x, a) for a in listed):
        found = op.helper("expand_dims", found, axis=one + at)
    return "identity", found, {}


@register_operation("Quantile", "Percentile")
def _quantiles(
    op: Operation, x: Tensor, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Translated:
    if isinstance(q, Tensor):
        raise op.unsupported("q must be a constant")
    if method != "linear":
        raise op.unsupported(f"method={method!r} is not supported: Keras 3 computes method='linear' instead")
    scale = 100.0 if op.kind == "Percentile" else 1.0
    if not isinstance(q, list):
        return _restored(op, _quantile(op, x, q / scale, axis), x, axis, keepdims)
    found = op.helper("stack", [_quantile(op, x, one / scale, axis) for one in q], axis=0)
    return _restored(op, found, x, axis, keepdims, 1)


@register_operation("Median")
def _median(op: Operation, x: Tensor, axis: Any = None, keepdims: bool = False) -> Translated:
    return _restored(op, _quantile(op, x, 0.5, axis, 0.5), x, axis, keepdims)


@register_operation("Moments", module="nn")
def _moments(
    op: Operation, x: Any, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> Translated:
    if synchronized:
        raise op.unsupported("synchronized=True is not supported")
    return "nn.moments", op.as_floats(x), {"axes": axes, "keepdims": keepdims}


@register_operation("Trapezoid")
def _trapezoid(op: Operation, y: Tensor, x: Any = None, dx: float = 1.0, axis: int = -1) -> Translated:
    if x is not None:
        raise op.unsupported("x is not supported; give dx instead")
    value, at = op.as_floats(y), op.axis(y, axis)
    size = op.size(value, at)
    pairs = op.binary(
        "math.add", op.slice_axis(value, at, 0, size - 1), op.slice_axis(value, at, 1, size - 1)
    )
    return op.result("math.multiply", op.helper("math.reduce_sum", pairs, axis=at), dx / 2)


@register_operation("Diff")
def _diff(op: Operation, a: Tensor, n: int = 1, axis: int = -1) -> Translated:
    at = op.axis(a, axis)
    for _ in range(n):
        size = op.size(a, at) - 1
        function = "math.not_equal" if a.dtype is dtypes.bool_ else "math.subtract"
        a = op.binary(function, op.slice_axis(a, at, 1, size), op.slice_axis(a, at, 0, size))
    return "identity", a, {}
