"""Products of matrices.

Source: jax/_src/lax/lax.py, dot_general; XLA's operation semantics, DotGeneral.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Value, ops
from kerasfmt.sources.jax.dimensions import product
from kerasfmt.sources.jax.rule import Equation, Size, reshape, rule

_KERNELS = frozenset(
    {
        dtypes.float16,
        dtypes.bfloat16,
        dtypes.float32,
        dtypes.float64,
        dtypes.int32,
        dtypes.int64,
        dtypes.complex64,
        dtypes.complex128,
    }
)
"""Dtypes that TensorFlow's products take on every device."""


@rule("dot_general", close=True)
def _dot_general(equation: Equation, x: Value, y: Value) -> Value:
    (x_sum, y_sum), (x_batch, y_batch) = equation.params["dimension_numbers"]
    result = equation.result.dtype
    inner = _inner(x.dtype, y.dtype, result)
    x, y = ops.cast(x, inner), ops.cast(y, inner)
    x_sizes, y_sizes = (equation.sizes(operand.shape) for operand in equation.operands)
    x_free = [axis for axis in range(len(x_sizes)) if axis not in (*x_sum, *x_batch)]
    y_free = [axis for axis in range(len(y_sizes)) if axis not in (*y_sum, *y_batch)]
    found = _product(
        x, y, x_sizes, y_sizes, (list(x_batch), x_free, list(x_sum)), (list(y_batch), y_free, list(y_sum))
    )
    shape = [x_sizes[a] for a in x_batch] + [x_sizes[a] for a in x_free] + [y_sizes[a] for a in y_free]
    return ops.cast(reshape(found, shape), result)


def _inner(x: DType, y: DType, result: DType) -> DType:
    """The dtype in which the product is computed."""
    if x is y and x in _KERNELS and (result is x or result.itemsize <= x.itemsize):
        return x
    if result in _KERNELS:
        return result
    if result.is_integer or result is dtypes.bool_:
        return dtypes.int64 if result.itemsize == 8 or result is dtypes.uint32 else dtypes.int32
    return dtypes.float32


Axes = tuple[list[int], list[int], list[int]]
"""Batch axes, free axes and summed axes."""


def _product(
    x: Value, y: Value, x_sizes: Sequence[Size], y_sizes: Sequence[Size], x_axes: Axes, y_axes: Axes
) -> Value:
    """The product with batch axes first, then one axis of free elements of each."""
    batch, x_free, x_sum = x_axes
    y_batch, y_free, y_sum = y_axes
    if not batch and x_sum == [len(x_sizes) - 1] and len(y_sizes) == 2 and len(x_free) > 1:
        rows = reshape(x, [product(x_sizes[:-1]), x_sizes[-1]])
        return ops.matmul(rows, y, transpose_b=y_sum == [1])
    turns = not (x.dtype.is_complex and batch)  # the flags of BatchMatMulV2 conjugate
    turn_x = turns and _in_order(batch, x_sum, x_free) and not _in_order(batch, x_free, x_sum)
    turn_y = turns and _in_order(y_batch, y_free, y_sum) and not _in_order(y_batch, y_sum, y_free)
    left = _matrix(x, x_sizes, batch, *((x_sum, x_free) if turn_x else (x_free, x_sum)))
    right = _matrix(y, y_sizes, y_batch, *((y_free, y_sum) if turn_y else (y_sum, y_free)))
    if not batch:
        return ops.matmul(left, right, transpose_a=turn_x, transpose_b=turn_y)
    return ops.batch_matmul(left, right, adj_x=turn_x, adj_y=turn_y)


def _in_order(*groups: list[int]) -> bool:
    axes = [axis for group in groups for axis in group]
    return axes == sorted(axes)


def _matrix(x: Value, sizes: Sequence[Size], batch: list[int], rows: list[int], columns: list[int]) -> Value:
    """A tensor (*batch, rows, columns), each the product of its axes."""
    order = [*batch, *rows, *columns]
    if order != sorted(order):
        x = ops.transpose(x, order)
    return reshape(x, [*(sizes[a] for a in batch), *(product(sizes[a] for a in g) for g in (rows, columns))])
