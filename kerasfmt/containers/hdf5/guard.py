"""Guards the reader of an untrusted HDF5 file: links and attributes are checked before use.

h5py, and the HDF5 library below it, would follow a link into another file, allocate what a header declares,
and raise half a dozen kinds of exceptions for damaged bytes. Here only hard links are followed. A declared size
is refused if the file has fewer bytes. Every failure is a KerasfmtError that names the file.
"""

from __future__ import annotations

import struct
from types import ModuleType
from typing import Any, Final, NoReturn

import numpy as np

from kerasfmt.containers.hdf5.raw_strings import RawStrings
from kerasfmt.containers.system_faults import system_fault
from kerasfmt.errors import CorruptFileError, InvalidModelError, KerasfmtError, UnsafeFileError
from kerasfmt.limits import NAME_COST, Allowance
from kerasfmt.typing import record

MAX_DEPTH: Final = 256
"""How many groups a name may pass through; a model inside a model takes two."""

_H5PY_ERRORS: Final = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    ArithmeticError,
    MemoryError,
    NotImplementedError,
    struct.error,
)


def import_h5py() -> ModuleType:
    """The h5py module.

    Raises:
      ImportError: it is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError(
            "kerasfmt reads and writes HDF5 files with h5py, which cannot be imported; "
            "install it with `pip install h5py`"
        ) from error
    return h5py  # type: ignore[no-any-return]


class corrupt_file_errors:
    """A context that turns what h5py raises for damaged bytes into a CorruptFileError beginning with `where`."""

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KerasfmtError):
            if self._where.partition(": ")[0] not in str(error):
                raise type(error)(f"{self._where}: {error}") from error
        elif isinstance(error, _H5PY_ERRORS):
            raise system_fault(error, self._where) or CorruptFileError(
                f"{self._where}: the HDF5 library could not read this: {error}; the file is damaged"
            ) from error


@record(frozen=True, eq=False)
class Node:
    """A group of a file, or a dataset, reached by hard links only.

    Attributes:
      id: h5py's low-level GroupID or DatasetID.
      file: what errors call the file.
      path: path from the root of the file.
      address: offset of its header in the file, in bytes; the same for every path that leads to it.
      file_size: bytes of the file.
      allowance: what reading it may cost.
      raw: reads strings from the bytes of the file; None where they cannot be read (a file in memory).
    """

    id: Any
    file: str
    path: str
    address: int
    file_size: int
    allowance: Allowance
    raw: RawStrings | None = None

    @property
    def where(self) -> str:
        """What errors begin with."""
        return f"{self.file}: {self.path or '/'}"

    @property
    def is_group(self) -> bool:
        """Whether it is a group, and not a dataset."""
        return isinstance(self.id, import_h5py().h5g.GroupID)

    def find(self, path: str) -> Node | None:
        """The object at a relative path below this group; None where there is none.

        Raises:
          UnsafeFileError: the path leaves this group, or passes through a link that is not a hard link.
        """
        if path.startswith("/"):
            raise UnsafeFileError(f"{self.where}: the name {path!r} leaves the group; it is not followed")
        if path.count("/") > MAX_DEPTH:
            raise UnsafeFileError(
                f"{self.where}: the name {path[:80]!r}... passes through more than {MAX_DEPTH} groups; it is not read"
            )
        current = self
        for name in path.split("/"):
            if name in ("", "."):
                continue
            found = current._step(name)
            if found is None:
                return None
            current = found
        return current

    def group(self, path: str) -> Node:
        """The group at a relative path below this group.

        Raises:
          InvalidModelError: there is none.
        """
        found = self.find(path)
        if found is None or not found.is_group:
            got = "nothing" if found is None else "something else"
            raise InvalidModelError(f"{self.where}: expected a group {path!r}, got {got}")
        return found

    def _step(self, name: str) -> Node | None:
        h5py = import_h5py()
        if not self.is_group:
            return None
        with corrupt_file_errors(f"{self.where}: {name!r}"):
            encoded, links = name.encode(), self.id.links
            try:
                link = links.get_info(encoded)
            except _H5PY_ERRORS:
                if not links.exists(encoded):
                    return None
                raise
            kind = link.type
            if kind != h5py.h5l.TYPE_HARD:
                names = {h5py.h5l.TYPE_SOFT: "a soft link", h5py.h5l.TYPE_EXTERNAL: "a link to another file"}
                raise UnsafeFileError(
                    f"{self.where}: {name!r} is {names.get(kind, 'a user-defined link')}; "
                    "expected the object itself, as Keras writes it; links are not followed"
                )
            if self.raw is not None:
                self.raw.check(int(link.u))
            found = h5py.h5o.open(self.id, encoded)
            path = f"{self.path}/{name}"
            self.allowance.spend(2 * len(path), self.where)  # the dataset and its errors keep it
        return Node(found, self.file, path, int(link.u), self.file_size, self.allowance, self.raw)

    def member_names(self, limit: int) -> list[str]:
        """The names of the first `limit` members of this group."""
        found: list[str] = []

        def enter(name: bytes) -> bool | None:
            self.allowance.spend(NAME_COST + len(name), self.where)
            found.append(name.decode("utf-8", "replace"))
            return True if len(found) >= limit else None  # anything but None ends the walk

        with corrupt_file_errors(self.where):
            self.id.links.iterate(enter)
        return found

    def has_attribute(self, name: str) -> bool:
        """Whether the attribute exists."""
        h5py = import_h5py()
        with corrupt_file_errors(f"{self.where}: attribute {name}"):
            return bool(h5py.h5a.exists(self.id, name.encode()))

    def text(self, name: str) -> str | None:
        """An attribute that is one string; None where it does not exist.

        Raises:
          CorruptFileError: it is not a string, or not UTF-8.
        """
        if not self.has_attribute(name):
            return None
        values = self._strings(name, rank=0)
        return values[0]

    def names(self, name: str) -> list[str] | None:
        """An attribute that is a list of strings, joined from its pieces; None where it does not exist.

        Raises:
          CorruptFileError: it is not a list of strings, or not UTF-8.
        """
        if self.has_attribute(name):
            return self._strings(name, rank=1)
        if not self.has_attribute(f"{name}0"):
            return None
        found: list[str] = []
        piece = 0
        while self.has_attribute(f"{name}{piece}"):
            found += self._strings(f"{name}{piece}", rank=1)
            piece += 1
        return found

    def _strings(self, name: str, rank: int) -> list[str]:
        h5py = import_h5py()
        where = f"{self.where}: attribute {name}"
        with corrupt_file_errors(where):
            attribute = h5py.h5a.open(self.id, name.encode())
            kind = attribute.get_type()
            space = attribute.get_space()
            count = int(space.get_simple_extent_npoints())
            if space.get_simple_extent_ndims() != rank:
                self._refuse_attribute(where, rank, f"{space.get_simple_extent_ndims()} dimensions")
            if rank and count == 0:
                return []  # Keras writes an empty list as an empty float64 array
            if kind.get_class() != h5py.h5t.STRING or count == 0:
                self._refuse_attribute(where, rank, "something else")
            if count * kind.get_size() > self.file_size:
                raise CorruptFileError(
                    f"{where}: declares {count * kind.get_size()} bytes in a file of {self.file_size}; "
                    "the file is damaged"
                )
            self.allowance.spend(count * (NAME_COST + kind.get_size()), where)
            if kind.is_variable_str():
                raw = self._variable_strings(name, count)
            else:
                fixed = np.empty((count,) if rank else (), dtype=f"S{kind.get_size()}")
                attribute.read(fixed)
                raw = fixed.reshape(-1).tolist()
            return [value.decode("utf-8") for value in raw]

    def _variable_strings(self, name: str, count: int) -> list[bytes]:
        h5py = import_h5py()
        if self.raw is not None:
            found = self.raw.read(self.address, name, count)
            if found is not None:
                return found
        if count * self.file_size > self.allowance.left:
            raise UnsafeFileError(
                f"{self.where}: attribute {name}: {count} strings of unknown length in a file of "
                f"{self.file_size} bytes are not read; open the model by its path, read it with a higher "
                "max_expansion, or save it again with Keras"
            )
        value = h5py.Group(self.id).attrs[name]
        values = [value] if isinstance(value, str | bytes) else list(value)
        return [v.encode("utf-8", "surrogateescape") if isinstance(v, str) else bytes(v) for v in values]

    @staticmethod
    def _refuse_attribute(where: str, rank: int, got: str) -> NoReturn:
        expected = "a list of strings" if rank else "one string"
        raise CorruptFileError(f"{where}: expected {expected}, got {got}; the file is damaged")
