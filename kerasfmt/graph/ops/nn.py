"""Activations, bias and matrix products.

Source: tensorflow/core/ops/nn_ops.cc, tensorflow/core/kernels/relu_op_functor.h, softplus_op.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, kernel, same_shape, unary, with_rank
from kerasfmt.graph.spec import Shape, broadcast_shapes, merge_dims
from kerasfmt.graph.value import Operand, Value
from kerasfmt.typing import override

_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALE_ALPHA = 1.7580993408473768599402175208123


def _softmax(x: Array) -> Array:
    shifted = np.exp(x - np.max(x, -1, keepdims=True, initial=-np.inf))
    return np.asarray(shifted / np.sum(shifted, -1, keepdims=True))


def _log_softmax(x: Array) -> Array:
    shifted = x - np.max(x, -1, keepdims=True, initial=-np.inf)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), -1, keepdims=True)))


def _activation(function: Callable[[Array], Any]) -> Any:
    return kernel(lambda attrs, x: function(x))


_ACTIVATIONS: dict[str, Callable[[Array], Any]] = {
    "Elu": lambda x: np.where(x < 0, np.expm1(np.minimum(x, 0)), x),
    "LogSoftmax": _log_softmax,
    "Relu": lambda x: np.maximum(x, 0),
    "Relu6": lambda x: np.minimum(np.maximum(x, 0), 6),
    "Selu": lambda x: np.where(x < 0, _SELU_SCALE_ALPHA * np.expm1(np.minimum(x, 0)), _SELU_SCALE * x),
    "Softmax": _softmax,
    "Softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "Softsign": lambda x: x / (1 + np.abs(x)),
}

for _name, _function in _ACTIVATIONS.items():
    declare(_name, same_shape, _activation(_function))

elu = unary("Elu", "x, or exp(x) - 1 where negative")
log_softmax = unary("LogSoftmax", "log(softmax(x)) along the last axis")
relu = unary("Relu", "max(x, 0)")
relu6 = unary("Relu6", "min(max(x, 0), 6)")
selu = unary("Selu", "The scaled exponential linear unit")
softmax = unary("Softmax", "exp(x) divided by its sum along the last axis")
softplus = unary("Softplus", "log(1 + exp(x))")
softsign = unary("Softsign", "x / (1 + |x|)")


@register("LeakyRelu")
class LeakyRelu(Op):
    """x, or alpha * x where negative."""

    infer = staticmethod(same_shape)

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array) -> Any:
        return np.where(x > 0, x, np.asarray(np.float32(attrs["alpha"]), x.dtype) * x)


def leaky_relu(x: Value, alpha: float = 0.2) -> Value:
    """`x`, or `alpha * x` where negative, elementwise. Source: tf.nn.leaky_relu."""
    return emit_one("LeakyRelu", x, alpha=alpha)


@register("BiasAdd")
class BiasAdd(Op):
    """A vector added along the channel axis: the last, or in NCHW the second."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, bias: Value) -> list[Shape]:
        (channels,) = with_rank(bias, 1)
        if x.shape is None:
            return [None]
        first = attrs["data_format"] == "NCHW"
        if len(x.shape) < (3 if first else 2):
            raise ValueError(f"expected at least {3 if first else 2} dimensions, got shape {x.shape}")
        axis = 1 if first else len(x.shape) - 1
        return [(*x.shape[:axis], merge_dims(x.shape[axis], channels), *x.shape[axis + 1 :])]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, bias: Array) -> Any:
        if attrs["data_format"] == "NCHW":
            return x + bias.reshape((-1,) + (1,) * (x.ndim - 2))
        return x + bias


def bias_add(x: Value, bias: Operand, data_format: str = "NHWC") -> Value:
    """`x` plus `bias` (channels,) along the channel axis. Source: tf.nn.bias_add.

    Args:
      x: (batch, ..., channels), or (batch, channels, ...) for NCHW.
      bias: (channels,).
      data_format: "NHWC" for channels last or "NCHW" for channels first, for any rank.
    """
    return emit_one("BiasAdd", x, bias, data_format=data_format)


@register("MatMul")
class MatMul(Op):
    """The product of two matrices."""

    @staticmethod
    @override
    def infer(attrs: Attrs, a: Value, b: Value) -> list[Shape]:
        rows, inner_a = with_rank(a, 2)[:: -1 if attrs["transpose_a"] else 1]
        inner_b, columns = with_rank(b, 2)[:: -1 if attrs["transpose_b"] else 1]
        merge_dims(inner_a, inner_b)
        return [(rows, columns)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, a: Array, b: Array) -> Any:
        return _product(a.T if attrs["transpose_a"] else a, b.T if attrs["transpose_b"] else b)


_MOST_PRODUCTS: Final = 1 << 24
"""The most multiplications of a product that one thread computes: about a millisecond."""
_THREADED: Final = 1 << 19
"""OpenBLAS computes a product of more multiplications than these with several threads."""
_NARROWEST: Final = 16
"""The fewest columns that are worth a product of their own."""


def _product(a: Array, b: Array) -> Array:
    """The product of two matrices.

    A loop computes many products that are small, yet large enough for the threads of OpenBLAS, which then wait for
    each other longer than they compute, the more so on a busy machine. Such a product is computed in columns that
    one thread computes.
    """
    rows, inner = a.shape
    columns = b.shape[1]
    count = rows * inner * columns
    if not _THREADED < count <= _MOST_PRODUCTS or a.dtype != b.dtype or not b.flags.c_contiguous:
        return np.asarray(a @ b)
    width = 1 << (_THREADED // (rows * inner)).bit_length() - 1
    if width < _NARROWEST or columns % width:
        return np.asarray(a @ b)
    parts = columns // width
    out = np.empty((rows, columns), a.dtype)
    by_part = (1, 0, 2)
    np.matmul(
        a,
        b.reshape(inner, parts, width).transpose(by_part),
        out=out.reshape(rows, parts, width).transpose(by_part),
    )
    return out


def matmul(a: Operand, b: Operand, *, transpose_a: bool = False, transpose_b: bool = False) -> Value:
    """The product of two matrices: (n, k) and (k, m) give (n, m). Source: TensorFlow op MatMul."""
    return emit_one("MatMul", a, b, transpose_a=transpose_a, transpose_b=transpose_b)


def _adjoint(x: Array) -> Array:
    return np.conj(np.swapaxes(x, -1, -2))


@register("BatchMatMulV2")
class BatchMatMulV2(Op):
    """Products of matrices in the last two axes; the axes before broadcast."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, y: Value) -> list[Shape]:
        if x.shape is None or y.shape is None:
            return [None]
        if len(x.shape) < 2 or len(y.shape) < 2:
            raise ValueError("expected at least two dimensions")
        rows, inner_x = x.shape[-2:][:: -1 if attrs["adj_x"] else 1]
        inner_y, columns = y.shape[-2:][:: -1 if attrs["adj_y"] else 1]
        merge_dims(inner_x, inner_y)
        batch = broadcast_shapes(x.shape[:-2], y.shape[:-2])
        return [None if batch is None else (*batch, rows, columns)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, x: Array, y: Array) -> Any:
        return (_adjoint(x) if attrs["adj_x"] else x) @ (_adjoint(y) if attrs["adj_y"] else y)


def batch_matmul(x: Operand, y: Operand, *, adj_x: bool = False, adj_y: bool = False) -> Value:
    """Products of the matrices in the last two axes: (..., n, k) and (..., k, m) give (..., n, m).

    The other axes broadcast. `adj_x` and `adj_y` transpose and conjugate the matrices of an operand.

    Source: TensorFlow op BatchMatMulV2.
    """
    return emit_one("BatchMatMulV2", x, y, adj_x=adj_x, adj_y=adj_y)
