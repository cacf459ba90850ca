"""Revived layers: what they say of themselves, and how they are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Builder, Spec, emit_one
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Weight
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.revived import Record, RevivedLayer
from kerasfmt.ir.tracked import TrackedObject

ROW = Spec((None, 3), dtypes.float32)


def scaling(weight: Weight, factor: float) -> Any:
    """A function of a row and a mode: the scaled row, and a loss."""

    def prepare() -> Any:
        graph = Builder("call")
        x = graph.input(ROW, "inputs")
        y = x * graph.read(weight) * factor
        return graph.finish([y, emit_one("Sum", y, np.array([0, 1], np.int32))])

    return prepare


def record(weight: Weight, **content: Any) -> Record:
    outputs = (ROW, [Spec((), dtypes.float32)])
    traces = [
        GivenTrace(f"f{mode}", ((ROW, mode), {}), outputs, scaling(weight, factor), None)
        for mode, factor in ((True, 10.0), (False, 1.0))
    ]
    call = GivenFunction(traces, ArgSpec(("inputs", "training"), (None,)), None)
    said = {"class_name": "Own>Scale", "config": {"factor": [2]}, "stateful": True, **content}
    return Record(said, "_tf_keras_layer", "m: root.own", call)


def layer(**content: Any) -> RevivedLayer:
    weight = Weight("own/scale", (3,), dtypes.float32)
    weight.value = np.array([1, 2, 3], np.float32)
    made = RevivedLayer(record(weight, **content), name="own")
    made.record.tracked = {"scales": TrackedObject("trackable_list_wrapper", 1, {"0": weight})}
    made.record.listed = [weight]
    made.own_weights()
    return made


def test_it_says_what_its_file_says() -> None:
    own = layer(preserve_input_structure_in_config=True, autocast=False)
    assert (own.class_name, own.keras_name, own.class_label) == ("Own>Scale",) * 3
    assert own.get_config() == {"factor": [2]}
    own.get_config()["factor"].append(3)
    assert own.get_config() == {"factor": [2]}
    assert layer(config=None).get_config() == {}
    assert own.stateful
    assert own.facts.preserves_structure
    assert not own.autocast
    assert RevivedLayer.autocast
    assert own.facts.identifier == "_tf_keras_layer"
    assert list(own.weight_attributes) == ["scales/0"]
    assert own.takes_training
    assert not own.takes_mask
    assert own.signature.further == ("training",)


def test_it_computes_by_its_functions() -> None:
    own = layer()
    x = kerasfmt.Input((3,))
    model = kerasfmt.Model(x, kerasfmt.layers.ReLU()(own(own(x))))
    rows = np.ones((2, 3), np.float32)
    assert np.array_equal(model.predict(rows), [[1, 4, 9]] * 2)
    trace = model.default_trace(training=True)
    assert trace.losses == 2
    assert own.traces.exact(ROW, {}, True) is own.traces.exact(ROW, {}, True)
    assert own.traces.exact(ROW, {}, True).function is not own.traces.exact(ROW, {}, False).function
    own.trainable = False
    assert own.trainable_weights == []
    assert own.non_trainable_weights == own.weights


def test_layers_in_it_keep_their_weights() -> None:
    own, inner = layer(), kerasfmt.layers.Dense(2, name="inner")
    inner.ensure_built(ROW)
    first = own.weights[0]
    own.record.tracked |= {"dense": inner, "kernel": inner.kernel}
    own.record.listed = [inner.bias, inner.kernel, first]
    own.hold({"dense": inner})
    own.own_weights()
    assert own.sublayers == {"dense": inner}
    assert list(own.weight_attributes.values()) == [first]
    assert own.weights == [inner.bias, inner.kernel, first]
    own.trainable = False
    assert not inner.trainable


def test_what_it_cannot_do_is_said() -> None:
    own = layer()
    with pytest.raises(
        UnsupportedLayerError, match=r"m: root.own: layer 'own' of class 'Own>Scale': .* for inputs"
    ):
        own(kerasfmt.Input((4,)))
    own.record.call = None
    with pytest.raises(
        UnsupportedLayerError, match=r"expected the functions of its call.*'Own>Scale': YourLayer"
    ):
        own(kerasfmt.Input((3,)))


@pytest.mark.parametrize("outputs", [ROW, (ROW, ROW), (None, []), ("text", []), ((), [])])
def test_outputs_that_are_no_tensors_and_losses(outputs: Any) -> None:
    own = layer()
    trace = GivenTrace("f", ((ROW, False), {}), outputs, lambda: Builder("f").finish([]), None)
    own.record.call = GivenFunction([trace], ArgSpec(("inputs", "training")), None)
    with pytest.raises(UnsupportedLayerError, match="expected functions that give dense tensors and losses"):
        own(kerasfmt.Input((3,)))


def test_it_holds_the_layer_that_an_option_describes() -> None:
    own = layer()
    inner = kerasfmt.layers.Dense(2)
    own.record.tracked["cell"] = inner
    assert own.held("cell") is inner
    assert own.held("scales") is None
    assert own.held("other") is None
