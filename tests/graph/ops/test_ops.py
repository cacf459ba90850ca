"""The package as a whole: its public functions, and that no family's ops are left out."""

from __future__ import annotations

from kerasfmt.graph import ops
from kerasfmt.graph.op import Op, find_op, registered_ops
from tests.graph.ops.all_samples import SAMPLES


def test_every_op_has_a_sample() -> None:
    assert {s.op for s in SAMPLES} == {op for op in registered_ops() if find_op(op).run is not Op.run}


def test_every_public_function_says_what_it_gives() -> None:
    for name in ops.__all__:
        assert getattr(ops, name).__doc__, name
