"""Functions made of graph ops that several layers share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Value, Variable, ops
from kerasfmt.graph.sizes import int32


def dims_of(value: Value) -> list[int | Value]:
    """Each dimension of a value: a number if it is known, else an int32 scalar Value."""
    dynamic: Value | None = None
    found: list[int | Value] = []
    for axis, dim in enumerate(value.dims):
        if dim is None:
            dynamic = ops.shape(value) if dynamic is None else dynamic
            found.append(ops.getitem(dynamic, axis))
        else:
            found.append(dim)
    return found


def as_value(graph: Builder, size: int | Value) -> Value:
    """A dimension as an int32 scalar Value, in the function under construction."""
    return size if isinstance(size, Value) else graph.constant(np.int32(size), dtypes.int32)


def reshape_to(value: Value, dims: Sequence[int | Value]) -> Value:
    """`value` in the shape `dims`; a Value stands for a dimension that is known only when the graph runs."""
    unknown = [axis for axis, dim in enumerate(dims) if isinstance(dim, Value)]
    if not unknown:
        return ops.reshape(value, [int(d) for d in dims if isinstance(d, int)])
    if len(unknown) == 1 and -1 not in [d for d in dims if isinstance(d, int)]:
        return ops.reshape(value, [-1 if isinstance(d, Value) else d for d in dims])
    return ops.reshape(value, ops.pack(list(dims)))


def packed(dims: Sequence[int | Value], beside: Value) -> Value:
    """A shape as an int32 vector (rank,), in the function of `beside`."""
    if any(isinstance(dim, Value) for dim in dims):
        return ops.pack(list(dims))
    return beside.graph.constant(int32(dims))


def read(beside: Value, variable: Variable) -> Value:
    """The value of `variable`, in the graph of `beside`; in the dtype of `beside` if the variable autocasts."""
    value = beside.graph.read(variable)
    return ops.cast(value, beside.dtype) if variable.autocast and beside.dtype.is_floating else value


def dot_last(x: Value, kernel: Variable) -> Value:
    """The product of `x` (..., m) and `kernel` (m, n), summed over m: (..., n).

    Source: tensorflow/python/ops/math_ops.py, tensordot.
    """
    depth, units = kernel.shape
    flat = ops.matmul(ops.reshape(x, [-1, depth]), kernel)
    return reshape_to(flat, [*dims_of(x)[:-1], units])


def l2_normalize(x: Value, axis: int | Sequence[int]) -> Value:
    """`x` scaled to a Euclidean norm of 1 along `axis`, in its shape and dtype.

    Source: tensorflow/python/ops/nn_impl.py, l2_normalize.
    """
    squares = ops.reduce_sum(ops.square(x), axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))


def dropout(x: Value, rate: float, noise_shape: Sequence[int | None] | None, seed: int | None) -> Value:
    """`x` with zeros at random, scaled up to preserve its mean.

    Args:
      x: floats of any shape.
      rate: the share of zeros, in [0, 1).
      noise_shape: the shape of the random choice, which broadcasts to `x`: None for its own shape; None in it for
        its own dimension.
      seed: seed of the random numbers; None for other numbers in each process.

    Source: tensorflow/python/ops/nn_ops.py, dropout_v2.
    """
    if rate >= 1:
        return ops.zeros_like(x)
    scaled = x * np.asarray(1 / (1 - rate), x.dtype.numpy)
    if noise_shape is None:
        shape = ops.shape(x)
    else:
        sizes = dims_of(x)
        wanted = [size if dim is None else dim for size, dim in zip(sizes, noise_shape, strict=True)]
        shape = packed(wanted, x)
    noise = ops.random_uniform(shape, dtype=x.dtype, **seeds(seed))
    keep = ops.greater_equal(noise, np.asarray(rate, x.dtype.numpy))
    return ops.where(keep, scaled, np.zeros((), x.dtype.numpy))


DEFAULT_GRAPH_SEED = 87654321
"""The graph seed of an op that has a seed itself (tensorflow/python/framework/random_seed.py)."""


def seeds(seed: int | None) -> dict[str, int]:
    """The attributes `seed` and `seed2` of a stateful random op, for the `seed` of a layer."""
    return {"seed": 0, "seed2": 0} if seed is None else {"seed": DEFAULT_GRAPH_SEED, "seed2": seed}
