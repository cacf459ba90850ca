"""Layers: options and configs, weights, calls, traces, what input specs say."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

import kerasfmt
from kerasfmt import Input, dtypes
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Spec, Value, ops
from kerasfmt.ir import InputSpec, Weight, fields, find_layer_class, initializers
from kerasfmt.layers import Dense, Dropout, Embedding, Flatten, Layer, Softmax


class Scale(Layer, register=False):
    """Inputs times a factor, plus a weight."""

    factor: float = 2.0
    units: int = fields.positive_integer(default=3)
    bias_initializer: initializers.Option = initializers.option(default="ones")
    bias: Weight = fields.weight()
    shared: ClassVar[int] = 0
    _private: int = 1

    def build(self, inputs: Spec) -> None:
        self.bias = self.add_weight("bias", (self.last_dim(inputs),))

    def call(self, inputs: Value) -> Value:
        return inputs * float(self.factor) + self.bias


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    kerasfmt.clear_session()


# Options.


def test_fields_are_the_annotated_attributes() -> None:
    assert Scale.positional == ("factor", "units", "bias_initializer")
    layer = Scale(3.0, units=4)
    assert (layer.factor, layer.units, layer.name, layer.trainable) == (3.0, 4, "scale", True)


def test_a_subclass_has_the_fields_of_its_base() -> None:
    class Wider(Scale, register=False):
        more: int = 1

    assert Wider.positional == ("factor", "units", "bias_initializer", "more")
    assert Scale.positional == ("factor", "units", "bias_initializer")


def test_layers_register_by_class_name() -> None:
    assert find_layer_class("Dense") is Dense
    assert find_layer_class("Scale") is None


def test_config() -> None:
    layer = Scale(units=4, name="s", trainable=False, dtype="float16", input_shape=(2,))
    assert layer.get_config() == {
        "name": "s",
        "trainable": False,
        "dtype": "float16",
        "batch_input_shape": [None, 2],
        "factor": 2.0,
        "units": 4,
        "bias_initializer": {"class_name": "Ones", "config": {}},
    }
    assert Scale.from_config(layer.get_config()).get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Scale(1, 2, "ones", 4), TypeError, "4 positional arguments for 3 options"),
        (lambda: Dense(name="d"), TypeError, r"layer d \(Dense\): option units is needed"),
        (
            lambda: Scale(size=2, name="s"),
            UnsupportedLayerError,
            r"layer s \(Scale\): unknown option size=2; it takes factor, units, bias_initializer",
        ),
        (
            lambda: Softmax(units=2, name="s"),
            UnsupportedLayerError,
            r"layer s \(Softmax\): unknown option units=2; it takes axis",
        ),
        (
            lambda: Scale(units=0, name="s"),
            InvalidModelError,
            r"layer s \(Scale\): option units: expected a whole number of at least 1, got 0",
        ),
        (
            lambda: Scale(bias_initializer="nine", name="s"),
            UnsupportedLayerError,
            r"layer s \(Scale\): option bias_initializer: initializer 'nine'",
        ),
        (
            lambda: Scale(name=3),
            InvalidModelError,
            "layer of class Scale: option name: expected a text, got 3",
        ),
        (lambda: Scale(name="\udfff"), InvalidModelError, "option name: expected a text"),
        (
            lambda: Scale(name="s", trainable="no"),
            InvalidModelError,
            r"layer s \(Scale\): option trainable: expected True or False, got 'no'",
        ),
        (lambda: Scale(input_shape=(-1,)), InvalidModelError, "option input_shape: expected sizes and None"),
        (lambda: Scale(batch_input_shape=5), InvalidModelError, "expected sizes and None, got 5"),
        (lambda: Scale(batch_input_shape=(None, 2.5)), InvalidModelError, "expected sizes and None"),
        (lambda: Scale(dtype="float9"), UnsupportedLayerError, "dtype policy 'float9'"),
    ],
)
def test_options_that_are_refused(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


# Calls.


def test_a_call() -> None:
    x = Input((3,), name="x")
    layer = Scale()
    y = layer(x)
    assert (y.shape, y.dtype, y.origin.layer, y.index) == ((None, 3), dtypes.float32, layer, 0)
    assert layer(y).origin.index == 1
    assert [c.inputs for c in layer.calls] == [x, y]
    assert layer.built
    assert layer.build_input == (None, 3)


def test_a_call_takes_tensors() -> None:
    with pytest.raises(TypeError, match="layer s: expected symbolic tensors"):
        Scale(name="s")([1.0, 2.0])
    with pytest.raises(InvalidModelError, match=r"layer s \(Scale\): no symbolic tensor"):
        Scale(name="s")(np.ones((2, 3)))


def test_call_arguments_that_are_not_there() -> None:
    with pytest.raises(
        UnsupportedLayerError, match=r"layer s \(Scale\): call argument speed is not supported"
    ):
        Scale(name="s")(Input((3,)), speed=3)


def test_errors_in_a_call_name_the_layer_and_the_shapes() -> None:
    class Bad(Layer, register=False):
        def call(self, inputs: Value) -> Value:
            return ops.matmul(inputs, np.ones((7, 7), np.float32))

    with pytest.raises(
        InvalidModelError, match=r"layer b \(Bad\): on inputs of shape \[\(None, 3\)\]: .*MatMul"
    ):
        Bad(name="b")(Input((3,)))


def test_errors_in_build_name_the_layer_and_the_shapes() -> None:
    class Bad(Layer, register=False):
        def build(self, inputs: Spec) -> None:
            raise ValueError("no way")

    with pytest.raises(
        InvalidModelError, match=r"cannot be built for inputs of shape \[\(None, 3\)\]: no way"
    ):
        Bad()(Input((3,)))


# Masks and casts.


def test_masks() -> None:
    x = Input((4,), dtype="int32")
    masked = Embedding(5, 3, mask_zero=True)(x)
    assert masked.masked
    assert Dropout(0.1)(masked).masked
    assert Dense(2)(masked).masked
    assert not Flatten()(masked).masked


def test_automatic_casts() -> None:
    layer = Scale(dtype="float16")
    assert layer(Input((3,), dtype="float64")).dtype is dtypes.float16
    assert layer.weights[0].dtype is dtypes.float16
    integers = Spec((2,), dtypes.int32)
    assert layer.cast_spec(integers) is integers
    assert Embedding(5, 3)(Input((2,), dtype="int32")).dtype is dtypes.float32


# Input specs.

SPEC_CASES: list[tuple[InputSpec, Any, str | None]] = [
    (InputSpec(ndim=2), (None, 3), None),
    (InputSpec(ndim=2), (None, 3, 4), r"expected 2 dimensions, got shape (None, 3, 4)"),
    (InputSpec(min_ndim=2), (3,), "expected at least 2 dimensions"),
    (InputSpec(max_ndim=1), (3, 3), "expected at most 1 dimensions"),
    (InputSpec(axes={-1: 3}), (None, 3), None),
    (InputSpec(axes={-1: 3}), (None, None), None),
    (InputSpec(axes={-1: None}), (None, 4), None),
    (InputSpec(axes={-1: 3}), (None, 4), "expected 3 elements along axis -1"),
    (InputSpec(axes={5: 3}), (None, 4), "expected 3 elements along axis 5"),
    (InputSpec(ndim=2, axes={-1: 3}), None, None),
]


@pytest.mark.parametrize(("spec", "shape", "wrong"), SPEC_CASES)
def test_input_specs(spec: InputSpec, shape: Any, wrong: str | None) -> None:
    found = spec.mismatch(shape)
    assert found is None if wrong is None else wrong in (found or "")


def test_a_layer_refuses_what_its_spec_refuses() -> None:
    layer = Dense(2, name="d")
    layer(Input((3,)))
    with pytest.raises(
        KerasfmtError, match=r"layer d \(Dense\): input: expected 3 elements along axis -1, got"
    ):
        layer(Input((4,)))


@pytest.mark.parametrize("mask", ["float32", 3, [None, "x"]])
def test_a_mask_that_is_no_tensor(mask: Any) -> None:
    x = kerasfmt.Input((2, 3))
    with pytest.raises(kerasfmt.errors.InvalidModelError, match="mask: expected a tensor, got"):
        kerasfmt.layers.BatchNormalization()(x, mask=mask)
