"""Products, diagonals and triangles.

Source: keras/src/ops/numpy.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasfmt.ir.tensor import Tensor
from kerasfmt.layers.keras3_ops.operation import Operation, Translated, leaves, register_operation


@register_operation("Matmul")
def _matmul(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(x1, x2)
    vectors = op.rank(left) == 1, op.rank(right) == 1
    if not any(vectors):
        return "linalg.matmul", left, {"b": right}
    left = _as_matrix(op, left, 0) if vectors[0] else left
    right = _as_matrix(op, right, 1) if vectors[1] else right
    found = op.helper("linalg.matmul", left, b=right)
    return (
        "squeeze",
        found,
        {"axis": [axis for axis, vector in zip((-2, -1), vectors, strict=True) if vector]},
    )


def _as_matrix(op: Operation, vector: Any, axis: int) -> Any:
    """A vector, tensor or constant, as a matrix of one row (axis 0) or one column (axis 1)."""
    if isinstance(vector, Tensor):
        return op.helper("expand_dims", vector, axis=axis)
    return np.expand_dims(vector, axis).tolist()


@register_operation("Dot")
def _dot(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(x1, x2)
    rank = op.rank(right)
    if rank == 0:
        return "math.multiply", left, {"y": right}
    return "tensordot", left, {"b": right, "axes": [[-1], [max(rank - 2, 0)]]}


@register_operation("Tensordot")
def _tensordot(op: Operation, x1: Any, x2: Any, axes: Any = 2) -> Translated:
    left, right = op.promote(x1, x2)
    return "tensordot", left, {"b": right, "axes": axes}


@register_operation("Triu")
def _triu(op: Operation, x: Any, k: int = 0) -> Translated:
    if k > 0:
        return _outside(op, x, -1, k - 1)
    return "linalg.band_part", x, {"num_lower": -k, "num_upper": -1}


@register_operation("Tril")
def _tril(op: Operation, x: Any, k: int = 0) -> Translated:
    if k < 0:
        return _outside(op, x, -k - 1, -1)
    return "linalg.band_part", x, {"num_lower": -1, "num_upper": k}


def _outside(op: Operation, x: Tensor, lower: int, upper: int) -> Translated:
    """`x` with zeros inside a band around the diagonal."""
    ones = op.helper("ones_like", x, dtype="int32")
    band = op.helper("linalg.band_part", ones, num_lower=lower, num_upper=upper)
    return "where", op.helper("cast", band, dtype="bool"), {"x": op.helper("zeros_like", x), "y": x}


@register_operation("Outer")
def _outer(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(x1, x2)
    return (
        "math.multiply",
        op.helper("reshape", left, shape=[-1, 1]),
        {"y": op.helper("reshape", right, shape=[1, -1]) if isinstance(right, Tensor) else [leaves(right)]},
    )


@register_operation("Inner")
def _inner(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(x1, x2)
    if 0 in (op.rank(left), op.rank(right)):
        return "math.multiply", left, {"y": right}
    return "tensordot", left, {"b": right, "axes": [[-1], [-1]]}


@register_operation("Vdot")
def _vdot(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = (
        op.helper("reshape", v, shape=[-1]) if isinstance(v, Tensor) else leaves(v)
        for v in op.promote(x1, x2)
    )
    return "math.reduce_sum", op.binary("math.multiply", left, right), {}


@register_operation("Cross")
def _cross(
    op: Operation,
    x1: Any,
    x2: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Translated:
    if {axisa, axisb, axisc, -1 if axis is None else axis} != {-1}:
        raise op.unsupported("only the last axis is supported")
    left, right = op.promote(x1, x2)
    return "linalg.cross", left, {"b": right}


@register_operation("Kron")
def _kron(op: Operation, x1: Any, x2: Any) -> Translated:
    left, right = op.promote(x1, x2)
    if not isinstance(left, Tensor) or not isinstance(right, Tensor) or op.rank(left) != op.rank(right):
        raise op.unsupported("expected two tensors with the same number of dimensions")
    sizes = [
        (-1 if -1 in pair else pair[0] * pair[1])
        for pair in zip(op.sizes(left), op.sizes(right), strict=True)
    ]
    if sizes.count(-1) > 1:
        raise op.unsupported("more than one unknown dimension is not supported")
    for axis in range(op.rank(x1)):
        left = op.helper("expand_dims", left, axis=2 * axis + 1)
        right = op.helper("expand_dims", right, axis=2 * axis)
    return "reshape", op.binary("math.multiply", left, right), {"shape": sizes}


def _diagonals(op: Operation, x: Tensor, offset: int, axis1: int, axis2: int) -> Tensor:
    """The diagonals of the matrices in two axes, along the last axis."""
    first, second = op.axis(x, axis1), op.axis(x, axis2)
    rows, columns = op.size(x, first), op.size(x, second)
    rest = [axis for axis in range(op.rank(x)) if axis not in (first, second)]
    sizes = op.sizes(x)
    flat = op.helper(
        "reshape",
        op.helper("transpose", x, perm=[*rest, first, second]),
        shape=[*(sizes[axis] for axis in rest), rows * columns],
    )
    places = [i * columns + i + offset for i in range(rows) if 0 <= i + offset < columns]
    return op.helper("gather", flat, indices=places, axis=len(rest))


@register_operation("Diagonal")
def _diagonal(op: Operation, x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Translated:
    return "identity", _diagonals(op, x, offset, axis1, axis2), {}


@register_operation("Trace")
def _trace(op: Operation, x: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Translated:
    return "math.reduce_sum", _diagonals(op, x, offset, axis1, axis2), {"axis": -1}


@register_operation("Diag", "Diagflat")
def _diag(op: Operation, x: Tensor, k: int = 0) -> Translated:
    if op.kind == "Diagflat":
        x = op.helper("reshape", x, shape=[-1])
    if op.rank(x) == 2:
        return "identity", _diagonals(op, x, k, 0, 1), {}
    if k == 0:
        return "linalg.diag", x, {}
    before, after = max(-k, 0), max(k, 0)
    return "pad", op.helper("linalg.diag", x), {"paddings": [[before, after], [after, before]]}


@register_operation("Vander")
def _vander(op: Operation, x: Tensor, N: int | None = None, increasing: bool = False) -> Translated:
    count = op.size(x, 0) if N is None else N
    powers = list(range(count)) if increasing else list(range(count))[::-1]
    return op.result("math.pow", op.helper("expand_dims", x, axis=-1), powers)


@register_operation("Corrcoef")
def _corrcoef(op: Operation, x: Tensor) -> Translated:
    if op.rank(x) != 2:
        raise op.unsupported(f"expected 2 dimensions, got {op.rank(x)}")
    value = op.as_floats(x)
    gap = op.binary("math.subtract", value, op.helper("math.reduce_mean", value, axis=1, keepdims=True))
    unit = op.helper("math.divide", gap, y=op.helper("norm", gap, axis=1, keepdims=True))
    found = op.helper("linalg.matmul", unit, b=unit, transpose_b=True)
    return "clip_by_value", found, {"clip_value_min": -1.0, "clip_value_max": 1.0}


@register_operation("CDist", module="math")
def _cdist(op: Operation, x: Any, y: Any) -> Translated:
    left, right = op.promote(op.as_floats(x), op.as_floats(y))
    gap = op.binary(
        "math.subtract", op.helper("expand_dims", left, axis=-2), op.helper("expand_dims", right, axis=-3)
    )
    squares = op.helper("math.reduce_sum", op.helper("math.square", gap), axis=-1)
    return "math.sqrt", squares, {}


@register_operation("Einsum")
def _einsum(op: Operation, *operands: Any, subscripts: str, **options: Any) -> Translated:
    given, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = given.split(",")
    if "." in subscripts or not arrow or len(terms) not in (1, 2) or len(terms) != len(operands):
        raise op.unsupported(
            f"subscripts {subscripts!r}: expected one or two terms without dots, and a result"
        )
    if any(len(set(term)) != len(term) for term in (*terms, result)):
        raise op.unsupported(f"subscripts {subscripts!r}: a letter twice in a term is not supported")
    values = op.promote(*operands)
    if len(terms) == 1:
        return _turned(
            op, _summed(op, values[0], terms[0], result), [c for c in terms[0] if c in result], result
        )
    left, right = (
        _summed(op, value, term, result + other)
        for value, term, other in zip(values, terms, terms[::-1], strict=True)
    )
    one, two = (
        [c for c in term if c in result + other] for term, other in zip(terms, terms[::-1], strict=True)
    )
    batch = [c for c in one if c in two and c in result]
    inner = [c for c in one if c in two and c not in result]
    free = [c for c in one if c not in two], [c for c in two if c not in one]
    sizes = dict(zip(two, _dims(op, right), strict=True)) | dict(zip(one, _dims(op, left), strict=True))
    left = _grouped(op, left, one, (batch, free[0], inner), sizes)
    right = _grouped(op, right, two, (batch, inner, free[1]), sizes)
    found = op.helper("linalg.matmul", left, b=right)
    apart = [*batch, *free[0], *free[1]]
    if len(free[0]) != 1 or len(free[1]) != 1:
        found = op.helper("reshape", found, shape=_shape(op, apart, sizes))
    return _turned(op, found, apart, result)


def _dims(op: Operation, x: Any) -> list[int]:
    if isinstance(x, Tensor):
        return [-1 if size is None else size for size in x.shape or [-1] * op.rank(x)]
    return [len(x), *_dims(op, x[0])] if isinstance(x, list) else []


def _shape(op: Operation, letters: list[str], sizes: dict[str, int]) -> list[int]:
    shape = [sizes[c] for c in letters]
    if shape.count(-1) > 1:
        raise op.unsupported(
            f"the sizes of {[c for c in letters if sizes[c] == -1]} must be known, except for one"
        )
    return shape


def _summed(op: Operation, x: Any, term: str, kept: str) -> Any:
    axes = [axis for axis, letter in enumerate(term) if letter not in kept]
    if not axes or isinstance(x, Tensor):
        return op.helper("math.reduce_sum", x, axis=axes) if axes else x
    return np.sum(x, axis=tuple(axes)).tolist()


def _turned(op: Operation, x: Any, letters: list[str], result: str) -> Translated:
    perm = [letters.index(c) for c in result]
    return ("identity", x, {}) if perm == sorted(perm) else ("transpose", x, {"perm": perm})


def _grouped(
    op: Operation, x: Any, letters: list[str], groups: tuple[list[str], ...], sizes: dict[str, int]
) -> Any:
    """An operand of a matrix product: (batch, rows, columns); rows and columns may be several letters each."""
    batch, *matrix = groups
    order = [*batch, *matrix[0], *matrix[1]]
    perm = [letters.index(c) for c in order]
    moved = x
    if perm != sorted(perm):
        moved = (
            op.helper("transpose", x, perm=perm) if isinstance(x, Tensor) else np.transpose(x, perm).tolist()
        )
    if all(len(group) == 1 for group in matrix):
        return moved
    shape = _shape(op, order, sizes)[: len(batch)]
    for group in matrix:
        found = [sizes[c] for c in group]
        shape.append(-1 if -1 in found else math.prod(found))
    return op.reshaped(moved, shape)
