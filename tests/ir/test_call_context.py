"""Calls of layers by the layers that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, Model, dtypes
from kerasfmt.graph import Builder, Spec, Value
from kerasfmt.graph.run import run
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import call_signature
from kerasfmt.ir.naming import LayerNames
from kerasfmt.layers import Dense, Layer

SPEC = Spec((None, 3), dtypes.float32)
X = np.arange(6, dtype=np.float32).reshape(2, 3) - 2


class Twice(Layer, register=False):
    """A layer called on its own outputs."""

    def __init__(self, layer: Layer, **options: Any) -> None:
        super().__init__(**options)
        self.layer = layer

    @property
    def sublayers(self) -> Mapping[str, Layer]:
        return {"layer": self.layer}

    def call(self, inputs: Value, *, call_context: CallContext) -> Value:
        first: Value = call_context.run(self.layer, inputs)
        second: Value = call_context.run(self.layer, first)
        return second


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    kerasfmt.clear_session()


def test_the_inner_layer_is_built_run_and_noted() -> None:
    inner = Dense(3, name="inner")
    trace = Twice(inner, name="outer").traces.exact(SPEC)
    assert inner.built
    assert [call.layer for call in trace.inner] == [inner, inner]
    assert trace.inner[0].inputs == SPEC
    assert all(node.name.startswith("inner") for node in trace.function.nodes)
    (result,) = run(trace.function, [X], {w: w.numpy() for w in inner.weights})
    kernel, bias = inner.get_weights()
    np.testing.assert_allclose(result, (X @ kernel + bias) @ kernel + bias, rtol=1e-5, atol=1e-6)


def test_losses_of_the_inner_layer_are_losses_of_the_outer() -> None:
    outer = Twice(Twice(Dense(3, activity_regularizer="l1")))
    trace = outer.traces.exact(SPEC)
    assert trace.losses == 4
    *_, loss = run(trace.function, [X], {w: w.numpy() for w in outer.weights})
    assert loss.shape == ()
    assert len(trace.inner) == 2


def test_one_trace_leaves_nothing_to_the_next() -> None:
    outer = Twice(Dense(3, activity_regularizer="l1"))
    first = outer.traces.exact(SPEC)
    second = outer.traces.exact(Spec((2, 3), dtypes.float32))
    assert first.losses == second.losses == 2
    assert len(first.inner) == len(second.inner) == 2


def test_one_layer_traced_inside_another_keeps_the_records_apart() -> None:
    inner = Twice(Dense(3, activity_regularizer="l1"))

    class Nosy(Layer, register=False):
        def call(self, inputs: Value, *, call_context: CallContext) -> Value:
            before = list(call_context.inner)
            assert inner.traces.exact(SPEC, context=call_context).losses == 2
            assert call_context.inner == before
            assert call_context.losses == []
            return inputs

    assert Nosy().traces.exact(SPEC).losses == 0


def test_the_scope_is_the_name_of_the_context() -> None:
    inner = Dense(3, name="inner")
    graph = Builder()
    context = CallContext(names=LayerNames({inner: "renamed"}))
    outputs = context.run(inner, graph.input(SPEC))
    assert outputs.node.name.startswith("renamed/")
    assert inner.name == "inner"


def test_keras_sees_nothing_of_the_context() -> None:
    signature = call_signature(Twice.call)
    assert signature.takes_context
    assert list(signature.parameters) == ["inputs"]
    assert signature.further == ()
    assert not call_signature(Dense.call).takes_context


def test_a_holder_in_a_model() -> None:
    x = Input((3,))
    model = Model(x, Twice(Dense(3, activity_regularizer="l2"))(x))
    assert model.default_trace().losses == 2
