"""Nodes with functions."""

from __future__ import annotations

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.nodes import UserObject
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.nodes import ConcreteNode, FunctionNode, name_functions
from kerasfmt.graph import Builder, Function, Spec


def test_the_traces_of_a_function_are_its_children() -> None:
    traces = tuple(ConcreteFunction(Builder().finish([]), name, (), ()) for name in "ab")
    node = FunctionNode(PolymorphicFunction(traces))
    assert [name for name, _ in node.children] == ["trace_0", "trace_1"]
    assert [child.concrete for _, child in node.children if isinstance(child, ConcreteNode)] == list(traces)


def doubled(name: str) -> Function:
    graph = Builder(name)
    x = graph.input(Spec((), dtypes.float32), "x")
    return graph.finish([x * 2.0])


def test_functions_are_named_in_the_order_of_their_nodes() -> None:
    first, second = doubled("first"), doubled("second")
    function = PolymorphicFunction((ConcreteFunction(first, "call", (), ()),))
    root = UserObject(
        children=[
            ("f", FunctionNode(function)),
            ("again", ConcreteNode(ConcreteFunction(first, "other", (), ()))),
            ("g", ConcreteNode(ConcreteFunction(second, "signature", (), ()))),
        ]
    )
    names = name_functions(ObjectGraph.of(root))
    assert list(names) == [first, second]
    assert (names[first], names[second]) == ("__inference_call_1", "__inference_signature_2")
