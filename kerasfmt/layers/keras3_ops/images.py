"""Operations on images.

Source: keras/src/ops/image.py, nn.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, register_operation


@register_operation("Resize", module="image")
def _resize(
    op: Operation,
    images: Tensor,
    size: Any,
    interpolation: str = "bilinear",
    antialias: bool = False,
    data_format: str | None = None,
    **options: Any,
) -> Translated:
    _channels_last(op, data_format)
    if any(options.get(f"{n}_to_aspect_ratio") for n in ("crop", "pad")):
        raise op.unsupported("aspect ratios are not supported")
    return "image.resize", images, {"size": size, "method": interpolation, "antialias": antialias}


@register_operation("DepthToSpace", module="nn")
def _depth_to_space(op: Operation, x: Any, block_size: int, data_format: str | None = None) -> Translated:
    return "nn.depth_to_space", x, _blocks(op, block_size, data_format)


@register_operation("SpaceToDepth", module="nn")
def _space_to_depth(op: Operation, x: Any, block_size: int, data_format: str | None = None) -> Translated:
    return "nn.space_to_depth", x, _blocks(op, block_size, data_format)


def _blocks(op: Operation, block_size: int, data_format: str | None) -> dict[str, Any]:
    if data_format == "channels_first":
        raise op.unsupported("channels_first is not supported")
    return {"block_size": block_size}


def _channels_last(op: Operation, data_format: str | None) -> None:
    if data_format == "channels_first":
        raise op.unsupported("channels_first is not supported")


@register_operation("RGBToGrayscale", module="image")
def _rgb_to_grayscale(op: Operation, images: Any, data_format: str | None = None) -> Translated:
    _channels_last(op, data_format)
    return "image.rgb_to_grayscale", op.as_floats(images), {}


@register_operation("RGBToHSV", module="image")
def _rgb_to_hsv(op: Operation, images: Tensor, data_format: str | None = None) -> Translated:
    _channels_last(op, data_format)
    red, green, blue = (op.slice_axis(images, -1, i, 1) for i in range(3))
    most = op.helper("math.reduce_max", images, axis=-1, keepdims=True)
    span = op.binary("math.subtract", most, op.helper("math.reduce_min", images, axis=-1, keepdims=True))

    def sector(one: Tensor, other: Tensor, start: float) -> Tensor:
        share = op.binary("math.divide_no_nan", op.binary("math.subtract", one, other), span)
        return op.binary("math.add", op.binary("math.divide", share, 6.0), start)

    hue = op.where(op.binary("math.equal", green, most), sector(blue, red, 1 / 3), sector(red, green, 2 / 3))
    hue = op.where(op.binary("math.equal", red, most), sector(green, blue, 0.0), hue)
    hue = op.where(op.binary("math.greater", span, 0.0), hue, op.helper("zeros_like", hue))
    hue = op.where(op.binary("math.less", hue, 0.0), op.binary("math.add", hue, 1.0), hue)
    return "concat", [hue, op.binary("math.divide_no_nan", span, most), most], {"axis": -1}


@register_operation("HSVToRGB", module="image")
def _hsv_to_rgb(op: Operation, images: Tensor, data_format: str | None = None) -> Translated:
    _channels_last(op, data_format)
    hue, saturation, value = (op.slice_axis(images, -1, i, 1) for i in range(3))
    sixth = op.binary("math.multiply", hue, 6.0)
    colours = []
    for centre, sign, shift in ((3.0, 1.0, -1.0), (2.0, -1.0, 2.0), (4.0, -1.0, 2.0)):
        far = op.helper("math.abs", op.binary("math.subtract", sixth, centre))
        ramp = op.binary("math.add", op.binary("math.multiply", far, sign), shift)
        colours.append(op.helper("clip_by_value", ramp, clip_value_min=0.0, clip_value_max=1.0))
    colour = op.helper("concat", colours, axis=-1)
    pale = op.binary("math.subtract", op.broadcast_like(1.0, saturation), saturation)
    mixed = op.binary("math.add", pale, op.binary("math.multiply", colour, saturation))
    return op.result("math.multiply", mixed, value)


def _margins(op: Operation, images: Tensor, options: dict[str, Any], word: str) -> list[list[int]]:
    """The margins before and after, along height and width."""
    _channels_last(op, options.get("data_format"))
    found, first = [], op.rank(images) - 3
    for axis, (before, after, target) in enumerate(
        (("top", "bottom", "height"), ("left", "right", "width")), first
    ):
        one, other = options.get(f"{before}_{word}"), options.get(f"{after}_{word}")
        wanted = options.get(f"target_{target}")
        if wanted is not None and None in (one, other):
            room = abs(op.size(images, axis) - wanted)
            one, other = (
                (room - other, other) if one is None and other is not None else (one or 0, room - (one or 0))
            )
        found.append([one or 0, other or 0])
    return found


@register_operation("PadImages", module="image")
def _pad_images(op: Operation, images: Tensor, **options: Any) -> Translated:
    margins = _margins(op, images, options, "padding")
    return "pad", images, {"paddings": [*[[0, 0]] * (op.rank(images) - 3), *margins, [0, 0]]}


@register_operation("CropImages", module="image")
def _crop_images(op: Operation, images: Tensor, **options: Any) -> Translated:
    margins = _margins(op, images, options, "cropping")
    first = op.rank(images) - 3
    for axis, (before, after) in enumerate(margins, first):
        images = op.slice_axis(images, axis, before, op.size(images, axis) - before - after)
    return "identity", images, {}


@register_operation("ExtractPatches", module="image")
def _extract_patches(
    op: Operation,
    images: Tensor,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Translated:
    _channels_last(op, data_format)
    window = size if isinstance(size, list) else [size, size]
    if len(window) != 2 or op.rank(images) != 4:
        raise op.unsupported(f"size {size} of images of {op.rank(images)} dimensions is not supported")
    steps = window if not strides else strides if isinstance(strides, list) else [strides, strides]
    spread = dilation_rate if isinstance(dilation_rate, list) else [dilation_rate] * 2
    four = {name: [1, *v, 1] for name, v in (("sizes", window), ("strides", steps), ("rates", spread))}
    return "image.extract_patches", images, {**four, "padding": padding.upper()}


def _filtered(op: Operation, images: Tensor, kernel: np.ndarray, padding: str) -> Translated:
    """Each channel convolved with the kernels (height, width, count)."""
    channels = op.size(images, -1)
    filters = np.tile(kernel[:, :, None, :], [1, 1, channels, 1]).tolist()
    return "nn.depthwise_conv2d", images, {"filter": filters, "strides": [1, 1, 1, 1], "padding": padding}


@register_operation("GaussianBlur", module="image")
def _gaussian_blur(
    op: Operation,
    images: Tensor,
    kernel_size: Any = (3, 3),
    sigma: Any = (1.0, 1.0),
    data_format: str | None = None,
) -> Translated:
    _channels_last(op, data_format)
    if op.rank(images) != 4:
        raise op.unsupported(f"expected images, got {op.rank(images)} dimensions")
    columns, rows = (_bell(size, width) for size, width in zip(kernel_size, sigma, strict=True))
    if len(columns) != len(rows):
        raise op.unsupported(f"kernel_size {kernel_size}: expected a square")
    return _filtered(op, images, np.outer(rows, columns)[:, :, None], "SAME")


def _bell(size: int, width: float) -> np.ndarray:
    found = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / width) ** 2)
    return np.asarray(found / found.sum())


@register_operation("SobelEdges", module="image")
def _sobel_edges(op: Operation, images: Tensor, data_format: str | None = None) -> Translated:
    _channels_last(op, data_format)
    down = np.outer([-1.0, 0.0, 1.0], [1.0, 2.0, 1.0])
    padded = op.helper("pad", images, paddings=[[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    function, first, options = _filtered(op, padded, np.stack([down, down.T], -1), "VALID")
    edges = op.helper(function, first, **options)
    return "reshape", edges, {"shape": [*op.sizes(images), 2]}
