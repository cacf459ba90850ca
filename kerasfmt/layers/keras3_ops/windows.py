"""Poolings and convolutions.

Source: keras/src/ops/nn.py.
"""

from __future__ import annotations

from typing import Any

from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, register_operation


@register_operation("MaxPool", "AveragePool", module="nn")
def _pool(
    op: Operation,
    inputs: Tensor,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Translated:
    count = op.rank(inputs) - 2
    kind = "max" if op.kind == "MaxPool" else "avg"
    function = f"nn.{kind}_pool2d" if count == 2 else f"nn.{kind}_pool"
    steps = pool_size if strides is None else strides
    window = {"ksize": pool_size, "strides": steps, "padding": padding.upper()}
    if count not in (1, 2, 3):
        raise op.unsupported(f"{count + 2} dimensions are not supported")
    return _laid_out(op, function, inputs, data_format, window)


def _laid_out(
    op: Operation, function: str, x: Tensor, data_format: str | None, options: dict[str, Any]
) -> Translated:
    """A function of channels-last tensors, which are transposed around it for channels_first."""
    if data_format != "channels_first":
        return function, x, options
    axes = range(2, op.rank(x))
    moved = op.helper("transpose", x, perm=[0, *axes, 1])
    return (
        "transpose",
        op.helper(function, moved, **options),
        {"perm": [0, op.rank(x) - 1, *(a - 1 for a in axes)]},
    )


@register_operation("AdaptiveMaxPool", "AdaptiveAveragePool", module="nn")
def _adaptive_pool(
    op: Operation, inputs: Tensor, output_size: Any, data_format: str | None = None
) -> Translated:
    count = op.rank(inputs) - 2
    wanted = output_size if isinstance(output_size, list) else [output_size] * count
    first = 2 if data_format == "channels_first" else 1
    sizes = [op.size(inputs, first + i) for i in range(count)]
    if any(size % new for size, new in zip(sizes, wanted, strict=True)):
        raise op.unsupported(f"output_size {wanted} must divide {sizes}")
    window = [size // new for size, new in zip(sizes, wanted, strict=True)]
    function = "nn.max_pool" if op.kind == "AdaptiveMaxPool" else "nn.avg_pool"
    return _laid_out(
        op, function, inputs, data_format, {"ksize": window, "strides": window, "padding": "VALID"}
    )


@register_operation("Conv", module="nn")
def _conv(
    op: Operation,
    inputs: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Translated:
    x, filters = op.promote(inputs, kernel)
    given = {"filters": filters, "strides": strides, "padding": padding.upper(), "dilations": dilation_rate}
    return _laid_out(op, "nn.convolution", x, data_format, given)


@register_operation("DepthwiseConv", "SeparableConv", module="nn")
def _depthwise_conv(
    op: Operation,
    inputs: Any,
    *kernels: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
    **named: Any,
) -> Translated:
    x, *filters = op.promote(inputs, *kernels, *named.values())
    if op.rank(x) != 4:
        raise op.unsupported(f"expected images, got {op.rank(x)} dimensions")
    given = {"strides": _four(strides), "padding": padding.upper(), "dilations": _two(dilation_rate)}
    if op.kind == "DepthwiseConv":
        return _laid_out(op, "nn.depthwise_conv2d", x, data_format, {"filter": filters[0], **given})
    both = {"depthwise_filter": filters[0], "pointwise_filter": filters[1]}
    return _laid_out(op, "nn.separable_conv2d", x, data_format, {**both, **given})


def _two(sizes: Any) -> list[int]:
    return list(sizes) if isinstance(sizes, list) else [sizes] * 2


def _four(sizes: Any) -> list[int]:
    return [1, *_two(sizes), 1]


@register_operation("Unfold", module="nn")
def _unfold(
    op: Operation, x: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Translated:
    window, (rows, columns), channels = _two(kernel_size), _two(padding), op.size(x, 1)
    padded = op.helper("pad", x, paddings=[[0, 0], [0, 0], [rows, rows], [columns, columns]])
    patches = op.helper(
        "image.extract_patches",
        op.helper("transpose", padded, perm=[0, 2, 3, 1]),
        sizes=_four(window),
        strides=_four(stride),
        rates=_four(dilation),
        padding="VALID",
    )
    count, area = op.size(patches, 1) * op.size(patches, 2), window[0] * window[1]
    apart = op.helper("reshape", patches, shape=[-1, count, area, channels])
    moved = op.helper("transpose", apart, perm=[0, 3, 2, 1])
    return "reshape", moved, {"shape": [-1, channels * area, count]}
