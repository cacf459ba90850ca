"""Nodes that several objects lead to."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.formats.checkpoint.nodes import UserObject
from kerasfmt.formats.saved_model.functions import ConcreteFunction
from kerasfmt.formats.saved_model.nodes import ConcreteNode
from kerasfmt.formats.saved_model.shared_nodes import SharedNodes
from kerasfmt.formats.saved_model.tables import functions_of
from kerasfmt.graph import Builder, EagerConstant, Table

ONE = EagerConstant("one", np.ones(2, np.float32))


def _function(name: str) -> ConcreteFunction:
    graph = Builder(name)
    return ConcreteFunction(graph.finish([graph.capture(ONE)]), name, ((), {}), None)


def test_functions_get_what_they_capture() -> None:
    shared, first, second = SharedNodes(), ConcreteNode(_function("f")), ConcreteNode(_function("g"))
    root = UserObject(children=[("a", first), ("b", UserObject(children=[("c", second), ("again", first)]))])
    root.children[1][1].add("back", root)
    functions = shared.add_captures(root)
    assert functions == [first.concrete.function, second.concrete.function]
    assert first.children == second.children == [("capture_0", shared.constant(ONE))]
    assert shared.constant(EagerConstant("two", ONE.value)) is not shared.constant(ONE)


def test_a_table_has_its_functions() -> None:
    zero = EagerConstant("zero", np.zeros((), np.int64))
    table = Table("counts", dtypes.string, dtypes.int64, zero, mutable=True)
    functions = functions_of([table])[table]
    shared = SharedNodes()
    node = shared.table(table, functions)
    assert [name for name, _ in node.children] == ["_create_resource", "_initialize", "_destroy_resource"]
    assert node.children[0][1] is shared.function(functions.create)
    assert shared.table(table, functions) is node
