"""The nodes of an object graph that hold functions; only SavedModels have them.

Source: tensorflow/core/protobuf/saved_object_graph.proto.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kerasfmt.formats.checkpoint.layout import TABLE_ATTRIBUTE
from kerasfmt.formats.checkpoint.nodes import SavedNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.tables import TableFunctions
from kerasfmt.graph import Capture, EagerConstant, Table
from kerasfmt.graph.resource import InnerTensor
from kerasfmt.graphdef.function_names import FunctionNames
from kerasfmt.ir.asset import Asset
from kerasfmt.typing import override


@dataclass(eq=False)
class ConcreteNode(SavedNode):
    """A function for one signature."""

    loaded_after_children = True
    concrete: ConcreteFunction


@dataclass(eq=False)
class FunctionNode(SavedNode):
    """A tf.function; its children `trace_0`, `trace_1`, ... are ConcreteNodes, one for each signature."""

    loaded_after_children = True
    polymorphic: PolymorphicFunction

    def __post_init__(self) -> None:
        for index, trace in enumerate(self.polymorphic.traces):
            self.add(f"trace_{index}", ConcreteNode(trace))


@dataclass(eq=False)
class TableNode(SavedNode):
    """A table."""

    table: Table
    functions: TableFunctions

    def __post_init__(self) -> None:
        both = (self.functions.save, self.functions.restore)
        self._savers = tuple(ConcreteNode(function) for function in both if function is not None)

    @property
    @override
    def captured(self) -> Capture:
        return self.table

    @property
    @override
    def stored_as(self) -> str | None:
        return TABLE_ATTRIBUTE if self._savers else None

    @property
    @override
    def savers(self) -> Sequence[SavedNode]:
        return self._savers


@dataclass(eq=False)
class ConstantNode(SavedNode):
    """A tensor that functions capture: a constant of the main graph."""

    constant: EagerConstant

    @property
    @override
    def captured(self) -> Capture:
        return self.constant


@dataclass(eq=False)
class AssetNode(SavedNode):
    """A file below `assets`; functions capture its path."""

    asset: Asset

    @property
    @override
    def captured(self) -> Capture:
        return self.asset


@dataclass(eq=False)
class InnerTensorNode(SavedNode):
    """A tensor inside of a function, which a gradient captures; no object leads to it."""

    tensor: InnerTensor

    @property
    @override
    def captured(self) -> Capture:
        return self.tensor


def name_functions(graph: ObjectGraph) -> FunctionNames:
    """A name for every function of the nodes, in their order."""
    names = FunctionNames()
    for node in graph.nodes:
        if isinstance(node, FunctionNode):
            for trace in node.polymorphic.traces:
                names.add(trace.function, trace.name)
        elif isinstance(node, ConcreteNode):
            names.add(node.concrete.function, node.concrete.name)
    return names
