"""Layers that share the bodies of their functions."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.graph import Value, emit_one, ops
from kerasfmt.ir import Layer
from kerasfmt.ir.trace_sharing import likeness
from kerasfmt.layers import BatchNormalization, Conv2D, Dense, Dropout, LeakyReLU


def bodies(*layers: Layer) -> list[object]:
    """The bodies of the layers' functions for one input."""
    x = kerasfmt.Input((4, 4, 3))
    for layer in layers:
        layer(x)
    return [layer.traces()[0].function.body_id for layer in layers]


def test_equal_layers_share_a_body_on_their_own_weights() -> None:
    first, second = Conv2D(2, 3, name="one"), Conv2D(2, 3, name="two")
    a, b = bodies(first, second)
    assert a is b
    functions = [layer.traces()[0].function for layer in (first, second)]
    assert functions[0].variables == tuple(first.weights)
    assert functions[1].variables == tuple(second.weights)
    assert functions[1].name == "two_layer_call_and_return_conditional_losses"


def test_equal_layers_compute_with_their_own_weights() -> None:
    x = kerasfmt.Input((2,))
    model = kerasfmt.Model(x, Dense(2)(Dense(2)(x)))
    model.set_weights(
        [np.eye(2, dtype="f4") * 2, np.zeros(2, "f4"), np.eye(2, dtype="f4") * 3, np.ones(2, "f4")]
    )
    np.testing.assert_array_equal(model.predict(np.ones((1, 2), "f4")), [[7, 7]])


def test_the_variables_that_a_shared_body_writes_are_the_layers_own() -> None:
    first, second = BatchNormalization(name="one"), BatchNormalization(name="two")
    bodies(first, second)
    specs = second.traces()[0].inputs
    a, b = (layer.trace(specs, {}, training=True).function for layer in (first, second))
    assert a.body_id is b.body_id
    assert b.written == {second.moving_mean, second.moving_variance}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Dense(2), Dense(3)),
        (Dense(2), Dense(2, activation="relu")),
        (Dense(2), Dense(2, dtype="float64")),
        (Dense(2), Dense(2, trainable=False)),
        (LeakyReLU(0.0), LeakyReLU(-0.0)),
        (Dropout(0.5), Dropout(0.25)),
    ],
    ids=lambda layer: layer.name,
)
def test_other_options_make_another_body(one: Layer, other: Layer) -> None:
    a, b = bodies(one, other)
    assert a is not b


def test_what_a_function_shows_of_a_name_is_not_shared() -> None:
    class Named(Layer, register=False):
        def call(self, inputs: Value) -> Value:
            return emit_one("Relu", inputs, name=self.name)

    one, other = Named(name="one"), Named(name="other")
    a, b = bodies(one, other)
    assert a is not b
    assert other.traces()[0].function.nodes[0].name == "other"


@pytest.mark.parametrize(
    "state", [{"a": np.ones(1)}, np.ones(2), Dense(2), lambda x: x], ids=lambda s: type(s).__name__
)
def test_layers_with_other_state_share_nothing(state: Any) -> None:
    layer = Dense(2)
    assert likeness(layer) is not None
    layer.state = state  # type: ignore[attr-defined]
    assert likeness(layer) is None


def test_a_call_that_changes_the_layer_is_not_shared() -> None:
    class Counting(Layer, register=False):
        count = 0

        def call(self, inputs: Value) -> Value:
            self.count += 1
            return ops.add(inputs, float(self.count))

    a, b = bodies(Counting(), Counting())
    assert a is not b


def test_a_shared_body_keeps_no_weights_alive() -> None:
    first, second = Dense(2), Dense(2)
    a, b = bodies(first, second)
    assert a is b
    kernel = weakref.ref(first.kernel)
    del first
    gc.collect()
    assert kernel() is None
