"""The description of a file in any format: a few lines about the whole, and a row for each owner of weights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt.dtypes import DTypeLike, of
from kerasfmt.printable import printable
from kerasfmt.typing import override

_MEGABYTE: Final = 1_000_000


@dataclass(frozen=True)
class StoredWeight:
    """A stored array, as its header states it.

    Attributes:
      name: its name in the file.
      dtype: name of its element type.
      shape: its dimensions.
      nbytes: bytes of its elements.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int

    @classmethod
    def of(cls, name: str, array: Any) -> StoredWeight:
        """The array as its header states it.

        Args:
          name: its name in the file.
          array: it has a shape and a dtype.
        """
        dtype: DTypeLike = array.dtype
        shape = tuple(array.shape)
        return cls(name, str(array.dtype), shape, math.prod(shape) * of(dtype).itemsize)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @override
    def __str__(self) -> str:
        return printable(f"{self.name} {self.dtype}{list(self.shape)}")


@dataclass(frozen=True)
class Row:
    """The weights of one owner.

    Attributes:
      owner: the layer, or the path of the object.
      kind: its class, if the file states it.
      weights: its weights.
    """

    owner: str
    kind: str
    weights: tuple[StoredWeight, ...]

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(weight.size for weight in self.weights)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(weight.nbytes for weight in self.weights)


@dataclass(frozen=True)
class Description:
    """What a file holds.

    Attributes:
      lines: sentences about the whole.
      rows: owners of weights, in the order of the file.
      owners: the word for the owners: layers, or objects.
      weights: the file's word for their weights.
    """

    lines: tuple[str, ...]
    rows: tuple[Row, ...] = field(default_factory=tuple)
    owners: str = "layer"
    weights: str = "weights"


def rows_of(
    groups: Iterable[tuple[str, Iterable[tuple[str, Any]]]], kinds: Mapping[str, str]
) -> tuple[Row, ...]:
    """A row for each owner.

    Args:
      groups: owners, each with the names and arrays of its weights.
      kinds: classes of owners.
    """
    return tuple(
        Row(owner, kinds.get(owner, ""), tuple(StoredWeight.of(name, array) for name, array in held))
        for owner, held in groups
    )


def model_line(config: Mapping[str, Any], keras_version: str | None) -> str:
    """The class and name of a model, and the Keras that wrote it.

    Args:
      config: class name and config.
      keras_version: as the file states it.
    """
    inner = config.get("config")
    name = inner.get("name", "") if isinstance(inner, Mapping) else ""
    return f"model: {config.get('class_name')} {name}, written by Keras {keras_version or 'of an unknown version'}"


def byte_size(count: int) -> str:
    """A number of bytes as a text in a suitable unit."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:,.1f} kB" if count < _MEGABYTE else f"{count / _MEGABYTE:,.1f} MB"
