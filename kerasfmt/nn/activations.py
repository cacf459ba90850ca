"""Keras's activation functions, as graph nodes.

The nodes are those that Keras 2.15 emits, so values and gradients agree. An activation that only Keras 3 has
emits the nodes of its TensorFlow backend. A function takes and gives a float Value of one shape and dtype, unless
its docstring says otherwise.

Source: keras/src/activations.py and keras/src/backend.py (2.15), keras/src/backend/tensorflow/nn.py (3.x).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Operand, Value, emit, emit_one
from kerasfmt.graph.sizes import int32


def linear(x: Value) -> Value:
    """`x` itself."""
    return x


def relu(x: Value, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Value:
    """`x` above `threshold`, but at most `max_value`; `alpha * (x - threshold)` below `threshold`.

    Source: keras/src/backend.py, relu
    """
    if alpha != 0.0 and max_value is None and threshold == 0:
        return leaky_relu(x, alpha)
    y = _rectify(x, max_value, threshold)
    if alpha != 0.0:
        negative = emit_one("Relu", -x + threshold if threshold != 0 else -x)
        y = y - alpha * negative
    return y


def _rectify(x: Value, max_value: float | None, threshold: float) -> Value:
    if threshold == 0 and max_value == 6:
        return emit_one("Relu6", x)
    if threshold != 0:
        y = x * emit_one("Cast", emit_one("Greater", x, threshold), DstT=x.dtype)
    else:
        y = emit_one("Relu", x)
    return y if max_value is None else _clip(y, 0.0, max_value)


def relu6(x: Value) -> Value:
    """`min(max(x, 0), 6)`."""
    return emit_one("Relu6", x)


def leaky_relu(x: Value, alpha: float = 0.2) -> Value:
    """`x` above 0, `alpha * x` below.

    Source: tensorflow/python/ops/nn_ops.py, leaky_relu
    """
    return emit_one("LeakyRelu", x, alpha=alpha)


def elu(x: Value, alpha: float = 1.0) -> Value:
    """`x` above 0, `alpha * (exp(x) - 1)` below.

    Source: keras/src/backend.py, elu
    """
    y = emit_one("Elu", x)
    return y if alpha == 1 else _where(emit_one("Greater", x, 0.0), y, alpha * y)


def selu(x: Value) -> Value:
    """`scale * elu(x, alpha)`, with the constants that preserve a mean of 0 and a variance of 1."""
    return emit_one("Selu", x)


def softplus(x: Value) -> Value:
    """`log(exp(x) + 1)`."""
    return emit_one("Softplus", x)


def softsign(x: Value) -> Value:
    """`x / (|x| + 1)`."""
    return emit_one("Softsign", x)


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return emit_one("Tanh", x)


def sigmoid(x: Value) -> Value:
    """`1 / (1 + exp(-x))`."""
    return emit_one("Sigmoid", x)


def exponential(x: Value) -> Value:
    """`exp(x)`."""
    return emit_one("Exp", x)


def silu(x: Value) -> Value:
    """`x * sigmoid(x)`.

    Source: tensorflow/python/ops/nn_impl.py, swish
    """
    return x * emit_one("Sigmoid", x)


def hard_sigmoid(x: Value) -> Value:
    """Keras 2's hard sigmoid: `0.2 * x + 0.5`, clipped to [0, 1].

    Source: keras/src/backend.py, hard_sigmoid
    """
    return _clip(x * 0.2 + 0.5, 0.0, 1.0)


def relu6_sigmoid(x: Value) -> Value:
    """Keras 3's hard sigmoid: `relu6(x + 3) / 6`.

    Source: keras/src/backend/tensorflow/nn.py, hard_sigmoid (3.x)
    """
    return emit_one("Relu6", x + 3.0) / 6.0


def hard_silu(x: Value) -> Value:
    """`x * relu6(x + 3) / 6`; Keras 3 only."""
    return x * relu6_sigmoid(x)


# TensorFlow rounds these two to float32 even if x is float64 (math_ops.cast of a Python number).
_SQRT_2 = float(np.float32(2**0.5))
_CUBIC = float(np.float32(0.044715))


def gelu(x: Value, approximate: bool = False) -> Value:
    """`x * P(X <= x)` for a normally distributed X; by a formula with tanh if `approximate`.

    Source: tensorflow/python/ops/nn_ops.py, gelu
    """
    half = 0.5 * x
    if approximate:
        inner = 0.7978845608028654 * (x + _CUBIC * emit_one("Pow", x, 3.0))
        return half * (1.0 + emit_one("Tanh", inner))
    return half * (1.0 + emit_one("Erf", x / _SQRT_2))


def mish(x: Value) -> Value:
    """`x * tanh(softplus(x))`.

    Source: keras/src/activations.py, mish
    """
    return x * emit_one("Tanh", emit_one("Softplus", x))


def softmax(x: Value, axis: int | Sequence[int] = -1) -> Value:
    """`exp(x)` divided by its sum along `axis`.

    Raises:
      InvalidModelError: `x` has fewer than two dimensions or no such axis.

    Source: keras/src/backend.py, softmax
    """
    if x.shape is not None and len(x.shape) < 2:
        raise InvalidModelError(f"activation softmax: expected at least two dimensions, got shape {x.shape}")
    if isinstance(axis, int):
        return _along("Softmax", x, axis)
    axes = int32([_positive(x, a) for a in axis])
    exps = emit_one("Exp", x - emit_one("Max", x, axes, keep_dims=True))
    return exps / emit_one("Sum", exps, axes, keep_dims=True)


def log_softmax(x: Value, axis: int = -1) -> Value:
    """The logarithm of `softmax(x)`.

    Source: tensorflow/python/ops/nn_ops.py, log_softmax_v2
    """
    return _along("LogSoftmax", x, axis)


def log_sigmoid(x: Value) -> Value:
    """`-softplus(-x)`; Keras 3 only."""
    return -emit_one("Softplus", -x)


def celu(x: Value, alpha: float = 1.0) -> Value:
    """`max(x, 0) + alpha * expm1(min(x, 0) / alpha)`; Keras 3 only."""
    negative = emit_one("Expm1", emit_one("Minimum", x, 0.0) / alpha)
    return emit_one("Maximum", x, 0.0) + alpha * negative


def glu(x: Value, axis: int = -1) -> Value:
    """The first half of `x` along `axis`, times the sigmoid of the second half; Keras 3 only.

    Raises:
      InvalidModelError: `x` has no such axis, or its size is not known to be even.
    """
    size = x.dims[_positive(x, axis)]
    if size is None or size % 2:
        raise InvalidModelError(f"activation glu: expected an even size of axis {axis}, got shape {x.shape}")
    first, second = emit("Split", axis, x, num_split=2)
    return first * emit_one("Sigmoid", second)


def hard_tanh(x: Value) -> Value:
    """`x`, clipped to [-1, 1]; Keras 3 only."""
    return _clip(x, -1.0, 1.0)


def hard_shrink(x: Value, threshold: float = 0.5) -> Value:
    """`x` where `|x| > threshold`, else 0; Keras 3 only."""
    return _where(emit_one("Greater", emit_one("Abs", x), threshold), x, 0.0)


def soft_shrink(x: Value, threshold: float = 0.5) -> Value:
    """`x` moved towards 0 by `threshold`, at most to 0; Keras 3 only."""
    below = _where(emit_one("Less", x, -threshold), x + threshold, 0.0)
    return _where(emit_one("Greater", x, threshold), x - threshold, below)


def tanh_shrink(x: Value) -> Value:
    """`x - tanh(x)`; Keras 3 only."""
    return x - emit_one("Tanh", x)


def squareplus(x: Value, b: float = 4.0) -> Value:
    """`(x + sqrt(x**2 + b)) / 2`; Keras 3 only."""
    return (x + emit_one("Sqrt", emit_one("Square", x) + b)) / 2.0


def sparse_plus(x: Value) -> Value:
    """0 for x <= -1, `x` for x >= 1, `(x + 1)**2 / 4` between; Keras 3 only."""
    between = 0.25 * emit_one("Pow", x + 1.0, 2.0)
    return _where(emit_one("LessEqual", x, -1.0), 0.0, _where(emit_one("Less", x, 1.0), between, x))


def sparse_sigmoid(x: Value) -> Value:
    """0 for x <= -1, 1 for x >= 1, `(x + 1) / 2` between; Keras 3 only."""
    upper = _where(emit_one("GreaterEqual", x, 1.0), 1.0, 0.5 * (x + 1.0))
    return _where(emit_one("LessEqual", x, -1.0), 0.0, upper)


def sparsemax(x: Value) -> Value:
    """The nearest point to `x` whose elements along the last axis are probabilities; Keras 3 only.

    Keras sums the running sums of the support, not its elements.

    Raises:
      InvalidModelError: the size of the last axis is not known.

    Source: keras/src/backend/tensorflow/nn.py, sparsemax (3.x)
    """
    size = x.dims[_positive(x, -1)]
    if size is None:
        raise InvalidModelError(
            f"activation sparsemax: expected a known size of the last axis, got {x.shape}"
        )
    falling, _ = emit("TopKV2", x, size)
    sums = emit_one("Cumsum", falling, -1)
    numbers = np.arange(1, size + 1, dtype=x.dtype.numpy)
    support = emit_one("Greater", 1.0 + falling * numbers, sums)
    count = emit_one("Sum", emit_one("Cast", support, DstT=x.dtype), int32([-1]), keep_dims=True)
    total = emit_one("Sum", _where(support, sums, emit_one("ZerosLike", sums)), int32([-1]), keep_dims=True)
    return emit_one("Maximum", x - (total - 1.0) / count, 0.0)


def _where(condition: Value, x: Operand, y: Operand) -> Value:
    return emit_one("SelectV2", condition, x, y)


def _clip(x: Value, low: float, high: float) -> Value:
    return emit_one("Maximum", emit_one("Minimum", x, high), low)


def _positive(x: Value, axis: int) -> int:
    if x.shape is None or not -len(x.shape) <= axis < len(x.shape):
        raise InvalidModelError(f"activation: expected an input with an axis {axis}, got shape {x.shape}")
    return axis % len(x.shape)


def _along(op: str, x: Value, axis: int) -> Value:
    """The op, which works on the last axis, applied to another axis; the two are swapped before and after."""
    if axis == -1 or _positive(x, axis) == x.rank - 1:
        return emit_one(op, x)
    swap = np.arange(x.rank, dtype=np.int32)
    swap[[axis, -1]] = swap[[-1, axis]]
    return emit_one("Transpose", emit_one(op, emit_one("Transpose", x, swap)), swap)
