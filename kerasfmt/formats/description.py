"""What a file of any format holds, as a record: what it is, who wrote it, its model, weights, signatures, optimizer.

`described_text` and `described_json` are views of it. No weight is read; `statistics` reads them on request.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from kerasfmt.dtypes import DTypeLike, of
from kerasfmt.printable import printable
from kerasfmt.typing import override

OwnerKind: TypeAlias = Literal["layer", "object", "scope", "variable"]


@dataclass(frozen=True)
class StoredWeight:
    """A stored array, as its header states it.

    Attributes:
      name: its name in the file.
      dtype: name of its element type.
      shape: its dimensions.
      nbytes: bytes of its elements; of strings, those that they take in the file.
      array: its elements, still in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    array: Any = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, name: str, array: Any) -> StoredWeight:
        """The array as its header states it.

        Args:
          name: its name in the file.
          array: it has a shape and a dtype.
        """
        dtype: DTypeLike = getattr(array, "tensor_dtype", array.dtype)
        found, shape = of(dtype), tuple(array.shape)
        nbytes = math.prod(shape) * found.itemsize if found.itemsize else int(getattr(array, "nbytes", 0))
        return cls(name, found.name, shape, nbytes, array)

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
      path: where they lie, if the file keeps them by paths and the owner has a name too.
    """

    owner: str
    kind: str
    weights: tuple[StoredWeight, ...]
    path: str = ""

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(weight.size for weight in self.weights)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights."""
        return sum(weight.nbytes for weight in self.weights)


@dataclass(frozen=True)
class Endpoint:
    """An input or an output of a signature.

    Attributes:
      name: its name.
      dtype: name of its element type.
      shape: its dimensions, None for one that is not known; None if their number is not known.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None

    @override
    def __str__(self) -> str:
        shape = "" if self.shape is None else list(self.shape)
        return printable(f"{self.name} {self.dtype}{shape}")


@dataclass(frozen=True)
class StoredSignature:
    """A signature.

    Attributes:
      name: its name.
      inputs: its inputs, by name.
      outputs: its outputs, by name.
    """

    name: str
    inputs: tuple[Endpoint, ...]
    outputs: tuple[Endpoint, ...]

    @override
    def __str__(self) -> str:
        inputs, outputs = (", ".join(map(str, ends)) for ends in (self.inputs, self.outputs))
        return f"{printable(self.name)}({inputs}) -> {outputs or 'nothing'}"


@dataclass(frozen=True)
class StoredOptimizer:
    """The optimizer of a compiled model.

    Attributes:
      kind: its class; empty where the file does not state it.
      config: its options.
      slots: the kinds of variables that it keeps for each weight.
      weights: its variables.
    """

    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)
    slots: tuple[str, ...] = ()
    weights: tuple[StoredWeight, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of its variables."""
        return sum(weight.nbytes for weight in self.weights)


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a file holds.

    Attributes:
      path: where it is.
      format: the name of the format, as `save_format` takes it.
      title: what it is: "SavedModel", "weights in HDF5".
      members: bytes by name: the files of a directory or beside a prefix, the members of an archive, or the file.
      writers: versions by what wrote it: "keras", "backend", "tensorflow".
      kind: the class of the model; empty if the file states no model.
      name: the name of the model.
      facts: further sentences.
      rows: owners of weights, in the order of the file.
      owners: the word for the owners.
      weights: the file's word for their weights.
      signatures: None if the format holds none.
      compiled: what the model was compiled with beside the optimizer: loss, metrics; None if it is not compiled.
      optimizer: the optimizer; None if there is none.
      config: class name and config of the model, as the file states them; empty if it states no model.
      dialect: the version of Keras in whose words the config is.
      graph: the graph with its functions, a message; None if the format holds none.
      count_ops: counts the ops of the graph by name; None if the file holds no graph and no model.
    """

    path: Path
    format: str
    title: str
    members: Mapping[str, int]
    writers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    name: str = ""
    facts: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    owners: OwnerKind = "layer"
    weights: str = "weights"
    signatures: tuple[StoredSignature, ...] | None = None
    compiled: Mapping[str, Any] | None = None
    optimizer: StoredOptimizer | None = None
    config: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    dialect: Literal[2, 3] = 2
    graph: Any = field(default=None, compare=False, repr=False)
    count_ops: Callable[[], Mapping[str, int]] | None = field(default=None, compare=False, repr=False)

    @property
    def size(self) -> int:
        """Number of elements of the weights, without those of the optimizer."""
        return sum(row.size for row in self.rows)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights, without those of the optimizer."""
        return sum(row.nbytes for row in self.rows)

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of the files."""
        return self.path.stat().st_size if self.path.is_file() else sum(self.members.values())


def rows_of(
    groups: Iterable[tuple[str, Iterable[tuple[str, Any]]]], kinds: Mapping[str, str]
) -> tuple[Row, ...]:
    """A row for each owner.

    Args:
      groups: owners, each with the names and arrays of its weights.
      kinds: classes of owners.
    """
    return tuple(Row(owner, kinds.get(owner, ""), weights_of(held)) for owner, held in groups)


def rows_by_path(arrays: Mapping[str, Any]) -> tuple[Row, ...]:
    """A row for each beginning of the names of arrays, which are paths.

    Args:
      arrays: the arrays by name.
    """
    owners: dict[str, list[tuple[str, Any]]] = {}
    for name, array in arrays.items():
        owners.setdefault(name.rpartition("/")[0], []).append((name, array))
    return rows_of(owners.items(), {})


def weights_of(held: Iterable[tuple[str, Any]]) -> tuple[StoredWeight, ...]:
    """The weights for arrays and their names."""
    return tuple(StoredWeight.of(name, array) for name, array in held)


def named(config: Mapping[str, Any]) -> dict[str, Any]:
    """The class and the name of a model, as attributes of a Description.

    Args:
      config: class name and config.
    """
    inner = config.get("config")
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return {"kind": str(config.get("class_name") or ""), "name": str(name or ""), "config": config}


def stored_optimizer(
    entry: Any, held: Iterable[tuple[str, Any]], keras: Literal[2, 3]
) -> StoredOptimizer | None:
    """The optimizer of a compiled model; None if the file neither states nor holds one.

    Args:
      entry: its class name and options; a name alone, or nothing.
      held: its variables, by name.
      keras: the version of Keras whose words these are.
    """
    from kerasfmt.optimizers.optimizer import named_optimizer

    weights = weights_of(held)
    kind, config = named_optimizer(entry) if isinstance(entry, str) else "", {}
    if isinstance(entry, Mapping):
        kind, inner = str(entry.get("class_name") or ""), entry.get("config")
        config = dict(inner) if isinstance(inner, Mapping) else {}
    if not kind and not weights:
        return None
    return StoredOptimizer(kind, config, _slots(kind, config, keras), weights)


def _slots(kind: str, config: Mapping[str, Any], keras: Literal[2, 3]) -> tuple[str, ...]:
    """What an optimizer keeps for each weight; nothing is known of a class of the user's own."""
    from kerasfmt.errors import KerasfmtError
    from kerasfmt.optimizers.optimizer import find_optimizer

    inner = config.get("inner_optimizer")
    if isinstance(inner, Mapping):  # a LossScaleOptimizer
        stated = inner.get("config")
        return _slots(str(inner.get("class_name")), stated if isinstance(stated, Mapping) else {}, keras)
    found = find_optimizer(kind.rpartition(">")[2])
    try:
        rows = found.slot_rows(config, keras) if found is not None else []
    except (KerasfmtError, TypeError, ValueError):  # options that nobody could train with
        return ()
    return tuple(dict.fromkeys(slot.name for row in rows for slot in row))


def files_below(path: Path) -> dict[str, int]:
    """Bytes of each file below a directory, by its path from there."""
    found = (file for file in path.rglob("*") if file.is_file())
    return {file.relative_to(path).as_posix(): file.stat().st_size for file in sorted(found)}
