"""Trackable objects: the nodes of the object graph.

Source: tensorflow/core/protobuf/saved_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.names import scope_name
from kerasfmt.formats.saved_model.tables import TableFunctions
from kerasfmt.graph import EagerConstant, Table
from kerasfmt.ir import Weight
from kerasfmt.ir.asset import Asset


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


@dataclass(eq=False)
class TableNode(SavedNode):
    """A table."""

    table: Table
    functions: TableFunctions


@dataclass(eq=False)
class ConstantNode(SavedNode):
    """A tensor that functions capture: a constant of the main graph."""

    constant: EagerConstant


@dataclass(eq=False)
class AssetNode(SavedNode):
    """A file below `assets`; functions capture its path."""

    asset: Asset


class SavedSlot(NamedTuple):
    """A variable that a legacy optimizer keeps for another variable; it is no child of the optimizer."""

    original: VariableNode
    name: str
    variable: VariableNode


@dataclass(eq=False)
class ConcreteNode(SavedNode):
    """A function for one signature."""

    concrete: ConcreteFunction


@dataclass(eq=False)
class FunctionNode(SavedNode):
    """A tf.function; its children `trace_0`, `trace_1`, ... are ConcreteNodes, one for each signature."""

    polymorphic: PolymorphicFunction

    def __post_init__(self) -> None:
        for index, trace in enumerate(self.polymorphic.traces):
            self.add(f"trace_{index}", ConcreteNode(trace))


def list_wrapper(items: Iterable[SavedNode]) -> UserObject:
    """A tracked list."""
    return UserObject(layout.LIST_WRAPPER, children=[(str(i), item) for i, item in enumerate(items)])


def dict_wrapper() -> UserObject:
    """An empty tracked dict."""
    return UserObject(layout.DICT_WRAPPER)
