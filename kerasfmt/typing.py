"""What type checkers are told of a class or a method, where Python 3.10 has no word for it.

Type checkers take the meaning from typing_extensions. At run time nothing is imported and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

__all__ = ["dataclass_transform", "override"]

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform, override
else:
    _T = TypeVar("_T")

    def override(method: _T) -> _T:
        """Marks a method that takes the place of a base class's; in `typing` from Python 3.12 on."""
        return method

    def dataclass_transform(**_: object) -> Callable[[_T], _T]:
        """Says that annotated attributes become parameters of a constructor; in `typing` from Python 3.11 on."""
        return lambda cls: cls
