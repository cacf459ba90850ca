from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.gradient import forward_backward
from kerasfmt.gradient.backward_graph import BackwardGraph
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.gradient.indexed_slices import IndexedSlices, dense, total
from kerasfmt.gradient.pair import Slices
from kerasfmt.graph import Builder, Spec, Value, Variable, ops
from kerasfmt.graph.run import run


def begun() -> BackwardGraph:
    return BackwardGraph("b", ForwardGraph(Builder("f").finish([]), "f"))


def some_rows(graph: BackwardGraph, dtype: dtypes.DType = dtypes.int32) -> IndexedSlices:
    values = graph.input(Spec((None, 2), dtypes.float32), "values")
    indices = graph.input(Spec((None,), dtype), "indices")
    return IndexedSlices(values, indices, graph.constant(np.array([4, 2], np.int32)))


def test_rows_with_one_index_are_added() -> None:
    graph = begun()
    found = dense(graph, some_rows(graph))
    (array,) = run(graph.finish([found]), [np.ones((3, 2), np.float32), np.array([1, 3, 1], np.int32)], {})
    assert array[:, 0].tolist() == [0, 2, 0, 1]
    tensor = graph.constant(np.ones(2, np.float32))
    assert dense(graph, tensor) is tensor


def test_the_sum_of_rows_is_rows() -> None:
    graph = begun()
    first, second, wide = some_rows(graph), some_rows(graph), some_rows(graph, dtypes.int64)
    assert total(graph, [first]) is first
    both = total(graph, [first, second])
    assert isinstance(both, IndexedSlices)
    assert (both.values.node.op, both.indices.dtype) == ("ConcatV2", dtypes.int32)
    mixed = total(graph, [first, wide])
    assert isinstance(mixed, IndexedSlices)
    assert mixed.indices.dtype is dtypes.int64


def test_the_sum_of_rows_and_a_tensor_is_a_tensor() -> None:
    graph = begun()
    found = total(graph, [some_rows(graph), graph.constant(np.ones((4, 2), np.float32))])
    assert isinstance(found, Value)
    assert found.node.op == "AddN"


def test_the_gradient_of_a_table() -> None:
    table = Variable("embeddings", Spec((4, 2), dtypes.float32))
    graph = Builder("f")
    ids = graph.input(Spec((None, 3), dtypes.int32), "ids")
    pair = forward_backward(graph.finish([ops.embedding_lookup(table, ids)]))
    assert pair.given == (None, Slices(0, 1, 2))
    data, weights = np.array([[0, 2, 2]], np.int32), np.ones((4, 2), np.float32)
    forward = run(pair.forward, [data], {table: weights})
    seed = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    values, indices, shape = run(pair.backward, [seed, *[forward[i] for i in pair.taken]], {table: weights})
    np.testing.assert_array_equal(values, seed[0])
    assert (indices.tolist(), shape.tolist()) == ([0, 2, 2], [4, 2])
