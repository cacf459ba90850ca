"""The registry: what is known of each op agrees with TensorFlow's definition of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder
from kerasfmt.graph.op import Effect, MissingOp, find_op, known_op, op_to_run, registered_ops
from kerasfmt.graph.op_defs import lookup

OPS = registered_ops()


@pytest.mark.parametrize("name", OPS)
def test_a_stateful_op_states_its_effect(name: str) -> None:
    definition, op = lookup(name), find_op(name)
    makes_handle = [a.dtype.name for a in definition.outputs if a.dtype] == ["resource"]
    states = op.effect is not Effect.NONE or bool(definition.callees) or makes_handle
    assert states == definition.stateful or definition.callees


@pytest.mark.parametrize("name", OPS)
def test_an_op_that_takes_a_handle_says_what_it_does_with_it(name: str) -> None:
    takes_handle = any(a.dtype and a.dtype.name == "resource" for a in lookup(name).inputs)
    assert not takes_handle or find_op(name).effect in (Effect.READS, Effect.WRITES)


def test_effects() -> None:
    names = (
        "Relu",
        "ReadVariableOp",
        "ResourceScatterAdd",
        "RandomUniform",
        "RngReadAndSkip",
        "SaveV2",
        "Assert",
    )
    effects = [find_op(name).effect.value for name in names]
    assert effects == ["none", "reads", "writes", "draws", "writes", "writes", "checks"]


def test_callees() -> None:
    callees = {name: lookup(name).callees for name in OPS if lookup(name).callees}
    assert callees == {
        **dict.fromkeys(("PartitionedCall", "StatefulPartitionedCall"), ("f",)),
        **dict.fromkeys(("If", "StatelessIf"), ("then_branch", "else_branch")),
        **dict.fromkeys(("While", "StatelessWhile"), ("cond", "body")),
    }
    assert [name for name in callees if find_op(name).is_call] == [
        "PartitionedCall",
        "StatefulPartitionedCall",
    ]


def test_constants() -> None:
    assert [name for name in OPS if find_op(name).is_constant] == ["Const"]


def test_an_op_that_no_family_registers() -> None:
    assert known_op("DecodeJpeg") is None
    with pytest.raises(GraphError, match="op DecodeJpeg: kerasfmt has no shape inference and no kernel"):
        find_op("DecodeJpeg")
    assert op_to_run("DecodeJpeg") is MissingOp
    assert op_to_run("Relu") is find_op("Relu")
    node = Builder().constant(1).node
    with pytest.raises(GraphError, match="op Const: kerasfmt has no shape inference and no kernel"):
        MissingOp.execute(None, node)  # type: ignore[arg-type]


def test_the_registry_is_full_whoever_asks_first() -> None:
    code = "from kerasfmt.graph.op import registered_ops; print(len(registered_ops()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(found.stdout) == len(OPS)
