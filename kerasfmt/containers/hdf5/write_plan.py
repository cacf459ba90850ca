"""What a file is going to hold, known before anything is written: groups, attributes, datasets.

Making the plan finds every collision of names, so that no write fails half-way because of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.containers.hdf5.guard import import_h5py
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.containers.slabs import Stored
from kerasfmt.dtypes import DType
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedFormatError

_SLAB_SIZE: Final = 1 << 24
"""Bytes that are read at a time of a weight that is not in memory."""


@dataclass
class WritePlan:
    """Groups with their attributes, and datasets, by their paths from the group that is written to.

    Attributes:
      name: what errors call the file or group.
      attributes: the attributes of each group, in the order in which groups are made; "" is the group that is
        written to.
      datasets: the weight of each dataset, in the order in which they are made.
      checksum: the attribute of the group that is written to that gets a checksum of the datasets' paths and
        elements, as eight hexadecimal digits; "" for none.
      bfloat16: whether readers of the file know bfloat16 as Keras 3 stores it: as opaque elements of two bytes,
        with an attribute `dtype`. Readers of the other layouts do not read bfloat16 back.
    """

    name: str
    bfloat16: bool = False
    checksum: str = ""
    attributes: dict[str, dict[str, Any]] = field(default_factory=lambda: {"": {}})
    datasets: dict[str, Stored] = field(default_factory=dict)
    _owners: dict[str, str] = field(default_factory=dict)

    def group(self, path: str, owner: str) -> dict[str, Any]:
        """A new group; returns its attributes, to be filled.

        Raises:
          InvalidModelError: there is something at the path already, or it is not a path.
        """
        self._claim(path, owner)
        return self.attributes.setdefault(path, {})

    def dataset(self, path: str, weight: Stored, owner: str) -> None:
        """A new dataset that holds a weight.

        Raises:
          InvalidModelError: there is something at the path already, or it is not a path.
          UnsupportedFormatError: HDF5 has no such element type, or the file's readers do not know it.
        """
        self._claim(path, owner)
        plain = weight.dtype.numpy.isbuiltin == 1 and weight.dtype.numpy.kind in "biufc"
        if not plain and not (self.bfloat16 and weight.dtype is dtypes.bfloat16):
            hint = 'as "keras" or ' if weight.dtype is dtypes.bfloat16 else ""
            raise UnsupportedFormatError(
                f"{self.name}: {owner}: no Keras version reads {weight.dtype.name} back from such a "
                f"file; cast the weight, or save the model {hint}as a SavedModel"
            )
        self.datasets[path] = weight

    def _claim(self, path: str, owner: str) -> None:
        parts = path.split("/")
        if any(part in ("", ".") for part in parts) or "\0" in path:
            raise InvalidModelError(
                f"{self.name}: {owner}: {path!r} cannot be a path in an HDF5 file: expected names between its "
                "slashes, without zero bytes; rename the layer"
            )
        if path in self._owners:
            raise InvalidModelError(
                f"{self.name}: {owner} and {self._owners[path]} would both be {path!r} in the file; rename one"
            )
        for length in range(1, len(parts)):
            parent = "/".join(parts[:length])
            if parent in self.datasets:
                raise InvalidModelError(
                    f"{self.name}: {owner} would be inside {self._owners[parent]}, {parent!r} in the file, "
                    "which is an array; rename one"
                )
            self._owners.setdefault(parent, owner)
        self._owners[path] = owner

    def write_to(self, root: Any, progress: Progress = unheard) -> str:
        """Writes everything in the plan; one slab of a weight is in memory at a time.

        Args:
          root: an open h5py.File or group.
          progress: is called with the number of bytes of weights that have been written, slab by slab.

        Returns:
          The checksum, "" if the plan has none.

        Raises:
          InvalidModelError: the value of a weight does not have its declared shape, or a name holds a zero byte.
        """
        for path, attributes in self.attributes.items():
            for key, value in attributes.items():
                if isinstance(value, str) and "\0" in value:
                    raise InvalidModelError(
                        f"{self.name}: {value!r} would be {key!r} of {path!r}: HDF5 cannot hold text with zero bytes; "
                        "rename the layer"
                    )
        groups: dict[str, Any] = {"": root}

        def group(path: str) -> Any:
            missing = []
            while path not in groups:
                missing.append(path)
                path = path.rpartition("/")[0]
            found = groups[path]
            for path in reversed(missing):  # a group is made together with the first thing below it
                found = groups[path] = found.create_group(path.rpartition("/")[2])
            return found

        for path, attributes in self.attributes.items():
            made = group(path)
            for key, value in attributes.items():
                made.attrs[key] = value
        checksum = _Checksum() if self.checksum else None
        for path, weight in self.datasets.items():
            parent, _, name = path.rpartition("/")
            opaque = weight.dtype is dtypes.bfloat16
            dataset = group(parent).create_dataset(
                name, weight.shape, dtype="V2" if opaque else weight.dtype.numpy
            )
            if opaque:
                dataset.attrs["dtype"] = "bfloat16"
            if checksum:
                checksum.add(path.encode())
            for elements in _stored(dataset, weight, path):
                if checksum:
                    checksum.add(elements.reshape(-1).view(np.uint8))
                progress(elements.nbytes)
        if not checksum:
            return ""
        root.attrs[self.checksum] = checksum.text.encode()
        return checksum.text


class _Checksum:
    """The crc32c of what is added to it."""

    def __init__(self) -> None:
        from kerasfmt.containers.tensorbundle.coding import (
            extend_crc32c,
        )  # loads protobuf, which HDF5 does not need

        self._extend = extend_crc32c
        self._crc = 0

    def add(self, data: Any) -> None:
        """Adds bytes, or an array of them."""
        self._crc = self._extend(self._crc, data)

    @property
    def text(self) -> str:
        """Eight hexadecimal digits."""
        return f"{self._crc:08x}"


def _stored(dataset: Any, weight: Stored, path: str) -> Iterator[Any]:
    """Copies a weight into its dataset, slab by slab if it is not in memory; the slabs."""
    if 0 in weight.shape:
        return
    value = weight.value
    try:
        if isinstance(value, np.ndarray) or not hasattr(value, "__getitem__") or not weight.shape:
            elements = _elements(value, weight.dtype)
            if elements.shape != weight.shape:
                raise ValueError(f"expected shape {weight.shape}, got {elements.shape}")
            everything = import_h5py().h5s.ALL
            dataset.id.write(everything, everything, elements)
            yield elements
            return
        row = math.prod(weight.shape[1:]) * weight.dtype.itemsize
        rows = max(1, _SLAB_SIZE // row)
        for start in range(0, weight.shape[0], rows):
            part = slice(start, min(start + rows, weight.shape[0]))
            elements = _elements(value[part], weight.dtype)
            dataset.write_direct(elements, dest_sel=part)
            yield elements
    except KerasfmtError:
        raise
    except (ValueError, TypeError) as error:
        raise InvalidModelError(f"weight {weight.name}: cannot be written to {path}: {error}") from error


def _elements(value: Any, dtype: DType) -> Any:
    """An array in C order as the elements of a dataset: for bfloat16, which HDF5 lacks, opaque pairs of bytes."""
    array = np.asarray(value, order="C")
    return array.view("V2") if dtype is dtypes.bfloat16 else array
