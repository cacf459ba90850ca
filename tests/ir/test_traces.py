"""The traces of a layer: exact, Keras's, the default one; names and memory."""

from __future__ import annotations

import gc
import weakref

import pytest

import kerasfmt
from kerasfmt import Input, Model, dtypes
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.graph import Spec
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.naming import LayerNames
from kerasfmt.layers import Add, Dense, Dropout, Layer, LocallyConnected1D

SPEC = Spec((None, 3), dtypes.float32)


@pytest.fixture(autouse=True)
def fresh_names() -> None:
    kerasfmt.clear_session()


def dense() -> Dense:
    layer = Dense(2, name="d")
    layer(Input((3,)))
    return layer


def test_equal_signatures_are_one_trace() -> None:
    layer = dense()
    first = layer.traces.exact(SPEC)
    assert layer.traces.exact(SPEC) is first
    assert layer.traces.exact(Spec((2, 3), dtypes.float32)) is not first
    assert first.training is None
    found = list(layer.traces)
    assert len({id(trace.function) for trace in found}) == len(found) == 3


def test_training_is_a_trace_of_its_own() -> None:
    layer = Dropout(0.5)
    training, inference = (layer.traces.exact(SPEC, training=mode) for mode in (True, False))
    assert (training.training, inference.training) == (True, False)
    assert layer.traces.exact(SPEC) is inference
    assert training.function.stateful
    assert not inference.function.stateful


def test_the_signature_that_keras_traces() -> None:
    layer = dense()
    assert layer.traces.keras(SPEC).inputs.shape == (None, 3)
    x = Input((5, 3))
    wide = Add()
    wide([x, x])
    narrow = [Spec((None, 5, 3), dtypes.float32)] * 2
    assert [s.shape for s in wide.traces.keras(narrow).inputs] == [(None, 5, 3)] * 2


def test_a_layer_that_keras_traces_for_its_input_only() -> None:
    layer = LocallyConnected1D(2, 3)
    layer(Input((8, 3)))
    assert layer.input_spec() is not None
    assert layer.keras_signature() is None
    with pytest.raises(InvalidModelError, match="no signature of its own"):
        layer.traces.default()


def test_the_default_trace_of_a_model_is_that_of_its_inputs() -> None:
    x = Input((3,), name="x")
    model = Model(x, Dropout(0.5)(x))
    assert model.default_trace() is model.default_trace(training=False)
    assert model.default_trace().function.input_names == ("x",)
    assert model.default_trace(training=True).training is True
    assert model.traces.default() is model.default_trace()


def test_forgotten_traces_are_made_again() -> None:
    layer = dense()
    first = layer.traces.exact(SPEC)
    layer.traces.clear()
    assert list(layer.traces) == []
    assert layer.traces.exact(SPEC) is not first


def test_other_names_are_other_traces_which_die_with_them() -> None:
    x = Input((3,), name="x")
    layer = Dense(2, name="d", activity_regularizer="l1")
    model = Model(x, layer(x), name="m")
    own = model.default_trace()
    count = len(list(layer.traces))
    context = CallContext(names=LayerNames({model: "n", layer: "e", x.origin.layer: "y"}))
    other = model.traces.default(False, context)
    assert other is not own
    assert own.function.name.startswith("m_")
    assert other.function.name.startswith("n_")
    assert other.function.input_names == ("y",)
    assert all(node.name.startswith("e/") for node in other.function.nodes)
    assert layer.traces.penalty(context).name == "e_activity_regularizer"
    assert layer.traces.penalty().name == "d_activity_regularizer"
    assert model.default_trace() is own
    gone = weakref.ref(other)
    del other, context
    gc.collect()
    assert gone() is None
    assert len(list(layer.traces)) == count


def test_an_argument_that_the_layer_does_not_take() -> None:
    layer = dense()
    with pytest.raises(
        UnsupportedLayerError, match=r"layer d \(Dense\): call argument other is not supported"
    ):
        layer.traces.exact(SPEC, {"other": SPEC})


def test_a_trainable_flag_is_part_of_the_signature() -> None:
    layer = dense()
    first = layer.traces.exact(SPEC)
    layer.trainable = False
    assert layer.traces.exact(SPEC) is not first


def test_the_penalty_is_made_once() -> None:
    layer = Dense(2, activity_regularizer="l2")
    assert layer.traces.penalty() is layer.traces.penalty()
    assert layer.traces.penalty().inputs[0].shape is None


def test_every_layer_has_traces() -> None:
    assert isinstance(Layer.common_attributes, frozenset)
    assert "traces" in Layer.common_attributes
