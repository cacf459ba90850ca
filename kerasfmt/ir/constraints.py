"""Keras's weight constraints: projections that training applies to a weight after each step.

A constraint is never part of a saved function; it lives in the layer's config. `apply` is the same
projection in NumPy.

Source: keras/src/constraints.py (2.15).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.identifiers import Config, OfFunction, Registry, to_config as to_config
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.typing import override

_EPSILON = 1e-7
"""keras.backend.epsilon()."""

Axis: TypeAlias = int | list[int] | tuple[int, ...] | None
Weights: TypeAlias = NDArray[Any]


class Constraint(FrozenOptions, ABC):
    """A projection of weights.

    Source: keras/src/constraints.py, Constraint
    """

    category: ClassVar[str] = "constraint"

    @abstractmethod
    def apply(self, w: Weights) -> Weights:
        """The projection of `w`: an array of its shape and (floating) dtype.

        Raises:
          InvalidModelError: the shape of `w` does not fit.
        """


_FORM = "of NumPy, array -> array"
_REGISTRY = Registry(Constraint, _FORM)  # type: ignore[type-abstract]
custom = _REGISTRY.custom
knows = _REGISTRY.knows


@_REGISTRY.functions
class FunctionConstraint(OfFunction, Constraint):
    """A function of the user's: of an array of NumPy, it returns one of the same shape."""

    name: str
    function: Callable[..., Any] = fields.raw()

    @override
    def apply(self, w: Weights) -> Weights:
        found: Weights = np.asarray(self.function(w), w.dtype)
        if found.shape != w.shape:
            raise InvalidModelError(f"constraint {self.name}: expected shape {w.shape}, got {found.shape}")
        return found


def _axis(value: Any) -> Axis:
    axes = value if isinstance(value, list | tuple) else [] if value is None else [value]
    if any(isinstance(a, bool) or not isinstance(a, int) for a in axes):
        raise ValueError(f"expected an int or a list of ints, got {value!r}")
    axis: Axis = value
    return axis


@_REGISTRY.register("max_norm", "maxnorm")
class MaxNorm(Constraint):
    """Scales down vectors along `axis` that are longer than `max_value`.

    Source: keras/src/constraints.py, MaxNorm
    """

    max_value: float = 2
    axis: Axis = fields.option(default=0, convert=_axis)

    @override
    def apply(self, w: Weights) -> Weights:
        norms = _norms(self, w, self.axis)
        projected: Weights = w * (_clip(norms, 0, self.max_value) / (w.dtype.type(_EPSILON) + norms))
        return projected


@_REGISTRY.register("non_neg", "nonneg")
class NonNeg(Constraint):
    """Replaces negative weights by zero.

    Source: keras/src/constraints.py, NonNeg
    """

    @override
    def apply(self, w: Weights) -> Weights:
        projected: Weights = w * (w >= 0).astype(w.dtype)
        return projected


@_REGISTRY.register("unit_norm", "unitnorm")
class UnitNorm(Constraint):
    """Scales vectors along `axis` to length 1.

    Source: keras/src/constraints.py, UnitNorm
    """

    axis: Axis = fields.option(default=0, convert=_axis)

    @override
    def apply(self, w: Weights) -> Weights:
        projected: Weights = w / (w.dtype.type(_EPSILON) + _norms(self, w, self.axis))
        return projected


@_REGISTRY.register("min_max_norm")
class MinMaxNorm(Constraint):
    """Moves the length of vectors along `axis` into `min_value .. max_value`, by the fraction `rate`.

    Source: keras/src/constraints.py, MinMaxNorm
    """

    min_value: float = 0.0
    max_value: float = 1.0
    rate: float = 1.0
    axis: Axis = fields.option(default=0, convert=_axis)

    @override
    def apply(self, w: Weights) -> Weights:
        number = w.dtype.type
        norms = _norms(self, w, self.axis)
        clipped = _clip(norms, self.min_value, self.max_value)
        desired = number(self.rate) * clipped + number(1 - self.rate) * norms
        projected: Weights = w * (desired / (number(_EPSILON) + norms))
        return projected


@_REGISTRY.register("radial_constraint")
class RadialConstraint(Constraint):
    """Makes square convolution kernels equal along each square ring around their centre.

    Source: keras/src/constraints.py, RadialConstraint
    """

    facts = KerasFacts(absent_in=3)

    @override
    def apply(self, w: Weights) -> Weights:
        """The projection of `w` (size, size, input channels, output channels), size at least 2.

        Raises:
          InvalidModelError: `w` has another rank, or its kernels are not square.
        """
        if w.ndim != 4 or w.shape[0] != w.shape[1] or w.shape[0] < 2:
            raise InvalidModelError(
                f"constraint RadialConstraint: expected square kernels (n, n, in, out), n >= 2, "
                f"got shape {w.shape}"
            )
        size = w.shape[0]
        start, odd = size // 2, size % 2
        out = np.empty_like(w)
        # From the outermost ring inwards. The centre is filled from the element above and left of it, in
        # odd kernels as in even ones: a slip of Keras that every release has.
        for ring in range(start - 1, -1 - odd, -1):
            at = start + ring if ring + odd > 0 else start - 1
            edge = start - 1 - ring
            out[edge : size - edge, edge : size - edge] = w[at, at]
        return out


def get(identifier: object) -> Constraint | None:
    """The constraint that `identifier` names; None for None.

    Raises:
      UnsupportedLayerError: the class or one of its options is not known.

    Source: keras/src/constraints.py, get
    """
    return _REGISTRY.get(identifier)


Option: TypeAlias = Field[Constraint | None, Constraint | type[Constraint] | Config | None]
"""The type of an option that is a constraint."""


def option() -> Any:
    """An option that is a constraint, None by default."""
    return Field(None, get, to_config, custom=custom)


def _norms(constraint: Constraint, w: Weights, axis: Axis) -> Weights:
    axes = tuple(axis) if isinstance(axis, list | tuple) else axis
    try:
        squares: Weights = np.sum(np.square(w), axis=axes, keepdims=True, dtype=w.dtype)
    except ValueError as error:
        raise InvalidModelError(
            f"constraint {type(constraint).__name__}: axis {axis} does not fit weights of shape {w.shape}"
        ) from error
    return np.sqrt(squares)


def _clip(x: Weights, low: float, high: float) -> Weights:
    # keras.backend.clip lets the lower bound win where the bounds cross.
    number = x.dtype.type
    clipped: Weights = np.maximum(np.minimum(x, number(max(low, high))), number(low))
    return clipped
