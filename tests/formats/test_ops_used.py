"""Ops, counted."""

from __future__ import annotations

from pathlib import Path

import kerasfmt
from kerasfmt import protos
from kerasfmt.formats.hdf5.reader import load
from kerasfmt.formats.ops_used import ops_of_graph, ops_of_prediction


def test_graph_and_library() -> None:
    graph = protos.GraphDef()
    graph.node.add(op="Const")
    function = graph.library.function.add()
    function.node_def.add(op="Const")
    function.node_def.add(op="MatMul")
    assert ops_of_graph(graph) == {"Const": 2, "MatMul": 1}


def test_a_function_that_is_called_twice_counts_once(tmp_path: Path) -> None:
    x = kerasfmt.Input((3,))
    y = kerasfmt.Input((3,))
    inner = kerasfmt.Model(y, kerasfmt.layers.Dense(3)(y))
    kerasfmt.save_model(kerasfmt.Model(x, kerasfmt.layers.ReLU()(inner(inner(x)))), tmp_path / "m.h5")
    found = ops_of_prediction(tmp_path / "m.h5", load)
    assert (found["MatMul"], found["Relu"]) == (1, 1)
    assert found["StatefulPartitionedCall"] >= 2
