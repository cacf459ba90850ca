"""Shapes and specs: what is known about a tensor before it exists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from kerasfmt.dtypes import DType

Shape: TypeAlias = "tuple[int | None, ...] | None"
"""The dimensions of a tensor: None for an unknown dimension; None in place of the tuple for an unknown rank."""


@dataclass(frozen=True)
class Spec:
    """The shape, dtype and (optionally) the name of a tensor.

    Source: tensorflow/python/framework/tensor.py, TensorSpec.
    """

    shape: Shape
    dtype: DType
    name: str | None = None

    def with_name(self, name: str | None) -> Spec:
        """The same spec under another name."""
        return Spec(self.shape, self.dtype, name)


@dataclass(frozen=True)
class VariableSpec:
    """An argument that is a variable itself, not its content.

    Attributes:
      content: the shape and dtype of the content.
      alias: a number that is another one for each variable among the arguments.

    Source: tensorflow/python/ops/resource_variable_ops.py, VariableSpec.
    """

    content: Spec
    alias: int


def merge_dims(a: int | None, b: int | None) -> int | None:
    """The one dimension that `a` and `b` both describe.

    Raises:
      ValueError: both are known and differ.
    """
    if a is None or b is None:
        return b if a is None else a
    if a != b:
        raise ValueError(f"dimensions {a} and {b} do not agree")
    return a


def merge_shapes(a: Shape, b: Shape) -> Shape:
    """The one shape that `a` and `b` both describe.

    Raises:
      ValueError: ranks or known dimensions differ.
    """
    if a is None or b is None:
        return b if a is None else a
    if len(a) != len(b):
        raise ValueError(f"shapes {a} and {b} have different ranks")
    return tuple(merge_dims(x, y) for x, y in zip(a, b, strict=True))


def broadcast_shapes(a: Shape, b: Shape) -> Shape:
    """The shape of an elementwise result of `a` and `b`, by NumPy's broadcasting rules.

    Raises:
      ValueError: two known dimensions differ and neither is 1.
    """
    if a is None or b is None:
        return None
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    out: list[int | None] = []
    for x, y in zip(a, b, strict=True):
        if x == 1:
            out.append(y)
        elif y == 1 or x == y:
            out.append(x)
        elif x is None or y is None:
            out.append(y if x is None else x)
        else:
            raise ValueError(f"shapes {a} and {b} do not broadcast")
    return tuple(out)


def known_size(dims: Iterable[int | None]) -> int | None:
    """The product of `dims`, or None if one of them is not known."""
    size = 1
    for dim in dims:
        if dim is None:
            return None
        size *= dim
    return size
