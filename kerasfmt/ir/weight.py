"""Weights: the variables of a layer; their values may still be in a file."""

from __future__ import annotations

import zlib
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Shape, Spec, Variable
from kerasfmt.graph.memory import allocating, least_bytes
from kerasfmt.printable import printable
from kerasfmt.typing import override

if TYPE_CHECKING:
    from kerasfmt.ir.constraints import Constraint
    from kerasfmt.ir.initializers import Initializer
    from kerasfmt.ir.regularizers import Regularizer


class ArrayLike(Protocol):
    """What a weight's value needs to have: an array, a memory map, an HDF5 dataset, a device array.

    NumPy has to be able to make an array of it. A large one is read in parts if it can be sliced.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""

    @property
    def dtype(self) -> Any:
        """The NumPy dtype, or something that names one."""


class Synchronization(IntEnum):
    """When the copies of a variable on several devices become one.

    Source: tensorflow/core/framework/variable.proto, VariableSynchronization.
    """

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class Aggregation(IntEnum):
    """How the copies of a variable on several devices become one.

    Source: tensorflow/core/framework/variable.proto, VariableAggregation.
    """

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3


SEED = 0
"""Seed of the initial values that come neither from a file nor from an initializer with a seed."""


class Weight(Variable):
    """A stored array of a layer.

    Args:
      name: full name, `dense/kernel`.
      shape: its shape.
      dtype: its stored dtype.
      trainable: whether an optimizer may change it (the layer's own `trainable` may still forbid it).
      initializer: what makes its first value.
      regularizer: a loss on its value.
      constraint: what an optimizer applies after each update.
      autocast: whether the layer reads it in its compute dtype.
      synchronization: when its copies on several devices become one.
      aggregation: how they become one.
      other_dtypes: further dtypes that it accepts and casts, where the versions of Keras store different dtypes.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: DType,
        *,
        trainable: bool = True,
        initializer: Initializer | None = None,
        regularizer: Regularizer | None = None,
        constraint: Constraint | None = None,
        autocast: bool = True,
        synchronization: Synchronization = Synchronization.AUTO,
        aggregation: Aggregation = Aggregation.NONE,
        other_dtypes: tuple[DType, ...] = (),
    ) -> None:
        super().__init__(name, Spec(shape, dtype), autocast=autocast and dtype.is_floating)
        self.trainable = trainable
        self.initializer = initializer
        self.regularizer = regularizer
        self.constraint = constraint
        self.synchronization = synchronization
        self.aggregation = aggregation
        self.other_dtypes = other_dtypes
        self._value: ArrayLike | None = None

    @property
    def declared_shape(self) -> Shape:
        """The shape as files declare it: None for a size that the content decides."""
        return self.shape

    def takes_shape(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape can be the content."""
        return shape == self.shape

    @property
    def value(self) -> ArrayLike:
        """The content, of the weight's shape and dtype; made by the initializer when it is first needed."""
        if self._value is None:
            if self.initializer is None:
                raise InvalidModelError(f"weight {self.name}: it has no value and no initializer")
            rng = np.random.Generator(np.random.PCG64([SEED, zlib.crc32(self.name.encode())]))
            with allocating(f"weight {self.name}", least_bytes(self.spec, 1)):
                self._value = self.initializer(self.shape, self.dtype, rng)
        return self._value

    @value.setter
    def value(self, value: ArrayLike) -> None:
        if not hasattr(value, "shape") or not hasattr(value, "dtype"):
            raise InvalidModelError(f"weight {self.name}: expected an array, got {type(value).__name__}")
        if not self.takes_shape(tuple(value.shape)):
            raise InvalidModelError(
                f"weight {self.name}: expected shape {self.shape}, got {tuple(value.shape)}"
            )
        if any(np.dtype(value.dtype) == other.numpy for other in self.other_dtypes):
            value = np.asarray(value).astype(self.dtype.numpy)
        if np.dtype(value.dtype) != self.dtype.numpy:
            raise InvalidModelError(
                f"weight {self.name}: expected dtype {self.dtype.name}, got {value.dtype}"
            )
        self._value = value
        self.content_changed()

    def content_changed(self) -> None:
        """What follows from a new content."""

    def numpy(self) -> np.ndarray[Any, Any]:
        """The content as a NumPy array."""
        return np.asarray(self.value)

    @override
    def __repr__(self) -> str:
        return printable(f"<Weight {self.name} {self.dtype.name}{list(self.shape)}>")
