"""Arrays that code makes for sizes that are not known: `ops.arange(ops.shape(x)[1])`, `ops.zeros((batch, 4))`.

Keras 3 makes such an array at once, because no argument is a tensor. While code is recorded, one whose arguments follow
from an unknown size becomes a step like any other.

Source: keras/src/ops/numpy.py, arange, zeros, ones, full, eye, tri, tile, broadcast_to, repeat
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

MADE: Final[Mapping[str, tuple[str, ...]]] = {
    "arange": ("start", "stop", "step", "dtype"),
    "zeros": ("shape", "dtype"),
    "ones": ("shape", "dtype"),
    "full": ("shape", "fill_value", "dtype"),
    "eye": ("N", "M", "k", "dtype"),
    "tri": ("N", "M", "k", "dtype"),
}
"""The functions that make arrays, and their parameters."""
SPREAD: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "tile": ("Tile", ("repeats",)),
    "broadcast_to": ("BroadcastTo", ("shape",)),
    "repeat": ("Repeat", ("repeats", "axis")),
}
"""The functions that repeat an array, the class of their operation, and their parameters after the array."""
_NEAR: Final = 2


def follows(value: Any, sizes: Iterable[int]) -> bool:
    """Whether an argument holds a number that is likely to follow from one of the sizes.

    Args:
      value: a number, or a list of them.
      sizes: the sizes.
    """
    if isinstance(value, list | tuple):
        return any(follows(item, sizes) for item in value)
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        return False
    number = int(value)
    return any(number + _NEAR >= size and min(number % size, size - number % size) <= _NEAR for size in sizes)


def completed(name: str, given: Mapping[str, Any], floatx: str) -> dict[str, Any]:
    """The arguments of a function that makes arrays, with those left out.

    Args:
      name: the function.
      given: its arguments.
      floatx: the dtype of floats.
    """
    found = {key: value for key, value in given.items() if value is not None}
    if name == "arange":
        if "stop" not in found:
            found = {**found, "start": 0, "stop": found["start"]}
        found.setdefault("step", 1)
        numbers = (found["start"], found["stop"], found["step"])
        floats = any(isinstance(number, float) for number in numbers)
        found.setdefault("dtype", floatx if floats else "int32")
        return found
    if name in ("eye", "tri"):
        found.setdefault("M", found["N"])
        found.setdefault("k", 0)
    else:
        shape = found["shape"]
        found["shape"] = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    found.setdefault("dtype", floatx)
    return found


def shape_of(name: str, given: Mapping[str, Any]) -> tuple[int, ...]:
    """The shape of the array that a function makes of its completed arguments."""
    if name == "arange":
        return (max(0, math.ceil((given["stop"] - given["start"]) / given["step"])),)
    if name in ("eye", "tri"):
        return (int(given["N"]), int(given["M"]))
    return tuple(int(size) for size in given["shape"])


def making(
    name: str,
    original: Callable[..., Any],
    made: Callable[[str, dict[str, Any], tuple[int, ...]], Any],
    sizes: Callable[[], Iterable[int] | None],
    floatx: str,
) -> Callable[..., Any]:
    """A function in the place of one that makes arrays.

    Args:
      name: the function.
      original: what it is.
      made: gives the symbolic tensor of completed arguments and a shape.
      sizes: gives the sizes that stand for unknown ones; None where nothing is recorded.
      floatx: the dtype of floats.
    """

    def make(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(MADE[name], args, strict=False)), **kwargs}
        known = sizes()
        if known is None or not any(follows(value, known) for value in given.values()):
            return original(*args, **kwargs)
        full = completed(name, given, floatx)
        return made(name, full, shape_of(name, full))

    return make


def spreading(
    name: str, original: Callable[..., Any], operations: Any, sizes: Callable[[], Iterable[int] | None]
) -> Callable[..., Any]:
    """A function in the place of one that repeats an array.

    Args:
      name: the function.
      original: what it is.
      operations: the module that has the class of its operation.
      sizes: gives the sizes that stand for unknown ones; None where nothing is recorded.
    """

    def spread(x: Any, *args: Any, **kwargs: Any) -> Any:
        kind, names = SPREAD[name]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        known = sizes()
        if known is None or not any(follows(value, known) for value in given.values()):
            return original(x, *args, **kwargs)
        return getattr(operations, kind)(**given).symbolic_call(x)

    return spread
