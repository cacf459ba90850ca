"""Config fields of layers: how an option is read from a config, checked, and written back.

A layer class declares its options as annotated class attributes; the specifiers below say what an option is.

    class Dense(Layer):
        units: int
        activation: Activation = activation()
        kernel_initializer: Initializer = initializer(default="glorot_uniform")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from kerasfmt.ir import activations, constraints, initializers, regularizers

REQUIRED: Any = object()
"""The default of an option that has none."""


@dataclass(frozen=True)
class Field:
    """One config option.

    Attributes:
      default: its default, or REQUIRED.
      convert: config value or Python value -> the value that the layer holds; ValueError where it cannot be.
      to_config: the held value -> JSON as Keras 2 writes it.
      stored: whether the option is part of the config.
      later: whether only later releases of Keras have it, so that the config holds it only where it says something.
    """

    default: Any = REQUIRED
    convert: Callable[[Any], Any] = lambda v: v
    to_config: Callable[[Any], Any] = lambda v: v
    stored: bool = True
    later: bool = False

    def in_config(self, value: Any) -> bool:
        """Whether the config holds the option at this value."""
        return self.stored and not (self.later and value == self.default)


def _as_it_is(value: Any) -> Any:
    return value


def option(
    *,
    default: Any = REQUIRED,
    convert: Callable[[Any], Any] = _as_it_is,
    to_config: Callable[[Any], Any] = _as_it_is,
    stored: bool = True,
) -> Any:
    """An option with a converter of its own; the parameters are the attributes of `Field`."""
    return Field(default, convert, to_config, stored)


def choice(*allowed: Any, default: Any = REQUIRED) -> Any:
    """An option that takes one of a few values."""

    def convert(value: Any) -> Any:
        found = value.lower() if isinstance(value, str) else value
        if found not in allowed:
            raise ValueError(f"expected one of {list(allowed)}, got {value!r}")
        return allowed[allowed.index(found)]

    return Field(default, convert)


def dims(rank: int, *, default: Any = REQUIRED, minimum: int = 1, optional: bool = False) -> Any:
    """An option of `rank` integers, or None where it is optional; one integer stands for all of them."""

    def convert(value: Any) -> tuple[int, ...] | None:
        if value is None and optional:
            return None
        return _integers(value, rank, minimum)

    return Field(default, convert)


LARGEST = 2**31 - 1
"""The largest size, step or number of repetitions: TensorFlow's kernels compute them in int32."""


def is_integer(value: object) -> TypeGuard[int]:
    """Whether `value` is an integer of Python or NumPy; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _repeated(value: Any, rank: int) -> tuple[Any, ...]:
    """A list or tuple as a tuple, an integer `rank` times; () for anything else."""
    if isinstance(value, list | tuple):
        return tuple(value)
    return (value,) * rank if is_integer(value) else ()


def _integers(value: Any, rank: int, minimum: int) -> tuple[int, ...]:
    items = _repeated(value, rank)
    if len(items) != rank or not all(is_integer(i) and i >= minimum for i in items):
        raise ValueError(f"expected {rank} integers of at least {minimum}, got {value!r}")
    if any(i > LARGEST for i in items):
        raise ValueError(f"expected {rank} integers of at most {LARGEST}, got {value!r}")
    return tuple(int(i) for i in items)


def margins(rank: int, *, default: Any) -> Any:
    """An option of `rank` pairs (before, after); one integer stands for a pair, or for all of them."""

    def convert(value: Any) -> tuple[tuple[int, ...], ...]:
        items = _repeated(value, rank)
        if len(items) != rank:
            raise ValueError(f"expected {rank} pairs of integers, got {value!r}")
        return tuple(_integers(item, 2, 0) for item in items)

    return Field(default, convert)


def integers(*, minimum: int) -> Any:
    """An option of any number of integers."""

    def convert(value: Any) -> tuple[int, ...]:
        if not isinstance(value, list | tuple) or not all(is_integer(i) and i >= minimum for i in value):
            raise ValueError(f"expected a list of integers of at least {minimum}, got {value!r}")
        return tuple(int(i) for i in value)

    return Field(REQUIRED, convert)


def fraction() -> Any:
    """A number from 0 to 1."""

    def convert(value: Any) -> float:
        if not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
            raise ValueError(f"expected a value in [0, 1], got {value!r}")
        return value.item() if isinstance(value, np.number) else value

    return Field(REQUIRED, convert)


def data_format(*, stored: bool = True) -> Any:
    """`channels_last` or `channels_first`; None means channels_last."""

    def convert(value: Any) -> str:
        found = "channels_last" if value is None else str(value).lower()
        if found not in ("channels_last", "channels_first"):
            raise ValueError(f"expected channels_last or channels_first, got {value!r}")
        return found

    return Field("channels_last", convert, stored=stored)


def activation(*, default: Any = None) -> Any:
    """An activation function, by name in the config."""
    return Field(default, activations.get, activations.to_config)


def initializer(*, default: Any) -> Any:
    """A weight initializer."""
    return Field(default, initializers.get, initializers.to_config)


def regularizer() -> Any:
    """A regularizer, or None."""
    return Field(None, regularizers.get, regularizers.to_config)


def constraint() -> Any:
    """A constraint, or None."""
    return Field(None, constraints.get, constraints.to_config)


def positive_integer(*, default: Any = REQUIRED) -> Any:
    """A whole number of at least 1."""

    def convert(value: Any) -> int:
        whole = is_integer(value) or (isinstance(value, float | np.floating) and float(value).is_integer())
        if not whole or value < 1:
            raise ValueError(f"expected a whole number of at least 1, got {value!r}")
        if value > LARGEST:
            raise ValueError(f"expected a whole number of at most {LARGEST}, got {value!r}")
        return int(value)

    return Field(default, convert)


def boolean(*, default: Any = REQUIRED, later: bool = False) -> Any:
    """True or False, which 1 and 0 stand for as well; what an option that is annotated as bool is."""

    def convert(value: Any) -> bool:
        if not isinstance(value, bool | np.bool_ | int) or value not in (0, 1):
            raise ValueError(f"expected True or False, got {value!r}")
        return bool(value)

    return Field(default, convert, later=later)


def axes(*, default: Any = REQUIRED) -> Any:
    """An axis, or a list of axes; a tuple becomes a list."""

    def convert(value: Any) -> int | list[int]:
        items = list(value) if isinstance(value, list | tuple) else [value]
        if not items or not all(isinstance(i, int) and not isinstance(i, bool) for i in items):
            raise ValueError(f"expected an axis or a list of axes, got {value!r}")
        return items if isinstance(value, list | tuple) else int(items[0])

    return Field(default, convert)


def float32(*, default: Any = REQUIRED, minimum: float | None = None, optional: bool = False) -> Any:
    """A number that Keras keeps in single precision: its config shows 0.1 as 0.10000000149011612.

    Source: tf_keras/src/backend.py, cast_to_floatx.
    """

    def convert(value: Any) -> float | None:
        if value is None and optional:
            return None
        if value is None or (minimum is not None and not value >= minimum):
            bound = "" if minimum is None else f" of at least {minimum}"
            raise ValueError(f"expected a number{bound}, got {value!r}")
        return float(np.float32(value))

    return Field(default, convert)


def raw(*, default: Any = REQUIRED) -> Any:
    """A value that is kept as it is given; in the config, arrays are lists and NumPy scalars Python's."""

    def convert(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__numpy__":
            return np.asarray(value["config"]["value"], value["config"]["dtype"])
        return value

    return Field(default, convert, lambda v: v.tolist() if isinstance(v, np.ndarray | np.generic) else v)


def integer(*, default: Any = REQUIRED) -> Any:
    """A whole number."""

    def convert(value: Any) -> int:
        if not is_integer(value):
            raise ValueError(f"expected a whole number, got {value!r}")
        return int(value)

    return Field(default, convert)


def shape() -> Any:
    """A shape or None; Keras stores it as a TensorShape."""

    def to_config(value: Any) -> Any:
        return None if value is None else {"class_name": "TensorShape", "items": list(value)}

    return Field(None, lambda v: None if v is None else tuple(v), to_config)
