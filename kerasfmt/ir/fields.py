"""Options of layers, optimizers and such: how one is read from a config, checked, held and written back.

A class declares its options as annotated attributes (see `kerasfmt.ir.options`). The specifiers below say what an
option is where the annotation does not say enough. Options that hold an object of Keras have a specifier beside the
class of the object: `initializers.option()`, `regularizers.option()`, `constraints.option()`, `activations.option()`.

    class Dense(Layer):
        units: int = fields.positive_integer()
        activation: activations.Option = activations.option()
        use_bias: bool = True
        kernel: Weight = fields.weight()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeGuard

import numpy as np

from kerasfmt.ir.field import REQUIRED as REQUIRED, Field as Field, State, as_given
from kerasfmt.ir.json_values import wrap_shape

Sizes: TypeAlias = Field[tuple[int, ...], int | Sequence[int]]
"""The type of an option of `dims`."""
OptionalSizes: TypeAlias = Field[tuple[int, ...] | None, int | Sequence[int] | None]
"""The type of an option of `dims` that may be None."""
Margins: TypeAlias = Field[tuple[tuple[int, ...], ...], int | Sequence[int] | Sequence[Sequence[int]]]
"""The type of an option of `margins`."""
Integers: TypeAlias = Field[tuple[int, ...], Sequence[int]]
"""The type of an option of `integers`."""
Axes: TypeAlias = Field[Any, int | Sequence[int]]
"""The type of an option of `axes`; layers make a list of it when they are built."""
TensorShape: TypeAlias = Field[Any, Sequence[int | None] | None]
"""The type of an option of `shape`."""
DataFormat: TypeAlias = Field[str, str | None]
"""The type of an option of `data_format`."""


def option(
    *,
    default: Any = REQUIRED,
    convert: Callable[[Any], Any] = as_given,
    to_config: Callable[[Any], Any] = as_given,
    stored: bool = True,
    implied: bool = False,
    kw_only: bool = False,
    alias: str | None = None,
) -> Any:
    """An option with a converter of its own; the parameters are the attributes of `Field`."""
    return Field(default, convert, to_config, stored, implied, kw_only, alias=alias)


def state(*, default: Any = REQUIRED, init: Literal[False] = False) -> Any:
    """An annotated attribute that is not an option; `init` tells type checkers so."""
    return State(default)


def weight(*, init: Literal[False] = False) -> Any:
    """A weight: not an option, and missing until `build` makes it; `init` tells type checkers so."""
    return State(REQUIRED)


def text(*, default: Any = REQUIRED) -> Any:
    """A text."""

    def convert(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"expected a text, got {value!r}")
        return value

    return Field(default, convert)


def integer(
    *, default: Any = REQUIRED, optional: bool = False, stored: bool = True, kw_only: bool = False
) -> Any:
    """A whole number, or None where it is optional."""

    def convert(value: Any) -> int | None:
        if value is None and optional:
            return None
        if not is_integer(value):
            raise ValueError(f"expected a whole number{' or None' if optional else ''}, got {value!r}")
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"expected a whole number that int64 holds, got {value!r}")
        return int(value)

    return Field(default, convert, stored=stored, kw_only=kw_only)


def optional(field: Any) -> Any:
    """The option, which may be None too."""
    convert = field.convert
    field.convert = lambda value: None if value is None else convert(value)
    return field


def number(
    *, default: Any = REQUIRED, above: float | None = None, kw_only: bool = False, implied: bool = False
) -> Any:
    """A finite number, greater than `above` if it is given; an integer stays an integer."""

    def convert(value: Any) -> float:
        found = _number(value)
        if found is None or not math.isfinite(found) or (above is not None and found <= above):
            bound = "" if above is None else f" above {above}"
            raise ValueError(f"expected a finite number{bound}, got {value!r}")
        return found

    return Field(default, convert, kw_only=kw_only, implied=implied)


def float32(*, default: Any = REQUIRED, minimum: float | None = None, optional: bool = False) -> Any:
    """A number that Keras keeps in single precision: its config shows 0.1 as 0.10000000149011612.

    Source: tf_keras/src/backend.py, cast_to_floatx.
    """

    def convert(value: Any) -> float | None:
        if value is None and optional:
            return None
        found = _number(value)
        if found is None or (minimum is not None and not found >= minimum):
            bound = "" if minimum is None else f" of at least {minimum}"
            raise ValueError(f"expected a number{bound}, got {value!r}")
        return float(np.float32(found))

    return Field(default, convert)


def _number(value: Any) -> float | None:
    """A real number of Python or NumPy as a Python number; None for anything else."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def boolean(
    *,
    default: Any = REQUIRED,
    stored: bool = True,
    implied: bool = False,
    kw_only: bool = False,
    alias: str | None = None,
) -> Any:
    """True or False; 1 and 0 are accepted too."""

    def convert(value: Any) -> bool:
        if not isinstance(value, bool | np.bool_ | int) or value not in (0, 1):
            raise ValueError(f"expected True or False, got {value!r}")
        return bool(value)

    return Field(default, convert, stored=stored, implied=implied, kw_only=kw_only, alias=alias)


def choice(*allowed: Any, default: Any = REQUIRED, kw_only: bool = False) -> Any:
    """An option that takes one of a few values."""

    def convert(value: Any) -> Any:
        found = value.lower() if isinstance(value, str) else value
        if found not in allowed:
            raise ValueError(f"expected one of {list(allowed)}, got {value!r}")
        return allowed[allowed.index(found)]

    return Field(default, convert, kw_only=kw_only)


def dims(
    rank: int, *, default: Any = REQUIRED, minimum: int = 1, optional: bool = False, stored: bool = True
) -> Any:
    """An option of `rank` integers, or None where it is optional; one integer stands for all of them."""

    def convert(value: Any) -> tuple[int, ...] | None:
        if value is None and optional:
            return None
        return _integers(value, rank, minimum)

    return Field(default, convert, stored=stored)


LARGEST = 2**31 - 1
"""The largest size, step or number of repetitions: TensorFlow's kernels compute them in int32."""


def is_integer(value: object) -> TypeGuard[int]:
    """Whether `value` is an integer of Python or NumPy; True and False are not."""
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


def noise_shape(*, stored: bool = True) -> Any:
    """The shape of random numbers, None for an axis as long as that of the inputs; None for the inputs' shape.

    A list stays a list, which Keras tracks.
    """

    def convert(value: Any) -> Sequence[int | None] | None:
        if value is not None and (
            not isinstance(value, list | tuple)
            or not all(i is None or (is_integer(i) and 1 <= i <= LARGEST) for i in value)
        ):
            raise ValueError(f"expected sizes of at least 1 and None, or None, got {value!r}")
        found: Sequence[int | None] | None = value
        return found

    return Field(None, convert, stored=stored)


def fraction(*, default: Any = REQUIRED) -> Any:
    """A number from 0 to 1."""

    def convert(value: Any) -> float:
        if not isinstance(value, int | float | np.number) or not 0 <= value <= 1:
            raise ValueError(f"expected a value in [0, 1], got {value!r}")
        return value.item() if isinstance(value, np.number) else value

    return Field(default, convert)


def data_format(*, stored: bool = True) -> Any:
    """`channels_last` or `channels_first`; None means channels_last."""

    def convert(value: Any) -> str:
        found = "channels_last" if value is None else str(value).lower()
        if found not in ("channels_last", "channels_first"):
            raise ValueError(f"expected channels_last or channels_first, got {value!r}")
        return found

    return Field("channels_last", convert, stored=stored)


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


def axes(*, default: Any = REQUIRED) -> Any:
    """An axis, or a list of axes; a tuple becomes a list."""

    def convert(value: Any) -> int | list[int]:
        items = list(value) if isinstance(value, list | tuple) else [value]
        if not items or not all(isinstance(i, int) and not isinstance(i, bool) for i in items):
            raise ValueError(f"expected an axis or a list of axes, got {value!r}")
        return items if isinstance(value, list | tuple) else int(items[0])

    return Field(default, convert)


def axes_or_none(value: Any) -> tuple[int, ...] | None:
    """An axis or a list of axes as a tuple, or None.

    Raises:
      ValueError: it is anything else.
    """
    if value is None:
        return None
    found = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not all(map(is_integer, found)):
        raise ValueError(f"expected an axis, a list of axes, or None, got {value!r}")
    return found


def raw(*, default: Any = REQUIRED) -> Any:
    """A value that is kept as given; in the config, arrays become lists and NumPy scalars become Python numbers."""

    return Field(default, to_config=lambda v: v.tolist() if isinstance(v, np.ndarray | np.generic) else v)


def shape() -> Any:
    """A shape or None; Keras stores it as a TensorShape."""

    def convert(value: Any) -> tuple[int | None, ...] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple) or not all(
            size is None or (is_integer(size) and 0 <= size < 2**63) for size in value
        ):
            raise ValueError(f"expected sizes and None, got {value!r}")
        return tuple(value)

    return Field(None, convert, lambda v: None if v is None else wrap_shape(v))
