"""The table of functions, and how their arguments become operands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.families import FamilyTable
from kerasfmt.graph import Value, ops
from kerasfmt.nn.shapes import dims_of, reshape_to

Function = Callable[..., Any]
_F = TypeVar("_F", bound=Function)
FUNCTIONS: FamilyTable[Function] = FamilyTable()


def function(*names: str) -> Callable[[_F], _F]:
    """A decorator that registers a function under its names in TensorFlow's public API."""

    def decorate(entry: _F) -> _F:
        register(entry, *names)
        return entry

    return decorate


def register(entry: Function, *names: str) -> None:
    """Registers a function under its names; Python's own errors call it by the first one."""
    entry.__qualname__ = f"tf.{names[0]}"
    for name in names:
        assert not FUNCTIONS.known(name), name
        FUNCTIONS.enter(name, entry)


def find_function(name: str) -> Function | None:
    """The function that TensorFlow calls `name`, or None."""
    return FUNCTIONS.find(name)


def known_functions() -> list[str]:
    """The names of all functions."""
    return FUNCTIONS.names()


def leaves(argument: Any) -> Iterator[Any]:
    """The items of a nested list, or the argument itself if it is not a list."""
    if isinstance(argument, list | tuple):
        for item in argument:
            yield from leaves(item)
    else:
        yield argument


def first_value(*arguments: Any) -> Value:
    """The first Value among the arguments.

    Raises:
      ValueError: there is none.
    """
    for leaf in leaves(arguments):
        if isinstance(leaf, Value):
            return leaf
    raise ValueError("no argument is a tensor")


def operand(argument: Any, dtype: DType) -> Any:
    """An argument as an operand; a nested list becomes an array of `dtype`, or is packed if it holds Values."""
    if not isinstance(argument, list | tuple):
        return argument
    if any(isinstance(leaf, Value) for leaf in leaves(argument)):
        return ops.pack([operand(item, dtype) for item in argument])
    return np.array(argument, dtype.numpy)


def tensor(argument: Any, beside: Value, dtype: DType | None = None) -> Value:
    """An argument as a Value in the graph of `beside`; a constant gets `dtype`, or the dtype of `beside`."""
    found = operand(argument, dtype or beside.dtype)
    if isinstance(found, Value):
        return found
    value: Value = beside.graph.constant(np.asarray(found, (dtype or beside.dtype).numpy))
    return value


def operands(*arguments: Any) -> list[Any]:
    """Arguments as operands; constants get the dtype of the first Value among them."""
    dtype = first_value(*arguments).dtype
    return [operand(argument, dtype) for argument in arguments]


def integers(argument: Any) -> Any:
    """An argument as an operand of integers."""
    return operand(argument, dtypes.int32)


def dtype_of(name: Any, default: DType) -> DType:
    """The dtype that `name` stands for; the default for None."""
    return default if name is None else dtypes.of(name)


def axes_of(axis: Any, rank: int) -> list[int]:
    """Axes counted from the front; all of them for None."""
    if axis is None:
        return list(range(rank))
    listed = list(axis) if isinstance(axis, list | tuple) else [axis]
    for item in listed:
        if not isinstance(item, int) or not -rank <= item < rank:
            raise ValueError(f"axis {item!r} is out of range for {rank} dimensions")
    return [item % rank for item in listed]


def dot_constant(x: Value, matrix: Any) -> Value:
    """The product of `x` (..., m) and a constant (m, n), summed over m: (..., n)."""
    depth, units = matrix.shape
    return reshape_to(ops.matmul(ops.reshape(x, [-1, depth]), matrix), [*dims_of(x)[:-1], units])
