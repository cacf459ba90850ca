"""The arguments of ops as messages name them."""

from __future__ import annotations

import pytest

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Spec, emit
from kerasfmt.graph.op_defs import lookup
from kerasfmt.graphdef.arguments import checked_operands, count_of, output_index, output_number, size_of


def test_how_many_tensors_an_argument_takes() -> None:
    pack = lookup("Pack")
    assert size_of(pack.inputs[0], {"N": 3}) == 3
    assert count_of(lookup("MatMul").inputs, {}) == 2
    assert count_of(lookup("IdentityN").inputs, {"T": [dtypes.int32, dtypes.string]}) == 2
    with pytest.raises(GraphError, match="argument values: expected at least 0 tensors, got -1"):
        size_of(pack.inputs[0], {"N": -1})


def test_operands_have_the_dtypes_of_the_op() -> None:
    graph = Builder("f")
    x, y = graph.input(Spec((), dtypes.float32)), graph.input(Spec((), dtypes.int32), "y")
    attrs = {"T": dtypes.float32, "N": 2}
    assert checked_operands(lookup("Pack"), attrs, [x, x]) == ([x, x], (2,))
    assert checked_operands(lookup("AddV2"), attrs, [x, x]) == ([x, x], (None, None))
    with pytest.raises(GraphError, match="expected 2 inputs, got 1"):
        checked_operands(lookup("AddV2"), attrs, [x])
    with pytest.raises(GraphError, match=r"argument y: expected float32, got int32 \(y\)"):
        checked_operands(lookup("AddV2"), attrs, [x, y])


def test_which_output_is_meant() -> None:
    graph = Builder("f")
    x = graph.input(Spec((4,), dtypes.float32))
    node = emit("TopKV2", x, 2)[0].node
    assert [output_index(node, label) for label in ("values:0", "indices:0", "values:1", "none:0", "values:x")] == [
        0, 1, -1, -1, -1,
    ]  # fmt: skip
    assert [output_number(text) for text in ("", "7", "-1", "x", "9" * 50)] == [0, 7, -1, -1, -1]
