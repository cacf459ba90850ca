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
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.trace_sharing import sharing_key
from kerasfmt.layers import BatchNormalization, Conv2D, Dense, Dropout, LeakyReLU


def bodies(*layers: Layer) -> list[object]:
    """The bodies of the layers' functions for one input."""
    x = kerasfmt.Input((4, 4, 3))
    for layer in layers:
        layer(x)
    return [next(iter(layer.traces)).function.body_id for layer in layers]


def test_equal_layers_share_a_body_on_their_own_weights() -> None:
    first, second = Conv2D(2, 3, name="one"), Conv2D(2, 3, name="two")
    a, b = bodies(first, second)
    assert a is b
    functions = [next(iter(layer.traces)).function for layer in (first, second)]
    assert functions[0].captured == tuple(first.weights)
    assert functions[1].captured == tuple(second.weights)
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
    context = CallContext(first.calls[0].outputs.shared_traces)
    specs = next(iter(second.traces)).inputs
    a, b = (layer.traces.exact(specs, {}, True, context).function for layer in (first, second))
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
    assert next(iter(other.traces)).function.nodes[0].name == "other"


@pytest.mark.parametrize(
    "state", [{"a": np.ones(1)}, np.ones(2), Dense(2), lambda x: x], ids=lambda s: type(s).__name__
)
def test_layers_with_other_state_share_nothing(state: Any) -> None:
    layer = Dense(2)
    assert sharing_key(layer) is not None
    layer.state = state  # type: ignore[attr-defined]
    assert sharing_key(layer) is None


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


def body_of(layer: Layer) -> object:
    """The body of the function that the layer was first traced as."""
    return next(iter(layer.traces)).function.body_id


def test_what_is_made_of_two_inputs_shares_nothing() -> None:
    layers = [Dense(2), Dense(2)]
    for layer in layers:
        layer(Dense(3)(kerasfmt.Input((3,))))
    a, b = map(body_of, layers)
    assert a is not b


def test_layers_of_nested_models_in_one_file_share() -> None:
    def block(name: str) -> kerasfmt.Model:
        y = kerasfmt.Input((3,))
        return kerasfmt.Model(y, Dense(3, name=f"{name}_second")(Dense(3)(y)), name=name)

    x = kerasfmt.Input((3,))
    made = kerasfmt.Model(x, block("b")(block("a")(x)))
    read = kerasfmt.model_from_config(made.get_config())
    first, second = (read.get_layer(name) for name in "ab")
    assert isinstance(first, kerasfmt.Model) and isinstance(second, kerasfmt.Model)
    assert body_of(first.get_layer("a_second")) is body_of(second.get_layer("b_second"))


def test_a_sequential_without_a_shape_shares_with_the_model_that_calls_it() -> None:
    x = Dense(3)(kerasfmt.Input((3,)))
    first, second = Dense(3), Dense(3)
    first(x)
    kerasfmt.Sequential([Dense(3), second])(x)
    assert body_of(first) is body_of(second)


def test_common_attributes_are_those_of_a_bare_layer() -> None:
    # What is added to every layer neither ends the sharing nor has to be listed.
    class Odd(Dense, register=False):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.calls = [*self.calls]

    assert Layer.common_attributes == frozenset(vars(Layer(name="layer")))
    a, b = bodies(Odd(2), Odd(2))
    assert a is b


def test_a_layer_that_holds_another_layers_weight_shares_nothing() -> None:
    first, second = Dense(2), Dense(2)
    bodies(first)
    second.borrowed = first.kernel  # type: ignore[attr-defined]
    assert sharing_key(second) is None
