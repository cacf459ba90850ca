"""Convolutions with every padding, dilation, group and order of dimensions.

Source: jax/_src/lax/convolution.py; XLA's operation semantics, ConvWithGeneralPadding.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasfmt import dtypes
from kerasfmt.graph import Value, ops
from kerasfmt.nn.convolution import convolution, depthwise
from kerasfmt.sources.jax.dimensions import minus, plus, times
from kerasfmt.sources.jax.rule import (
    Equation,
    Size,
    UnsupportedPrimitiveError,
    mirrored,
    pack_sizes,
    reshape,
    rule,
)
from kerasfmt.sources.jax.rules.shaping import padded, sliced
from kerasfmt.sources.jax.rules.windows import is_same

_KERNELS = frozenset({dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64})


@rule("conv_general_dilated", close=True)
def _conv(equation: Equation, x: Value, kernel: Value) -> Value:
    params, result = equation.params, equation.result
    numbers = params["dimension_numbers"]
    if x.dtype.is_complex:
        raise UnsupportedPrimitiveError("complex numbers")
    inner = x.dtype if x.dtype in _KERNELS and result.dtype is x.dtype else dtypes.float64
    if inner not in (x.dtype, dtypes.float64) or result.dtype is dtypes.float32:
        inner = dtypes.float32 if x.dtype.is_floating else inner
    x, kernel = ops.cast(x, inner), ops.cast(kernel, inner)
    lhs, rhs, out = (list(map(int, spec)) for spec in (numbers.lhs_spec, numbers.rhs_spec, numbers.out_spec))
    x_order = [lhs[0], *lhs[2:], lhs[1]]
    kernel_order = [*rhs[2:], rhs[1], rhs[0]]
    x = _ordered(x, x_order)
    kernel = _ordered(kernel, kernel_order)
    x_shape = [equation.operands[0].shape[axis] for axis in x_order]
    groups = int(params["feature_group_count"])
    split = int(params["batch_group_count"])
    if split > 1:
        x, x_shape, groups = _batch_groups(equation, x, x_shape, split)
    size = equation.lowers.size
    between = [int(d) - 1 for d in params["lhs_dilation"]]
    pads = [(size(low), size(high)) for low, high in params["padding"]]
    strides = [int(s) for s in params["window_strides"]]
    dilation = [int(d) for d in params["rhs_dilation"]]
    window = [int(d) for d in _static(kernel, len(strides))]
    known = [int(d) if isinstance(d, int) else None for d in x_shape[1:-1]]
    found = None
    if all(between) and groups == 1 and all(v == 1 for v in (*strides, *dilation)) and len(window) == 2:
        found = _transposed(equation, x, x_shape, kernel, [b + 1 for b in between], pads)
    if found is None:
        mode = "valid"
        plain = not any(between) and all(d == 1 for d in dilation)
        if plain and any(p != (0, 0) for p in pads) and is_same(known, window, strides, pads):
            mode = "same"
        elif any(between) or any(p != (0, 0) for p in pads):
            inner_axes = [(low, high, b) for (low, high), b in zip(pads, between, strict=True)]
            x = padded(equation, x, equation.like(x, 0), [(0, 0, 0), *inner_axes, (0, 0, 0)])
        found = _grouped(x, kernel, strides, mode, dilation, groups)
    inverse = [0] * len(out)
    for place, axis in enumerate([out[0], *out[2:], out[1]]):
        inverse[axis] = place
    return ops.cast(_ordered(found, inverse), result.dtype)


def _transposed(
    equation: Equation,
    x: Value,
    shape: Sequence[object],
    kernel: Value,
    steps: Sequence[int],
    pads: Sequence[tuple[Size, Size]],
) -> Value | None:
    """A convolution of elements that lie apart as the op of a transposed convolution; None where it is none.

    It is the gradient of a convolution with these strides whose padding is SAME or VALID, with the kernel turned round.

    Source: jax/_src/lax/convolution.py, conv_transpose and _conv_transpose_padding.
    """
    window = _static(kernel, 2)
    if any(width < step for width, step in zip(window, steps, strict=True)):
        return None
    full = [(width - 1, width - 1) for width in window]
    before = [(width - step) // 2 for width, step in zip(window, steps, strict=True)]
    same = [
        (width - 1 - low, width - 1 - (width - step - low))
        for width, step, low in zip(window, steps, before, strict=True)
    ]
    if list(pads) not in (full, same):
        return None
    batch, *spatial, _ = (equation.lowers.size(dim) for dim in shape)
    sizes = [
        times(size, step) if list(pads) == same else plus(times(minus(size, 1), step), width)
        for size, step, width in zip(spatial, steps, window, strict=True)
    ]
    filters = ops.transpose(mirrored(kernel, [0, 1]), [0, 1, 3, 2])
    whole = pack_sizes(equation.graph, [batch, *sizes, int(kernel.dims[-1] or 0)])
    return ops.conv2d_backprop_input(whole, filters, x, steps, "SAME" if list(pads) == same else "VALID")


def _ordered(x: Value, order: list[int]) -> Value:
    return x if order == sorted(order) else ops.transpose(x, order)


def _static(kernel: Value, rank: int) -> list[int]:
    found = [d for d in kernel.dims[:rank] if d is not None]
    if len(found) < rank or kernel.dims[-1] is None or kernel.dims[-2] is None:
        raise UnsupportedPrimitiveError("a kernel of symbolic size")
    return found


def _batch_groups(
    equation: Equation, x: Value, shape: list[object], groups: int
) -> tuple[Value, list[object], int]:
    """The groups of the batch as groups of channels."""
    sizes = [equation.lowers.size(d) for d in shape]
    if not isinstance(sizes[0], int):
        raise UnsupportedPrimitiveError("a symbolic batch of groups")
    batch, channels = sizes[0] // groups, sizes[-1]
    apart = reshape(x, [groups, batch, *sizes[1:]])
    rank = len(sizes) + 1
    moved = ops.transpose(apart, [1, *range(2, rank - 1), 0, rank - 1])
    if not isinstance(channels, int):
        raise UnsupportedPrimitiveError("a symbolic number of channels")
    joined: list[Size] = [batch, *sizes[1:-1], groups * channels]
    return reshape(moved, joined), [batch, *shape[1:-1], groups * channels], groups


def _grouped(
    x: Value, kernel: Value, strides: list[int], mode: str, dilation: list[int], groups: int
) -> Value:
    if any(d > 1 for d in dilation) and any(s > 1 for s in strides):
        whole = _grouped(x, kernel, [1] * len(strides), mode, dilation, groups)
        return _every(whole, strides)
    rank = len(strides)
    if not rank:
        return ops.matmul(x, kernel)
    if rank > 3:
        raise UnsupportedPrimitiveError(f"{rank} spatial axes")
    if groups == 1:
        return convolution(x, kernel, strides, mode, dilation, "channels_last")
    *_, inner, filters = (int(d or 0) for d in kernel.dims)
    if inner == 1 and rank <= 2:
        return _depthwise(x, kernel, strides, mode, dilation, groups, filters // groups)
    inputs = ops.split(x, groups, -1)
    kernels = ops.split(kernel, groups, -1)
    parts = [
        convolution(a, k, strides, mode, dilation, "channels_last")
        for a, k in zip(inputs, kernels, strict=True)
    ]
    return ops.concat(parts, rank + 1)


def _every(x: Value, strides: Sequence[int]) -> Value:
    """Each n-th window along the spatial axes."""
    sizes: list[Size] = [ops.getitem(ops.shape(x), a) if d is None else d for a, d in enumerate(x.dims)]
    return sliced(x, [0] * len(sizes), sizes, [1, *strides, 1])


def _depthwise(
    x: Value,
    kernel: Value,
    strides: list[int],
    mode: str,
    dilation: list[int],
    channels: int,
    multiplier: int,
) -> Value:
    """One kernel for each channel."""
    window = [int(d or 0) for d in kernel.dims[:-2]]
    if len(window) == 1:
        x, window = ops.expand_dims(x, 1), [1, *window]
        return ops.squeeze(
            _depthwise_images(x, kernel, [1, *strides], mode, [1, *dilation], window, channels, multiplier), 1
        )
    return _depthwise_images(x, kernel, strides, mode, dilation, window, channels, multiplier)


def _depthwise_images(
    x: Value,
    kernel: Value,
    strides: list[int],
    mode: str,
    dilation: list[int],
    window: list[int],
    channels: int,
    multiplier: int,
) -> Value:
    filters = ops.reshape(kernel, [*window, channels, multiplier])
    if strides[0] == strides[1]:
        return depthwise(x, filters, strides, mode, dilation, "channels_last")
    if mode == "valid":
        return _every(depthwise(x, filters, [1, 1], mode, dilation, "channels_last"), strides)
    parts = [
        convolution(a, k, strides, mode, dilation, "channels_last")
        for a, k in zip(ops.split(x, channels, -1), ops.split(filters, channels, 2), strict=True)
    ]
    return ops.concat(parts, 3)
