"""The registry, and shapes with dimensions that the graph computes."""

from __future__ import annotations

import numpy as np

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Spec, ops
from kerasfmt.sources.jax import rules  # noqa: F401  (fills RULES)
from kerasfmt.sources.jax.rule import RULES, Aval, mirrored, pack_sizes, reshape


def test_the_registry_holds_the_families() -> None:
    assert {
        "add",
        "dot_general",
        "conv_general_dilated",
        "gather",
        "scatter-add",
        "while",
        "scan",
        "sort",
    } <= RULES.keys()
    assert not RULES["select_n"].close
    assert RULES["exp"].close


def test_known_sizes() -> None:
    assert Aval((2, "b", np.int64(3)), dtypes.float32).known == (2, None, 3)


def test_a_reshape_that_changes_nothing_is_left_out() -> None:
    graph = Builder()
    x = graph.input(Spec((None, 4), dtypes.float32), "x")
    rows = ops.getitem(ops.shape(x), 0)
    assert reshape(x, [rows, 4]) is x
    assert reshape(x, [rows, 2, 2]).shape == (None, 2, 2)
    assert reshape(x, [2, 2, rows]).node.inputs[1].node.attrs["value"].tolist() == [2, 2, -1]


def test_sizes_as_a_vector() -> None:
    graph = Builder()
    assert pack_sizes(graph, [2, 3]).node.op == "Const"
    assert pack_sizes(graph, []).shape == (0,)
    size = graph.input(Spec((), dtypes.int32), "n")
    assert pack_sizes(graph, [2, size]).node.op == "Pack"


def test_backwards_along_several_axes() -> None:
    x = Builder().input(Spec((2, 3, 4), dtypes.float32), "x")
    made = mirrored(x, [0, 2])
    assert [made.node.op, made.node.inputs[0].node.op] == ["ReverseV2", "ReverseV2"]
    assert mirrored(x, []) is x
