"""Gradients of nodes, on stand-ins for TensorFlow's graphs; `conformance/test_live_custom.py` has real ones."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.sources.live.tf_gradients import trace_gradients


class Shape(list[Any]):
    rank = property(len)
    as_list = property(lambda self: lambda: list(self))


class Graph(SimpleNamespace):
    __hash__ = object.__hash__

    def get_operations(self) -> list[Any]:
        return list(self.operations)


def tensor(name: str, graph: Any = None) -> Any:
    found = SimpleNamespace(name=name, shape=Shape([None, 2]), dtype=SimpleNamespace(name="float32"))
    if graph is None:
        found.numpy = lambda: 0
    else:
        found.graph = graph
    return found


class Op:
    def __init__(self, kind: str | None, *inputs: Any) -> None:
        self.kind, self.inputs = kind, inputs

    def get_attr(self, name: str) -> bytes:
        if self.kind is None:
            raise ValueError(name)
        return self.kind.encode()


def test_what_a_gradient_captures(monkeypatch: pytest.MonkeyPatch) -> None:
    outer = Graph(outer_graph=None, _functions={}, operations=[])
    inner = Graph(outer_graph=outer, _functions={}, operations=[])
    constant = tensor("constant")
    argument, held = tensor("x:0", outer), tensor("capture:0", outer)
    middle, passed = tensor("Relu:0", outer), tensor("passed:0", inner)
    outer.inputs, outer.internal_captures, outer.external_captures = [argument, held], [held], [constant]
    inner.inputs, inner.internal_captures, inner.external_captures = [passed], [passed], [middle]
    outer._functions = {b"inner": SimpleNamespace(graph=inner)}
    outer.operations = [Op(None), Op("own", middle), Op("lost", middle)]
    inner.operations = [Op("own"), Op("other", passed)]
    given: list[Any] = []

    def function(gradient: Any) -> Any:
        def concrete(op: Any, *inputs: Any) -> Any:
            given.append((gradient, inputs))
            captured = [argument, held, middle, passed, constant]
            return SimpleNamespace(
                inputs=[*inputs, *captured], captured_inputs=captured, structured_outputs=[inputs[0], None]
            )

        return SimpleNamespace(get_concrete_function=concrete)

    def lookup(kind: str) -> str:
        if kind == "lost":
            raise LookupError
        return f"gradient of {kind}"

    registry = SimpleNamespace(gradient_registry=SimpleNamespace(lookup=lookup))
    monkeypatch.setitem(sys.modules, "tensorflow.python.framework.ops", registry)  # type: ignore[arg-type]
    argument_names = SimpleNamespace(input_arg=[SimpleNamespace(name="inputs"), SimpleNamespace(name="held")])
    definitions = {"f": SimpleNamespace(signature=argument_names)}
    made = SimpleNamespace(graph=outer, name=b"f")
    first, second = trace_gradients(SimpleNamespace(function=function), made, definitions)
    assert (first.kind, second.kind) == ("own", "other")
    assert first.captured[:3] == (("inputs:0", "f"), constant, ("Relu:0", "f"))
    assert second.captured[3:] == (("Relu:0", "f"), constant)
    assert first.inputs == (Spec((None, 2), dtypes.float32),)
    assert first.outputs == (Spec((None, 2), dtypes.float32), None)
    assert [name for name, _ in given] == ["gradient of own", "gradient of other"]
