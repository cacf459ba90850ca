"""Ops that only gradients are made of: the derivatives of activations, and what undoes broadcasting and slicing.

Source: tensorflow/core/kernels/cwise_ops.h, relu_op_functor.h, bcast_ops.cc; tensorflow/core/util/bcast.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kerasfmt.graph.emit import emit
from kerasfmt.graph.op import Op, find_op, register
from kerasfmt.graph.ops.declare import Array, Attrs, declare, kernel, with_rank
from kerasfmt.graph.ops.shape_values import constant_value, partial_value
from kerasfmt.graph.spec import Shape, merge_shapes
from kerasfmt.graph.value import Value
from kerasfmt.typing import override

_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_SCALE_ALPHA = 1.7580993408473768599402175208123

_DERIVATIVES: dict[str, Callable[[Array, Array], Any]] = {
    # of the output y or the input x, and of the gradient of the output
    "EluGrad": lambda grad, y: np.where(y < 0, (y + 1) * grad, grad),
    "InvGrad": lambda y, grad: -grad * np.square(np.conj(y)),
    "ReciprocalGrad": lambda y, grad: -grad * np.square(np.conj(y)),
    "Relu6Grad": lambda grad, y: np.where((y > 0) & (y < 6), grad, 0),
    "ReluGrad": lambda grad, y: np.where(y > 0, grad, 0),
    "RsqrtGrad": lambda y, grad: -0.5 * grad * np.conj(y) ** 3,
    "SeluGrad": lambda grad, y: np.where(y < 0, (y + _SELU_SCALE_ALPHA) * grad, _SELU_SCALE * grad),
    "SigmoidGrad": lambda y, grad: grad * np.conj((1 - y) * y),
    "SoftplusGrad": lambda grad, x: grad / (np.exp(-x) + 1),
    "SoftsignGrad": lambda grad, x: grad / np.square(np.abs(x) + 1),
    "SqrtGrad": lambda y, grad: 0.5 * grad / np.conj(y),
    "TanhGrad": lambda y, grad: grad * np.conj(1 - y * y),
}


def _merged(attrs: Attrs, x: Value, y: Value) -> list[Shape]:
    return [merge_shapes(x.shape, y.shape)]


def _derivative(function: Callable[[Array, Array], Any]) -> Any:
    return kernel(lambda attrs, x, y: function(x, y))


for _name, _function in _DERIVATIVES.items():
    declare(_name, _merged, _derivative(_function))
declare(
    "LeakyReluGrad",
    _merged,
    kernel(
        lambda attrs, grad, x: np.where(x > 0, grad, np.asarray(np.float32(attrs["alpha"]), x.dtype) * grad)
    ),
)


@register("BiasAddGrad")
class BiasAddGrad(Op):
    """The sum over all axes but that of the channels."""

    @staticmethod
    @override
    def infer(attrs: Attrs, grad: Value) -> list[Shape]:
        if grad.shape is None:
            return [(None,)]
        return [(grad.shape[_channels(attrs, len(grad.shape))],)]

    @staticmethod
    @override
    @kernel
    def run(attrs: Attrs, grad: Array) -> Any:
        channels = _channels(attrs, grad.ndim)
        return np.sum(grad, tuple(i for i in range(grad.ndim) if i != channels), dtype=grad.dtype)


def _channels(attrs: Attrs, rank: int) -> int:
    if rank < 2:
        raise ValueError(f"expected at least 2 dimensions, got {rank}")
    return 1 if attrs["data_format"] == "NCHW" else rank - 1


@register("BroadcastGradientArgs")
class BroadcastGradientArgs(Op):
    """For two shapes that broadcast, the axes over which the gradient of each operand is summed."""

    @staticmethod
    @override
    def infer(attrs: Attrs, s0: Value, s1: Value) -> list[Shape]:
        return [(None,), (None,)]

    @staticmethod
    @override
    def run(attrs: Attrs, s0: Array, s1: Array) -> list[Array]:
        if s0.tolist() == s1.tolist():
            return [np.zeros(0, s0.dtype)] * 2
        rank = max(s0.size, s1.size)
        sizes = [[1] * (rank - s.size) + s.tolist() for s in (s0, s1)]
        for x, y in zip(*sizes, strict=True):
            if x != y and 1 not in (x, y):
                raise ValueError(f"shapes {s0.tolist()} and {s1.tolist()} do not broadcast")
        both = [all(size == 1 for size in pair) for pair in zip(*sizes, strict=True)]
        axes = [
            [i for i in range(rank) if own[i] == 1 and (both[i] or own[i] != other[i])]
            for own, other in (sizes, sizes[::-1])
        ]
        return [np.array(a, s0.dtype) for a in axes]


def broadcast_gradient_args(s0: Value, s1: Value) -> tuple[Value, Value]:
    """For two shapes that broadcast, the axes over which the gradient of each operand is summed.

    Source: TensorFlow op BroadcastGradientArgs.
    """
    first, second = emit("BroadcastGradientArgs", s0, s1)
    return first, second


@register("StridedSliceGrad")
class StridedSliceGrad(Op):
    """A tensor of a given shape: `dy` where the slice is, zeros elsewhere."""

    @staticmethod
    @override
    def infer(attrs: Attrs, shape: Value, begin: Value, end: Value, strides: Value, dy: Value) -> list[Shape]:
        known = partial_value(shape)
        if known is not None:
            return [tuple(known)]
        return [None if shape.shape is None or shape.shape[0] is None else (None,) * shape.shape[0]]

    @staticmethod
    @override
    def run(attrs: Attrs, shape: Array, begin: Array, end: Array, strides: Array, dy: Array) -> list[Array]:
        places = np.arange(np.prod(shape, dtype=np.int64)).reshape(tuple(shape.tolist()))
        (chosen,) = find_op("StridedSlice").run(attrs, places, begin, end, strides)
        if chosen.shape != dy.shape:
            raise ValueError(f"expected a gradient of shape {chosen.shape}, got {dy.shape}")
        out = np.zeros(places.size, dy.dtype)
        out[chosen] = dy
        return [out.reshape(places.shape)]


@register("DynamicStitch")
class DynamicStitch(Op):
    """The rows of several tensors in one: row `indices[m][i]` is `data[m][i]`; later ones win."""

    @staticmethod
    @override
    def infer(attrs: Attrs, indices: tuple[Value, ...], data: tuple[Value, ...]) -> list[Shape]:
        rest: Shape = None
        for at, rows in zip(indices, data, strict=True):
            if at.shape is not None and rows.shape is not None:
                merge_shapes(at.shape, rows.shape[: len(at.shape)])
                rest = merge_shapes(rest, rows.shape[len(at.shape) :])
        known = [constant_value(at) for at in indices]
        last = [max(at.ravel().tolist(), default=-1) for at in known if at is not None]
        count = max(last) + 1 if len(last) == len(known) else None
        return [None if rest is None else (count, *rest)]

    @staticmethod
    @override
    def run(attrs: Attrs, indices: tuple[Array, ...], data: tuple[Array, ...]) -> list[Array]:
        rest = data[0].shape[indices[0].ndim :]
        out = np.zeros(
            (max((int(at.max()) for at in indices if at.size), default=-1) + 1, *rest), data[0].dtype
        )
        for at, rows in zip(indices, data, strict=True):
            out[at] = rows
        return [out]


@register("ListDiff")
class ListDiff(Op):
    """The elements of one vector that another one does not hold, and where they are."""

    @staticmethod
    @override
    def infer(attrs: Attrs, x: Value, y: Value) -> list[Shape]:
        with_rank(x, 1)
        with_rank(y, 1)
        return [(None,), (None,)]

    @staticmethod
    @override
    def run(attrs: Attrs, x: Array, y: Array) -> list[Array]:
        places = np.flatnonzero(~np.isin(x, y))
        return [x[places], places.astype(attrs["out_idx"].numpy)]
