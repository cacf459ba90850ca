"""What TensorFlow tracks of the layers of Keras 2, stood in for; `conformance/test_live_custom.py` has real ones."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np

from kerasfmt.formats.saved_model.given_functions import as_stored
from kerasfmt.graph import Builder
from kerasfmt.ir.tracked import TrackedObject
from kerasfmt.sources.live.tf_layers import TFLayers
from tests.sources.live.live_models import Variable2


class Trackable:
    def __init__(self, identifier: str | None = None, **children: Any) -> None:
        self._children = children
        if identifier is not None:
            self._object_identifier = identifier

    def _trackable_children(self) -> dict[str, Any]:
        return self._children


def variable(name: str) -> Any:
    made = Variable2(name, np.ones(2, np.float32))
    vars(made).update(handle=object(), assign=None, trainable=True)
    return made


def test_variables_by_their_handles() -> None:
    one, two = variable("one"), variable("two")
    root = Trackable(a=one, b=Trackable(c=two, again=one))
    layers = TFLayers({}, lambda *_: None)  # type: ignore[arg-type, return-value]
    assert layers.variable_of(one.handle) is None
    layers.variables_of(root)
    assert layers.variable_of(one.handle) is one
    assert layers.variable_of(two.handle) is two
    assert layers.variable_of(object()) is None


def test_what_is_tracked_is_listed_when_a_function_captures_something() -> None:
    class Unlisted(Trackable):
        def _trackable_children(self) -> dict[str, Any]:
            raise AssertionError("asked for what it tracks")

    optimizer = type("Optimizer", (Unlisted,), {"__module__": "keras.src.optimizers.optimizer"})()
    one = variable("one")
    layers = TFLayers({}, lambda *_: None)  # type: ignore[arg-type, return-value]
    layers.variables_of(Unlisted())
    layers.variables_of(Trackable(a=one, optimizer=optimizer))
    assert layers.variable_of(one.handle) is one


def test_objects() -> None:
    one = variable("own/one")
    both = Trackable("trackable_list_wrapper", **{"0": one})
    live = Trackable(held=both, other=Trackable(back=both), loss=both, function=SimpleNamespace())
    found = TFLayers({}, lambda *_: None).tracked(live)  # type: ignore[arg-type, return-value]
    assert list(found) == ["held", "other"]
    held, other = found["held"], found["other"]
    assert isinstance(held, TrackedObject)
    assert isinstance(other, TrackedObject)
    assert (held.identifier, other.identifier) == ("trackable_list_wrapper", "_generic_user_object")
    assert other.children["back"] is held


def test_what_keras_says() -> None:
    content = {"name": "own", "config": {"name": "own"}, "shared_object_id": 3}
    saver = SimpleNamespace(tracking_metadata=json.dumps(content))
    live = SimpleNamespace(_object_identifier="_tf_keras_layer", _trackable_saved_model_saver=saver)
    found = TFLayers({}, lambda *_: None).described(live)  # type: ignore[arg-type, return-value]
    assert found == ("_tf_keras_layer", {"name": "own", "config": {"name": "own"}})


def test_penalties_are_functions_without_arguments() -> None:
    layers = TFLayers({}, lambda *_: None)  # type: ignore[arg-type, return-value]

    def function(_: Any, live: Any, run: Any) -> Any:
        graph = Builder("loss")
        return graph.finish([graph.constant(np.float32(run()))])

    layers.make_function = function
    (found,) = layers.penalties(SimpleNamespace(_callable_losses=[lambda: 0.5]))
    stored = as_stored(found)
    assert stored.input_signature == ()
    assert (stored.traces[0].name, stored.traces[0].outputs.name) == ("loss_fn", "unknown")
    assert layers.penalties(SimpleNamespace()) == []
