"""How a write reports its progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int], object]
"""Called again and again with the number of bytes of arrays that were written since the last call."""


def unheard(count: int) -> None:
    """Reports nothing: the progress of a write that nobody watches."""
