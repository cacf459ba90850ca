"""The nodes of an object graph that hold functions; only SavedModels have them.

Source: tensorflow/core/protobuf/saved_object_graph.proto.
"""

from __future__ import annotations

from dataclasses import dataclass

from kerasfmt.formats.checkpoint.nodes import SavedNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.graphdef.function_names import FunctionNames


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
