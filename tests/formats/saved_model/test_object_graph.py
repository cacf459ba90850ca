"""The numbers of objects: ids, paths, checkpoint keys, names of functions."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.nodes import (
    ConcreteNode,
    FunctionNode,
    UserObject,
    VariableNode,
    list_wrapper,
)
from kerasfmt.formats.saved_model.object_graph import ObjectGraph, escape
from kerasfmt.graph import Builder, Function, Spec
from kerasfmt.ir import Weight


def weight(name: str = "d/kernel") -> Weight:
    return Weight(name, (2, 3), dtypes.float32)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("kernel", "kernel"),
        ("a/b", "a.Sb"),
        ("a.b", "a..b"),
        ("a.Sb", "a..Sb"),
        ("/", ".S"),
        (".", ".."),
        ("é x", "é x"),
    ],
)
def test_escape(name: str, key: str) -> None:
    assert escape(name) == key


def test_escaping_keeps_names_apart() -> None:
    names = ["a/b", "a.Sb", "a.b", "a..b", "a...b", "a./b", "a/.b"]
    assert len({escape(n) for n in names}) == len(names)


def test_numbers_go_breadth_first() -> None:
    leaf, left, right = UserObject(), UserObject(), UserObject()
    left.add("leaf", leaf)
    right.add("again", leaf)
    right.add("self", right)
    root = UserObject(children=[("l", left), ("r", right), ("l2", left)])
    graph = ObjectGraph.of(root)
    assert graph.nodes == [root, left, right, leaf]
    assert [graph.ids[n] for n in graph.nodes] == [0, 1, 2, 3]
    assert graph.paths[leaf] == ("l", "leaf")
    assert graph.paths[root] == ()


def test_a_deep_graph() -> None:
    root = node = UserObject()
    for _ in range(5000):
        node.add("next", child := UserObject())
        node = child
    assert len(ObjectGraph.of(root).paths[node]) == 5000


def test_variables_have_the_key_of_their_first_path() -> None:
    variable = VariableNode(weight())
    root = UserObject()
    root.add("layer/1", UserObject(children=[("dot.kernel", variable)]))
    root.add("variables", list_wrapper([variable]))
    graph = ObjectGraph.of(root)
    ((key, node),) = graph.variables.items()
    assert node is variable
    assert key == graph.checkpoint_keys[variable] == "layer.S1/dot..kernel/.ATTRIBUTES/VARIABLE_VALUE"
    assert graph.captures == {variable.weight: variable}


def test_what_reaches_a_variable_is_restorable() -> None:
    variable, empty = VariableNode(weight()), UserObject()
    layer = UserObject(children=[("kernel", variable)])
    root = UserObject(children=[("empty", empty), ("layer", layer)])
    assert ObjectGraph.of(root).restorable == {root, layer, variable}


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
    names = ObjectGraph.of(root).name_functions()
    assert list(names) == [first, second]
    assert (names[first], names[second]) == ("__inference_call_1", "__inference_signature_2")
