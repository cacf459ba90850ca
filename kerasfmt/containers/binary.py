"""The bytes of a file that is in memory."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from typing import Any

from kerasfmt.errors import SystemFaultError, UnsupportedFormatError
from kerasfmt.typing import override


@dataclass(frozen=True, eq=False)
class Binary:
    """The bytes of a file, in place of its path.

    Attributes:
      name: what errors call the file.
      data: its bytes.
    """

    name: str
    data: bytes = field(repr=False)

    def open(self) -> io.BytesIO:
        """A binary stream of the bytes; it shares them."""
        return io.BytesIO(self.data)

    def begins_with(self, magic: bytes) -> bool:
        """Whether the first bytes are these."""
        return self.data.startswith(magic)

    @override
    def __str__(self) -> str:
        return self.name


def as_binary(source: object) -> Binary | None:
    """The bytes that an object holds, or that a binary file still gives when it is read; None for anything else.

    Args:
      source: bytes, or an object that reads bytes, as `open(path, "rb")` and io.BytesIO.

    Raises:
      UnsupportedFormatError: it is a file of text.
      SystemFaultError: the system cannot read it.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return Binary("bytes", bytes(source))
    read: Any = getattr(source, "read", None)
    if not callable(read) or hasattr(source, "create_group"):
        return None
    name = getattr(source, "name", None)
    name = os.fspath(name) if isinstance(name, str | os.PathLike) else "a binary file"
    try:
        data = read()
    except OSError as error:
        raise SystemFaultError(f"{name}: the system could not read it: {error}") from error
    if not isinstance(data, bytes):
        raise UnsupportedFormatError(f"{name}: expected a file that is open in binary mode, got one of text")
    return Binary(str(name), data)
