"""The numbers of objects: ids, paths, checkpoint keys."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.nodes import UserObject, VariableNode, list_wrapper
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph, escape
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


def test_nodes_that_no_object_leads_to_come_last() -> None:
    root, alone = UserObject(), UserObject()
    root.add("child", VariableNode(weight()))
    graph = ObjectGraph.of(root, [alone])
    assert graph.nodes[-1] is alone
    assert graph.ids[alone] == 2
    assert list(graph.trackables) == list(graph.nodes[:2])
