"""Trackable objects: the nodes of the object graphs of checkpoints and SavedModels.

Source: tensorflow/core/protobuf/saved_object_graph.proto and trackable_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from kerasfmt.formats.checkpoint import layout
from kerasfmt.formats.checkpoint.scope_names import scope_name
from kerasfmt.ir import Weight


@dataclass(eq=False)
class SavedNode:
    """A trackable object with named children."""

    children: list[tuple[str, SavedNode]] = field(default_factory=list, kw_only=True)

    def add(self, name: str, child: SavedNode) -> None:
        """Appends a child."""
        self.children.append((name, child))


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
    def name(self) -> str:
        """The name of the weight, as TensorFlow takes it."""
        return scope_name(self.weight.name)


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
