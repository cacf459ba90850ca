"""What type checkers are told of a class or a method: where Python 3.10 has no word for it, or at no cost.

Type checkers take the meaning from typing_extensions and dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeVar

__all__ = ["dataclass_transform", "override", "record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record

    from typing_extensions import dataclass_transform, override
else:
    _T = TypeVar("_T")
    _C = TypeVar("_C")

    def override(method: _T) -> _T:
        """Marks a method that takes the place of a base class's; in `typing` from Python 3.12 on."""
        return method

    def dataclass_transform(**_: object) -> Callable[[_T], _T]:
        """Says that annotated attributes become parameters of a constructor; in `typing` from Python 3.11 on."""
        return lambda cls: cls

    def record(*, frozen: Literal[True], eq: bool = True, **options: bool) -> Callable[[_T], _T]:
        """A frozen dataclass to type checkers; at run time one that can be hashed, and that nothing watches.

        For the package's own records. What would refuse an assignment takes a twentieth of the instructions of a
        conversion to make; type checkers refuse it in any case. All records share one `__repr__`.
        """
        assert frozen
        has_repr = options.pop("repr", True)

        def made(cls: type[_C]) -> type[_C]:
            if has_repr and "__repr__" not in vars(cls):
                cls.__repr__ = _shown
            return dataclass(eq=eq, unsafe_hash=eq, repr=False, **options)(cls)

        return made

    def _shown(item: object) -> str:
        shown = ((field.name, getattr(item, field.name)) for field in fields(item) if field.repr)
        return f"{type(item).__qualname__}({', '.join(f'{name}={value!r}' for name, value in shown)})"
