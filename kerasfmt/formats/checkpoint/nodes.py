"""Trackable objects: the nodes of the object graphs of checkpoints and SavedModels.

Source: tensorflow/core/protobuf/saved_object_graph.proto and trackable_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.layout import TABLE_ATTRIBUTE, VALUE_ATTRIBUTE
from kerasfmt.formats.checkpoint.scope_names import scope_name
from kerasfmt.graph import Capture, Table
from kerasfmt.ir import Weight
from kerasfmt.typing import override


@dataclass(eq=False)
class SavedNode:
    """A trackable object with named children."""

    children: list[tuple[str, SavedNode]] = field(default_factory=list, kw_only=True)

    loaded_after_children: ClassVar[bool] = False
    """Whether it cannot be loaded before its children."""

    def add(self, name: str, child: SavedNode) -> None:
        """Appends a child."""
        self.children.append((name, child))

    @property
    def captured(self) -> Capture | None:
        """What functions capture of it."""
        return None

    @property
    def stored_as(self) -> str | None:
        """The attribute under which a checkpoint holds its content; None where it has none."""
        return None

    @property
    def savers(self) -> Sequence[SavedNode]:
        """The functions that save its content and restore it, where a SavedModel has some of its own."""
        return ()


@dataclass(eq=False)
class UserObject(SavedNode):
    """A Python object that is restored by its identifier; a legacy optimizer has slots."""

    identifier: str = layout.GENERIC_OBJECT
    producer: int = layout.OBJECT_PRODUCER
    slots: list[SavedSlot] = field(default_factory=list)


@dataclass(eq=False)
class VariableNode(SavedNode):
    """A variable."""

    weight: Weight

    @property
    @override
    def captured(self) -> Capture:
        return self.weight

    @property
    @override
    def stored_as(self) -> str:
        return VALUE_ATTRIBUTE

    @property
    def name(self) -> str:
        """The name of the weight, as TensorFlow takes it."""
        return scope_name(self.weight.name)


@dataclass(eq=False)
class CountsNode(SavedNode):
    """A table in which a layer counts while it is adapted; beyond that it is empty."""

    table: Table

    @property
    @override
    def stored_as(self) -> str:
        return TABLE_ATTRIBUTE


class SavedSlot(NamedTuple):
    """A variable that a legacy optimizer keeps for another variable; it is no child of the optimizer."""

    original: VariableNode
    name: str
    variable: VariableNode


def list_wrapper(items: Iterable[SavedNode]) -> UserObject:
    """A tracked list."""
    return UserObject(layout.LIST_WRAPPER, children=[(str(i), item) for i, item in enumerate(items)])


def dict_wrapper() -> UserObject:
    """An empty tracked dict."""
    return UserObject(layout.DICT_WRAPPER)
