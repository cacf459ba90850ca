"""Normalizations, losses and attention.

Source: keras/src/ops/nn.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, map_numbers, register_operation

_EPSILON = 1e-7
"""The number that Keras 3 adds to divisors, and the distance of probabilities from 0 and 1."""


def _broadcast(op: Operation, value: Any, x: Tensor, axes: list[int]) -> Any:
    """A parameter along some axes, in a shape that broadcasts to that of `x`."""
    if op.rank(value) == op.rank(x) or axes == [op.rank(x) - 1]:
        return value
    shape = [op.size(x, axis) if axis in axes else 1 for axis in range(op.rank(x))]
    return op.reshaped(value, shape)


@register_operation("BatchNorm", module="nn")
def _batch_norm(
    op: Operation,
    x: Tensor,
    mean: Any,
    variance: Any,
    offset: Any = None,
    scale: Any = None,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Translated:
    value, at = op.as_floats(x), [op.axis(x, axis)]
    spread = op.binary("math.add", op.broadcast_like(_broadcast(op, variance, value, at), value), epsilon)
    factor = op.helper("math.rsqrt", spread)
    if scale is not None:
        factor = op.binary("math.multiply", factor, _broadcast(op, scale, value, at))
    gap = op.binary("math.subtract", value, _broadcast(op, mean, value, at))
    if offset is None:
        return op.result("math.multiply", gap, factor)
    return op.result("math.add", op.binary("math.multiply", gap, factor), _broadcast(op, offset, value, at))


@register_operation("LayerNorm", module="nn")
def _layer_norm(
    op: Operation,
    x: Tensor,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Translated:
    value = _single(op, x)
    axes = sorted(op.axis(x, a) for a in (axis if isinstance(axis, list) else [axis]))
    mean = op.helper("math.reduce_mean", value, axis=axes, keepdims=True)
    gap = op.binary("math.subtract", value, mean)
    variance = op.helper("math.reduce_mean", op.helper("math.square", gap), axis=axes, keepdims=True)
    factor = op.helper("math.rsqrt", op.binary("math.add", variance, epsilon or _EPSILON))
    found = op.binary("math.multiply", value if rms_scaling else gap, factor)
    if gamma is not None:
        found = op.binary("math.multiply", found, _broadcast(op, gamma, value, axes))
    if beta is not None and not rms_scaling:
        found = op.binary("math.add", found, _broadcast(op, beta, value, axes))
    return _in_dtype_of(op, found, x)


@register_operation("RMSNorm", module="nn")
def _rms_norm(
    op: Operation, x: Tensor, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Translated:
    value = _single(op, x)
    mean = op.helper("math.reduce_mean", op.helper("math.square", value), axis=axis, keepdims=True)
    factor = op.helper("math.rsqrt", op.binary("math.add", mean, epsilon or _EPSILON))
    found = op.binary("math.multiply", value, factor)
    return _in_dtype_of(op, found if scale is None else op.binary("math.multiply", found, scale), x)


def _single(op: Operation, x: Tensor) -> Tensor:
    found: Tensor = op.cast(x, dtypes.float64 if x.dtype is dtypes.float64 else dtypes.float32)
    return found


def _in_dtype_of(op: Operation, found: Tensor, x: Tensor) -> Translated:
    return ("identity", found, {}) if found.dtype is x.dtype else ("cast", found, {"dtype": x.dtype.name})


def _clipped(op: Operation, x: Any) -> Tensor:
    return op.helper("clip_by_value", x, clip_value_min=_EPSILON, clip_value_max=1 - _EPSILON)


@register_operation("BinaryCrossentropy", module="nn")
def _binary_crossentropy(op: Operation, target: Any, output: Any, from_logits: bool = False) -> Translated:
    _needs_tensor(op, output)
    one, found = op.promote(target, output)
    wanted = op.broadcast_like(one, found)
    if from_logits:
        return "nn.sigmoid_cross_entropy_with_logits", wanted, {"logits": found}
    chance = _clipped(op, found)
    ones = op.helper("ones_like", chance)
    yes = op.binary("math.multiply", wanted, op.helper("math.log", chance))
    rest = op.helper("math.log", op.binary("math.subtract", ones, chance))
    no = op.binary("math.multiply", op.binary("math.subtract", ones, wanted), rest)
    return "math.negative", op.binary("math.add", yes, no), {}


def _needs_tensor(op: Operation, output: Any) -> None:
    if not isinstance(output, Tensor):
        raise op.unsupported("expected a tensor as output, got a constant")


@register_operation("CategoricalCrossentropy", module="nn")
def _categorical_crossentropy(
    op: Operation, target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Translated:
    _needs_tensor(op, output)
    wanted, found = op.promote(target, output)
    if from_logits:
        logs = op.helper("nn.log_softmax", found, axis=axis)
    else:
        total = op.helper("math.reduce_sum", found, axis=axis, keepdims=True)
        logs = op.helper("math.log", _clipped(op, op.binary("math.divide", found, total)))
    product = op.binary("math.multiply", logs, wanted)
    return "math.negative", op.helper("math.reduce_sum", product, axis=axis), {}


@register_operation("SparseCategoricalCrossentropy", module="nn")
def _sparse_categorical_crossentropy(
    op: Operation, target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Translated:
    _needs_tensor(op, output)
    if op.axis(output, axis) != op.rank(output) - 1:
        raise op.unsupported("only the last axis is supported")
    if isinstance(target, Tensor):
        if op.rank(target) == op.rank(output):
            target = op.helper("squeeze", target, axis=[-1])
        target = op.cast(target, dtypes.int64)
    logits = output if from_logits else op.helper("math.log", _clipped(op, output))
    return "nn.sparse_softmax_cross_entropy_with_logits", target, {"logits": logits}


@register_operation("PSNR", module="nn")
def _psnr(op: Operation, x1: Any, x2: Any, max_val: float) -> Translated:
    gap = op.helper("math.square", op.binary("math.subtract", x1, x2))
    decibels = op.binary(
        "math.multiply", op.helper("math.log", op.helper("math.reduce_mean", gap)), -10 / math.log(10)
    )
    return op.result("math.add", decibels, 20 * math.log10(max_val))


@register_operation("DotProductAttention", module="nn")
def _dot_product_attention(
    op: Operation,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Translated:
    if attn_logits_soft_cap is not None:
        raise op.unsupported("attn_logits_soft_cap is not supported")
    query, key, value = op.promote(query, key, value)
    heads, shared = op.size(query, 2), op.size(key, 2)
    if heads != shared:
        key, value = (op.helper("repeat", t, repeats=heads // shared, axis=2) for t in (key, value))
    asked, offered, held = (op.helper("transpose", t, perm=[0, 2, 1, 3]) for t in (query, key, value))
    scores = op.helper("linalg.matmul", asked, b=offered, transpose_b=True)
    factor = 1 / math.sqrt(op.size(query, 3)) if scale is None else scale
    scores = op.cast(op.binary("math.multiply", scores, factor), dtypes.float32)
    if bias is not None:
        scores = op.binary("math.add", scores, bias)
    if is_causal:
        queries, keys = op.size(query, 1), op.size(key, 1)
        scores = op.binary("math.add", scores, np.triu(np.full((queries, keys), -1e30), 1).tolist())
    if mask is not None:
        if not isinstance(mask, Tensor):
            mask = op.helper("cast", op.broadcast_like(map_numbers(mask, float), scores), dtype="bool")
        scores = op.where(op.cast(mask, dtypes.bool_), scores, op.broadcast_like(-1e30, scores))
    shares = op.cast(op.helper("nn.softmax", scores, axis=-1), held.dtype)
    return "transpose", op.helper("linalg.matmul", shares, b=held), {"perm": [0, 2, 1, 3]}
