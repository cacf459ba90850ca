"""What an option is: its default, how a given value becomes the held one, and how that is written.

`kerasfmt.ir.fields` has the kinds of options; `kerasfmt.ir.options` makes constructors and configs of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from kerasfmt.typing import override, record

if TYPE_CHECKING:
    from typing_extensions import Self

REQUIRED: Any = object()
"""Marks an option without a default."""

Held = TypeVar("Held")
Given = TypeVar("Given")


def as_given(value: Any) -> Any:
    """The value: the converter of an option that takes any."""
    return value


FromCustom: TypeAlias = "Callable[[object, Mapping[str, Any]], object]"
"""Makes a held value of what a config names and the user gave for that name; None where the user gave nothing."""


@dataclass(eq=False, repr=False)
class Field(Generic[Held, Given]):
    """One option. As an annotation, `Field[Held, Given]` says what is held, and what constructor and assignment take.

    Attributes:
      default: its default, or REQUIRED.
      convert: given value -> held value; raises ValueError where there is none. A held value converts to itself.
      to_config: held value -> JSON as Keras 2 writes it.
      stored: whether the option is part of the config.
      implied: whether the config leaves it out at its default.
      kw_only: whether the constructor takes it by keyword only.
      init_only: whether it is an argument of the constructor that is not held.
      alias: its name, where the attribute has another.
      custom: makes a held value of the config's one and the custom objects; None where those hold nothing for it.
      attribute: the attribute that holds it; the class that declares it says so.
      annotation: the annotation of the attribute.
      module: the module of the class that declares it.
    """

    default: Any = REQUIRED
    convert: Callable[[Any], Any] = as_given
    to_config: Callable[[Any], Any] = as_given
    stored: bool = True
    implied: bool = False
    kw_only: bool = False
    init_only: bool = False
    alias: str | None = None
    custom: FromCustom | None = None
    attribute: str = field(default="", init=False)
    annotation: Any = field(default=Any, init=False)
    module: str = field(default="", init=False)

    @overload
    def __get__(self, owner: None, kind: type) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type) -> Held: ...

    def __get__(self, owner: object, kind: type) -> Any:
        if owner is None:
            return self
        try:
            return owner.__dict__[self.attribute]
        except KeyError:
            raise AttributeError(f"{kind.__name__}: {self.attribute} is not set yet") from None

    if TYPE_CHECKING:
        # `Options.__setattr__` converts. A descriptor with `__set__` would come before the attributes of the object,
        # so that every look at an option were a call.
        def __set__(self, owner: object, value: Given) -> None: ...

    @override
    def __repr__(self) -> str:
        return f"<option {self.alias or self.attribute}>"


@record(frozen=True)
class State:
    """Stands in a class body for an annotated attribute that is not an option.

    Attributes:
      default: what the attribute is until it is set; REQUIRED where it is missing until then.
    """

    default: Any
