"""What reading a file may cost, in bytes of memory.

    allowed    FLOOR, and `max_expansion` times the size of the file; MAX_EXPANSION by default
    counted    what is unpacked: members of an archive, chunks of an HDF5 dataset
               text: JSON_COST for each character of JSON, NAME_COST and its size for each name in a list
               what a config asks for at once: constants, NODE_COST for each node of a function, EDGE_COST for each
               input and output of a node

A cost is counted before it arises. A weight that is not compressed costs nothing: it stays in the file until it is
used, and has the same size in memory.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final

from kerasfmt.errors import UnsafeFileError

FLOOR: Final = 128 << 20
"""What any file may cost, however small it is."""
MAX_EXPANSION: Final = 100.0
"""What a file may cost beyond that, for each of its bytes. Compressed weights of trained models cost less than 10."""
JSON_COST: Final = 32
"""An empty list takes three characters and 64 bytes, and a model is built from a copy."""
NAME_COST: Final = 64
NODE_COST: Final = 8 << 10
"""The node takes a tenth of that; the rest stands for the time to make it."""
EDGE_COST: Final = 256


class Allowance:
    """The bytes that reading may cost.

    Args:
      max_expansion: what a file may cost for each of its bytes, beyond FLOOR; infinity for no limit.

    Attributes:
      left: the bytes that reading may still cost.

    Raises:
      ValueError: `max_expansion` is no number, or negative.
    """

    def __init__(self, max_expansion: float = MAX_EXPANSION) -> None:
        if not max_expansion >= 0:
            raise ValueError(f"max_expansion: expected a number of at least 0, got {max_expansion!r}")
        self._max_expansion = max_expansion
        self._size = 0
        self.left: float = FLOOR if max_expansion < math.inf else math.inf

    def add_file(self, size: int) -> None:
        """Allows what one more file may cost.

        Args:
          size: bytes of the file.
        """
        self._size += size
        if self.left < math.inf:
            self.left += self._max_expansion * size

    def spend(self, count: int, where: str) -> None:
        """Counts a cost that is about to arise.

        Args:
          count: bytes.
          where: what errors begin with: the file, and the part of it.

        Raises:
          UnsafeFileError: it is more than is left.
        """
        if count > self.left:
            raise UnsafeFileError(
                f"{where}: takes {count:,} bytes more in memory, where {self.left:,.0f} are left: a file of "
                f"{self._size:,} bytes may take {FLOOR:,} and {self._max_expansion:g} times its size; "
                "if you trust it, read it with a higher max_expansion"
            )
        self.left -= count


_active: ContextVar[Allowance | None] = ContextVar("_active", default=None)


@contextlib.contextmanager
def limited(max_expansion: float = MAX_EXPANSION) -> Iterator[Allowance]:
    """A context in which everything that is read shares one Allowance.

    Args:
      max_expansion: as in Allowance.
    """
    allowance = Allowance(max_expansion)
    token = _active.set(allowance)
    try:
        yield allowance
    finally:
        _active.reset(token)


def allowance_for(size: int) -> Allowance:
    """The Allowance of the context, or a new one where there is none; a file of this size is added to it."""
    allowance = _active.get() or Allowance()
    allowance.add_file(size)
    return allowance


def is_limited() -> bool:
    """Whether there is a context with an Allowance."""
    return _active.get() is not None


def spend(count: int, where: str) -> None:
    """Counts a cost in the Allowance of the context; outside of any context, what users build has no limit.

    Raises:
      UnsafeFileError: it is more than is left.
    """
    allowance = _active.get()
    if allowance is not None:
        allowance.spend(count, where)
