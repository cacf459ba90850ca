"""What a function captures: variables and tables, which it reaches through handles, and constants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.graph.spec import Spec
from kerasfmt.graph.table_content import TableContent
from kerasfmt.typing import override, record

Array: TypeAlias = "np.ndarray[Any, Any]"


class Capture(ABC):
    """Something outside the graph that functions capture; captures are equal only if they are identical.

    Args:
      name: its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    @abstractmethod
    def argument(self) -> Spec:
        """The spec of the argument that carries it into a function."""

    @property
    @abstractmethod
    def described(self) -> Spec:
        """The spec of what it stands for."""


_HANDLE = Spec((), dtypes.resource)


class Variable(Capture):
    """A tensor outside the graph that functions read and assign.

    Attributes:
      shape: its shape, fully known.
      dtype: its stored dtype.

    Args:
      name: its name, as TensorFlow writes it (`dense/kernel`).
      spec: its shape (fully known) and dtype.
      autocast: whether its value is cast where the other operands have another float dtype
        (Keras's AutoCastVariable).
    """

    def __init__(self, name: str, spec: Spec, *, autocast: bool = False) -> None:
        super().__init__(name)
        assert spec.shape is not None
        self.spec = spec
        self.shape: tuple[int, ...] = tuple(int(d) for d in spec.shape if d is not None)
        self.dtype: DType = spec.dtype
        self.autocast = autocast

    @property
    @override
    def argument(self) -> Spec:
        return _HANDLE

    @property
    @override
    def described(self) -> Spec:
        return self.spec


class EagerConstant(Capture):
    """A tensor outside the graph that never changes; functions take it as an argument.

    TensorFlow captures a tensor of its eager runtime so. Other constants become nodes of the function.

    Args:
      name: what errors call it.
      value: the tensor.
      dtype: its dtype; the array's by default.

    Source: tensorflow/python/eager/polymorphic_function/saved_model_utils.py, TrackableConstant.
    """

    def __init__(self, name: str, value: Array, dtype: DType | None = None) -> None:
        super().__init__(name)
        self._value = value
        self.dtype = dtype or dtypes.of(value.dtype)

    @property
    def value(self) -> Array:
        """The tensor."""
        return self._value

    @property
    @override
    def argument(self) -> Spec:
        return Spec(self.value.shape, self.dtype)

    @property
    @override
    def described(self) -> Spec:
        return self.argument


class InnerTensor(Capture):
    """A tensor inside of a function, which the gradient of one of the function's nodes captures.

    Args:
      name: its name in the function, as the file states it.
      dtype: its dtype.
      holder: the function.
    """

    def __init__(self, name: str, dtype: DType, holder: object) -> None:
        super().__init__(name)
        self.dtype = dtype
        self.holder = holder

    @property
    @override
    def argument(self) -> Spec:
        return Spec(None, self.dtype)

    @property
    @override
    def described(self) -> Spec:
        return self.argument


class TableInitializer(Protocol):
    """What fills a table before it is used."""

    def content(self, table: Table) -> TableContent:
        """The first content of a table."""


@record(frozen=True, eq=False)
class KeyValues:
    """Fills a table with given keys.

    Attributes:
      keys: the keys, one dimension.
      values: a value for each.

    Source: tf.lookup.KeyValueTensorInitializer.
    """

    keys: EagerConstant
    values: EagerConstant

    def content(self, table: Table) -> TableContent:
        """The keys with their values."""
        made = TableContent(table.key_dtype, table.value_dtype)
        made.load(self.keys.value, self.values.value)
        return made


class Table(Capture):
    """A table outside the graph: keys, and one value for each.

    Args:
      name: its name.
      key_dtype: dtype of the keys.
      value_dtype: dtype of the values.
      default: the value of a key that is not in the table.
      initializer: what fills it; None for a table that is empty at first.
      mutable: whether functions add keys and remove them. The content of a mutable table is part of a checkpoint.

    Source: tensorflow/python/ops/lookup_ops.py, StaticHashTable and MutableHashTable.
    """

    def __init__(
        self,
        name: str,
        key_dtype: DType,
        value_dtype: DType,
        default: EagerConstant,
        initializer: TableInitializer | None = None,
        *,
        mutable: bool = False,
    ) -> None:
        super().__init__(name)
        self.key_dtype = key_dtype
        self.value_dtype = value_dtype
        self.default = default
        self.mutable = mutable
        self._initializer = initializer
        self._content: TableContent | None = None

    @property
    @override
    def argument(self) -> Spec:
        return _HANDLE

    @property
    @override
    def described(self) -> Spec:
        return Spec((), self.value_dtype)

    @property
    def initializer(self) -> TableInitializer | None:
        """What fills the table; setting it replaces the content."""
        return self._initializer

    @initializer.setter
    def initializer(self, initializer: TableInitializer | None) -> None:
        self._initializer, self._content = initializer, None

    def first_content(self) -> TableContent:
        """The content before anything runs; a mutable table gives a new one each time.

        Raises:
          GraphError: nothing fills the table, and it is not mutable.
        """
        if self.mutable or self._content is None:
            if self._initializer is not None:
                self._content = self._initializer.content(self)
            elif self.mutable:
                self._content = TableContent(self.key_dtype, self.value_dtype)
            else:
                raise GraphError(f"table {self.name}: nothing has filled it yet")
        return self._content
