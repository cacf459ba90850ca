"""What a decoded function was decoded from, so that it is written again as it was.

A function that was built is encoded from its nodes. A function that was decoded is copied: dead nodes, unknown
attributes, devices and debug information stay. Only the names of functions are others, because a library names its
functions anew.

Source: tensorflow/core/framework/function.proto; tensorflow/python/saved_model/function_deserialization.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from kerasfmt.graph import Function
from kerasfmt.graph.value import GRADIENT
from kerasfmt.typing import record

_NUMBERED: Final = re.compile(r"_\d+\Z")
_PREFIX: Final = "__inference_"


@record(frozen=True, eq=False)
class Definition:
    """A function as a library states it.

    Attributes:
      message: the `FunctionDef`.
      gradients: the functions that are gradients of nodes, by what nodes call them.
      op_defs: the definitions of ops in the file, by name.
    """

    message: Any
    gradients: Mapping[str, str]
    op_defs: Mapping[str, Any]

    @property
    def base(self) -> str:
        """Its name without what TensorFlow adds to the names of functions."""
        name: str = self.message.signature.name
        return _NUMBERED.sub("", name.removeprefix(_PREFIX))

    def named(self) -> Iterator[str]:
        """What it says where the name of a function may stand: callees, gradients, functions beside it."""
        for node in self.message.node_def:
            for value in node.attr.values():
                yield from (function.name for function in functions_in(value))
            gradient = self.gradient(node)
            if gradient is not None:
                yield gradient[1]
        for value in self.message.attr.values():
            yield from _text(value)

    def gradient(self, node: Any) -> tuple[str, str] | None:
        """The gradient of a node by its own name, and the name of the function that computes it."""
        kind = node.attr[GRADIENT].s.decode("utf-8", "replace") if GRADIENT in node.attr else ""
        return (kind, self.gradients[kind]) if kind in self.gradients else None


def functions_in(value: Any) -> list[Any]:
    """The messages of functions in the value of an attribute."""
    kind = value.WhichOneof("value")
    if kind == "func":
        return [value.func]
    return list(value.list.func) if kind == "list" else []


def _text(value: Any) -> Iterator[str]:
    if value.WhichOneof("value") == "s":
        yield value.s.decode("utf-8", "replace")


def copy_definition(proto: Any, definition: Definition, name: str, renamed: Mapping[str, str]) -> None:
    """Copies a function under other names.

    Args:
      proto: the message to fill.
      definition: the function.
      name: its new name.
      renamed: the new names of functions, by their old names.
    """
    proto.CopyFrom(definition.message)
    proto.signature.name = name
    for node in proto.node_def:
        for value in node.attr.values():
            for function in functions_in(value):
                function.name = renamed.get(function.name, function.name)
    for value in proto.attr.values():
        for text in _text(value):
            if text in renamed:
                value.s = renamed[text].encode()


def definition_of(function: Function) -> Definition | None:
    """What a function was decoded from; None if it was built."""
    found = function.definition
    return found if isinstance(found, Definition) else None
