"""Weights from elsewhere: which array of a file goes to which weight of a model, by name, pattern or function.

    mapping={
        "params/head/kernel": "dense/kernel",                       a name
        r"params/Dense_(\\d+)/(kernel|bias)": r"dense_\\1/\\2",        a pattern, and what it makes of a name
        r".*/conv/weight": ("conv/kernel", (2, 3, 1, 0)),           with the axes of a transpose
        "step": None,                                               left out
    }

A name that is written out goes before patterns, and an earlier pattern before a later one. A pattern has to match the
whole name. A function takes the name and returns what stands on the right here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats import matching
from kerasfmt.ir.weight import ArrayLike

Target: TypeAlias = str | tuple[str, Sequence[int]] | None
"""The name of a weight, or its name and the axes of a transpose, or None for an array that is left out."""
WeightMapping: TypeAlias = Mapping[str, Target] | Callable[[str], Target]


class Transposed:
    """An array with its axes in another order; it is read and transposed when it is used.

    Attributes:
      shape: its shape.
      dtype: its NumPy dtype.
    """

    def __init__(self, array: ArrayLike, axes: Sequence[int]) -> None:
        self._array, self._axes = array, tuple(axes)
        self.shape = tuple(array.shape[axis] for axis in self._axes)
        self.dtype = array.dtype

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        """The elements that a basic index selects, as a new array."""
        return np.asarray(np.asarray(self)[key])

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The whole array, as a new array."""
        array = np.ascontiguousarray(np.asarray(self._array).transpose(self._axes))
        return array if dtype is None else array.astype(dtype, copy=False)


def assign_mapped(
    model: matching.Weighted,
    arrays: Mapping[str, ArrayLike],
    mapping: WeightMapping | None,
    where: str,
    by_name: bool = False,
    skip_mismatch: bool = False,
) -> None:
    """Gives a model the arrays that a mapping names for its weights, all of them or, if anything fails, none.

    Args:
      model: the model.
      arrays: the arrays by name.
      mapping: the rules; without them, an array goes to the weight of its name.
      where: the file, for errors.
      by_name: whether weights without an array stay as they are, and arrays without a rule are left out.
      skip_mismatch: by name, whether to leave out, with a warning, arrays that do not fit.

    Raises:
      InvalidModelError: a weight has no array, an array no rule or no weight, two have the same weight, or one does not
        fit.
      ValueError: `skip_mismatch` without `by_name`; or axes that are no axes of the array.
    """
    mismatch = matching.mismatch_by_key(by_name, skip_mismatch)
    weights = matching.keyed_weights(model)
    where = f"{where}: model {model.name}"
    rules = Rules(mapping, weights)
    found: dict[str, ArrayLike] = {}
    origins: dict[str, str] = {}
    unruled = []
    for name, array in arrays.items():
        if not rules.known(name):
            unruled.append(name)
            continue
        target = rules.target(name)
        if target is None:
            continue
        key, axes = (target, None) if isinstance(target, str) else target
        if key not in weights:
            if by_name and mapping is None:
                continue
            raise InvalidModelError(
                f"{where}: {name}: maps to {key!r}, expected the name of a weight; it has {_listed(weights)}"
            )
        if key in found:
            raise InvalidModelError(f"{where}: weight {key}: {origins[key]} and {name} both map to it")
        found[key], origins[key] = _placed(name, array, axes), name
    missing = [key for key in weights if key not in found]
    if not by_name and (missing or unruled):
        raise InvalidModelError(
            f"{where}: got no array for the weights {_listed(missing)}, and no rule for the arrays {_listed(unruled)}; "
            "map a name to None to leave an array out; by_name=True takes what is there"
        )
    for key, array in found.items():
        _hint(where, weights[key], key, origins[key], array)
    matching.assign_by_key(weights, found, where, mismatch)


class Rules:
    """What a mapping says of names.

    Args:
      mapping: see `assign_mapped`.
      weights: the weights by name.

    Raises:
      ValueError: a pattern is none.
    """

    def __init__(self, mapping: WeightMapping | None, weights: Mapping[str, Any]) -> None:
        self._weights = weights
        self._function = mapping if callable(mapping) else None
        self._exact: Mapping[str, Target] = {} if mapping is None or callable(mapping) else mapping
        self._own = mapping is None
        self._patterns: list[tuple[re.Pattern[str], Target]] = []
        for text, target in self._exact.items():
            try:
                self._patterns.append((re.compile(text), target))
            except re.error as error:
                raise ValueError(f"mapping: {text!r}: expected a name or a pattern: {error}") from error

    def known(self, name: str) -> bool:
        """Whether there is a rule for a name."""
        if self._own:
            return name in self._weights
        return (
            self._function is not None
            or name in self._exact
            or any(pattern.fullmatch(name) for pattern, _ in self._patterns)
        )

    def target(self, name: str) -> str | tuple[str, Sequence[int]] | None:
        """The weight of a name, and the axes; None where the array is left out."""
        if self._own:
            return name
        if self._function is not None:
            return self._function(name)
        if name in self._exact:
            return self._exact[name]
        for pattern, target in self._patterns:
            match = pattern.fullmatch(name)
            if match is None:
                continue
            if target is None:
                return None
            return match.expand(target) if isinstance(target, str) else (match.expand(target[0]), target[1])
        return None


def _placed(name: str, array: ArrayLike, axes: Sequence[int] | None) -> ArrayLike:
    if axes is None:
        return array
    if sorted(axes) != list(range(len(array.shape))):
        raise ValueError(
            f"mapping: {name}: expected an order of its {len(array.shape)} axes, got {tuple(axes)}"
        )
    return Transposed(array, axes)


def _hint(where: str, weight: Any, key: str, name: str, array: ArrayLike) -> None:
    """Refuses an array that would fit if it were transposed, with how to say that.

    Raises:
      InvalidModelError: it would.
    """
    shape = tuple(array.shape)
    if weight.takes_shape(shape) or len(shape) != 2 or not weight.takes_shape(shape[::-1]):
        return
    raise InvalidModelError(
        f"{where}: weight {key}: expected shape {list(weight.shape)}, got {list(shape)} from {name}; if it is to be "
        f"transposed, map it to ({key!r}, (1, 0))"
    )


def _listed(names: Any) -> str:
    listed = list(names)
    return f"{', '.join(listed[:8])}{f' and {len(listed) - 8} more' if len(listed) > 8 else ''}" or "none"
