"""Sizes that are not known when code runs on symbolic tensors, told from sizes that are.

Keras 3 runs the code of a layer for sizes that it makes up, and so does this: once for every unknown size with another
one in its place, and once with all of them changed. A number that changes with them is a function of them. A number
that does not is a constant.

    83, 89              the size itself
    166, 178            twice the size
    83 * 97, 89 * 97    the product of two

Source: keras/src/backend/jax/core.py, compute_output_spec
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_BASE: Final = (83, 97, 103, 109, 127, 137, 149, 157)
_OTHER: Final = (89, 101, 107, 113, 131, 139, 151, 163)


@dataclass(frozen=True)
class OpenSize:
    """A number that follows from unknown sizes.

    Attributes:
      constant: what is added.
      terms: factors, each with the numbers of the sizes that it multiplies.
    """

    constant: int
    terms: tuple[tuple[int, tuple[int, ...]], ...]

    def of(self, sizes: Mapping[int, int]) -> int:
        """The number for given sizes."""
        return self.constant + sum(a * math.prod(sizes[s] for s in symbols) for a, symbols in self.terms)


@dataclass(frozen=True, eq=False)
class OpenArray:
    """An array whose shape follows from unknown sizes.

    Attributes:
      shape: its shape, of numbers and OpenSizes.
      first: its first element, also an OpenSize.
      step: what each element adds to the one before; 0 where all are equal.
      dtype: its dtype.
    """

    shape: tuple[int | OpenSize, ...]
    first: Any
    step: Any
    dtype: np.dtype[Any]


class UnknownForm(Exception):
    """Values change with unknown sizes in a way that is not recognized."""


def samples(count: int) -> list[dict[int, int]]:
    """The sizes of each run: the first, one run for each size that is another, and one where all are.

    Args:
      count: how many unknown sizes there are.

    Raises:
      UnknownForm: there are too many.
    """
    if count > len(_BASE):
        raise UnknownForm(f"it has {count} unknown sizes, expected at most {len(_BASE)}")
    base = dict(enumerate(_BASE[:count]))
    if not count:
        return [base]
    single = [{**base, symbol: _OTHER[symbol]} for symbol in range(count)]
    last = {
        symbol: 2 * _OTHER[count - 1 - symbol] + 1 for symbol in range(count)
    }  # the largest one comes first
    return [base, *single, last]


def merged(values: Sequence[Any], sizes: Sequence[Mapping[int, int]]) -> Any:
    """The value that several runs agree on, with what changes as a function of the unknown sizes.

    Args:
      values: the value in each run.
      sizes: the sizes of each run.

    Raises:
      UnknownForm: it changes in another way.
    """
    first = values[0]
    if isinstance(first, Mapping):
        if any(not isinstance(v, Mapping) or v.keys() != first.keys() for v in values):
            raise UnknownForm("its arguments have other names for other sizes")
        return {key: merged([v[key] for v in values], sizes) for key in first}
    if isinstance(first, slice):
        return slice(*merged([(v.start, v.stop, v.step) for v in values], sizes))
    if isinstance(first, list | tuple):
        if any(not isinstance(v, list | tuple) or len(v) != len(first) for v in values):
            raise UnknownForm("its arguments have other lengths for other sizes")
        found = [merged(list(each), sizes) for each in zip(*values, strict=True)]
        return tuple(found) if isinstance(first, tuple) else found
    if isinstance(first, bool | str | None):
        if any(v != first for v in values):
            raise UnknownForm(f"{first!r} is another value for other sizes")
        return first
    if isinstance(first, int | np.integer):
        return _size(list(map(int, values)), sizes)
    if isinstance(first, np.ndarray):
        return _array(values, sizes)
    if any(v != first for v in values):
        raise UnknownForm("it takes another way for other sizes")
    return first


def _size(values: list[int], sizes: Sequence[Mapping[int, int]]) -> int | OpenSize:
    if all(v == values[0] for v in values):
        return values[0]
    symbols = sorted(sizes[0])
    changed = [s for s in symbols if values[1 + s] != values[0]]
    terms, constant = [], values[0]
    for symbol in changed:
        factor, rest = divmod(values[1 + symbol] - values[0], sizes[1 + symbol][symbol] - sizes[0][symbol])
        if rest:
            break
        terms.append((factor, (symbol,)))
        constant -= factor * sizes[0][symbol]
    else:
        found = OpenSize(constant, tuple(terms))
        if all(found.of(each) == value for each, value in zip(sizes, values, strict=True)):
            return found
    factor, rest = divmod(values[0], math.prod(sizes[0][s] for s in changed))
    found = OpenSize(0, ((factor, tuple(changed)),))
    if not rest and all(found.of(each) == value for each, value in zip(sizes, values, strict=True)):
        return found
    raise UnknownForm(
        f"the number {values[0]} for sizes {list(sizes[0].values())} is of no form that is known"
    )


def _array(values: Sequence[Any], sizes: Sequence[Mapping[int, int]]) -> Any:
    first = values[0]
    same = all(v.shape == first.shape for v in values)
    if same and all(v.tobytes() == first.tobytes() for v in values):
        return first
    if any(v.ndim != first.ndim for v in values):
        raise UnknownForm("an array has another rank for other sizes")
    if not first.ndim and all(np.isfinite(v) and v == int(v) for v in values):
        return OpenArray((), _size([int(v) for v in values], sizes), 0, first.dtype)
    shape = tuple(merged([v.shape for v in values], sizes))
    if first.size and all(v.size and (v == first.flat[0]).all() for v in values):
        return OpenArray(shape, first.flat[0], 0, first.dtype)
    if first.ndim == 1 and first.size > 1:
        step = first[1] - first[0]
        if all((v == first[0] + step * np.arange(len(v))).all() for v in values):
            return OpenArray(shape, first[0], step, first.dtype)
    raise UnknownForm(
        f"an array of shape {first.shape} changes with the sizes, and is neither a fill nor a range"
    )
