"""Keras's regularizers: penalties that layers add to the loss, as graph nodes.

Source: keras/src/regularizers.py (2.15).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Value, emit_one
from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.ir.identifiers import Config, OfFunction, Registry, to_config as to_config
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.typing import override


class Regularizer(FrozenOptions, ABC):
    """A penalty on a weight or on an activity.

    Source: keras/src/regularizers.py, Regularizer
    """

    category: ClassVar[str] = "regularizer"

    @abstractmethod
    def loss(self, x: Value) -> Value:
        """The penalty: a scalar of the dtype of `x`.

        Raises:
          InvalidModelError: the shape of `x` does not fit.
        """


_FORM = "of a kerasfmt Value that returns a scalar Value"
_REGISTRY = Registry(Regularizer, _FORM)  # type: ignore[type-abstract]
custom = _REGISTRY.custom
knows = _REGISTRY.knows


@_REGISTRY.functions
class FunctionRegularizer(OfFunction, Regularizer):
    """A function of the user's: of a Value, it returns a scalar Value."""

    name: str
    function: Callable[..., Any] = fields.raw()

    @override
    def loss(self, x: Value) -> Value:
        found: Value = self.function(x)
        return found


def _factor(default: float) -> Any:
    """A factor; Keras rounds a given one to float32, and None means the default.

    Source: keras/src/backend.py, cast_to_floatx
    """
    number = fields.number()

    def convert(value: Any) -> float:
        return float(np.float32(number.convert(default if value is None else value)))

    return fields.option(default=default, convert=convert)


@_REGISTRY.register("l1")
class L1(Regularizer):
    """`l1 * sum(|x|)`.

    Source: keras/src/regularizers.py, L1
    """

    obsolete_options = {"l": "l1"}

    l1: float = _factor(0.01)

    @override
    def loss(self, x: Value) -> Value:
        return self.l1 * _sum_abs(x)


@_REGISTRY.register("l2")
class L2(Regularizer):
    """`l2 * sum(x**2)`.

    Source: keras/src/regularizers.py, L2
    """

    obsolete_options = {"l": "l2"}

    l2: float = _factor(0.01)

    @override
    def loss(self, x: Value) -> Value:
        return 2.0 * self.l2 * emit_one("L2Loss", x)


@_REGISTRY.register()
class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x**2)`; a factor of 0 leaves its term out.

    Source: keras/src/regularizers.py, L1L2
    """

    l1: float = _factor(0.0)
    l2: float = _factor(0.0)

    @override
    def loss(self, x: Value) -> Value:
        total = x.graph.constant(0.0, x.dtype)
        if self.l1:
            total = total + self.l1 * _sum_abs(x)
        if self.l2:
            total = total + 2.0 * self.l2 * emit_one("L2Loss", x)
        return total


# The name "l1_l2" is a function whose defaults differ from the defaults of the class.
_REGISTRY.alias("l1_l2", L1L2, l1=0.01, l2=0.01)


@_REGISTRY.register("orthogonal_regularizer")
class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean absolute cosine between different rows (or columns) of a matrix.

    Source: keras/src/regularizers.py, OrthogonalRegularizer
    """

    factor: float = _factor(0.01)
    mode: Literal["rows", "columns"] = fields.choice("rows", "columns", default="rows")

    @override
    def loss(self, x: Value) -> Value:
        """The penalty: a scalar of the dtype of `x`, a matrix.

        Raises:
          InvalidModelError: `x` is not a matrix, or its number of rows (or columns) is unknown.
        """
        axis = 0 if self.mode == "rows" else 1
        if x.shape is None or len(x.shape) != 2 or x.shape[axis] is None:
            raise InvalidModelError(
                f"regularizer OrthogonalRegularizer: expected a matrix of known {self.mode}, "
                f"got shape {x.shape}"
            )
        size = x.shape[axis]
        assert size is not None
        unit = _unit_vectors(x, 1 - axis)
        transposed = emit_one("Transpose", unit, np.array([1, 0], np.int32))
        product = emit_one("MatMul", *((unit, transposed) if axis == 0 else (transposed, unit)))
        off_diagonal = product * (1.0 - _eye(x, size))
        pairs = size * (size - 1.0) / 2.0
        return self.factor * 0.5 * _sum_abs(off_diagonal) / pairs


def get(identifier: object) -> Regularizer | None:
    """The regularizer that `identifier` names; None for None.

    Raises:
      UnsupportedLayerError: the class or one of its options is not known.

    Source: keras/src/regularizers.py, get
    """
    return _REGISTRY.get(identifier)


Option: TypeAlias = Field[Regularizer | None, Regularizer | type[Regularizer] | Config | None]
"""The type of an option that is a regularizer."""


def option() -> Any:
    """An option that is a regularizer, None by default."""
    return Field(None, get, to_config, custom=custom)


def _sum_abs(x: Value) -> Value:
    y = emit_one("Abs", x)
    if y.shape is None:
        every_axis = emit_one("Range", 0, emit_one("Rank", y), 1)
        return emit_one("Sum", y, every_axis, shapes=[()])
    return emit_one("Sum", y, np.arange(y.rank, dtype=np.int32))


def _unit_vectors(x: Value, axis: int) -> Value:
    squares = emit_one("Sum", emit_one("Square", x), axis, keep_dims=True)
    return x * emit_one("Rsqrt", emit_one("Maximum", squares, 1e-12))


def _eye(x: Value, size: int) -> Value:
    ones = x.graph.constant(np.ones(size, x.dtype.numpy))
    return emit_one("MatrixDiagV3", ones, 0, -1, -1, 0.0)
