"""How a write tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int], object]
"""What is told, again and again, how many more bytes of arrays have been written."""


def unheard(count: int) -> None:
    """The progress of a write that nobody watches."""
