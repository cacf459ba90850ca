"""Layers whose functions a tracer makes: traced once, called, saved, and loaded without their class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Builder, Spec
from kerasfmt.ir import regularizers
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.call_signature import bound_signature
from kerasfmt.ir.live_layer import LiveLayer, LiveModel
from kerasfmt.ir.revived import NO_CONFIG, Record
from kerasfmt.ir.structure import flatten
from kerasfmt.ir.trace import Trace

X = np.array([[1, 2], [3, -4]], np.float32)


def _call(inputs: Any, other: Any = None, training: bool = False) -> Any:
    """What the tracer traces."""


class Doubling:
    """Doubles its input, and adds another; triples in training, and then adds a loss."""

    signature = bound_signature(_call)
    inputs: Any = None

    def __init__(self) -> None:
        self.count = 0

    def trace(self, layer: Any, inputs: Any, kwargs: Any, training: Any, context: CallContext) -> Trace:
        self.count += 1
        graph = Builder("call")
        x = graph.input(inputs)
        y = x * (3.0 if training else 2.0)
        if isinstance(kwargs.get("other"), Spec):
            y = y + graph.input(kwargs["other"])
        losses = [kerasfmt.graph.ops.reduce_sum(x)] if training else []
        function = graph.finish([y, *losses])
        return Trace(function, inputs, kwargs, y, len(losses), training)


def layer(kind: Any = LiveLayer, name: str = "own", **content: Any) -> Any:
    identifier = "_tf_keras_model" if kind is LiveModel else "_tf_keras_layer"
    said = {"class_name": "Own", "config": {"name": name}, **content}
    record = Record(said, identifier, name)
    return kind(record, Doubling(), name=name)


def test_it_is_called_like_any_layer() -> None:
    own = layer()
    x, y = kerasfmt.Input((2,)), kerasfmt.Input((2,))
    model = kerasfmt.Model([x, y], own(own(x), other=y))
    np.testing.assert_array_equal(model.predict([X, X]), 5 * X)
    assert own.tracer.count == 2
    assert (own.takes_training, own.takes_mask, own.class_label) == (True, False, "Own")
    assert model.default_trace(training=True).losses == 2
    assert len(list(own.traces)) == 4
    own.traces.clear()
    assert not list(own.traces)


def test_it_is_saved_with_its_functions(tmp_path: Path) -> None:
    x = kerasfmt.Input((2,))
    own = layer(trainable=True)
    own.activity_regularizer = regularizers.get("l2")
    model = kerasfmt.Model(x, own(x))
    kerasfmt.save_model(model, tmp_path / "m")
    found = kerasfmt.load_model(tmp_path / "m")
    np.testing.assert_array_equal(found.predict(X), 2 * X)
    revived = found.get_layer("own")
    assert not isinstance(revived, LiveLayer)
    assert revived.penalizes_outputs
    assert found.default_trace(training=True).losses == model.default_trace(training=True).losses == 2


def test_a_mask_passes_where_it_may() -> None:
    words = kerasfmt.Input((2,), dtype="int32")
    for passes in (False, True):
        own = layer()
        own.passes_mask = passes
        y = own(kerasfmt.layers.Embedding(5, 2, mask_zero=True)(words))
        assert y.masked == passes


def test_a_model() -> None:
    model = layer(LiveModel)
    model.connect(Spec((None, 2), kerasfmt.dtypes.float32, "x"))
    np.testing.assert_array_equal(model.predict(X), 2 * X)
    assert (model.is_network, model.layers, model.output_names) == (False, [], ["output_1"])
    assert [leaf.shape for leaf in flatten(model.input_specs)] == [(None, 2)]


class Own(kerasfmt.layers.Layer, register=False):
    def call(self, inputs: Any) -> Any:
        return inputs * 2.0


@pytest.mark.parametrize("name", ["m.h5", "m.keras"])
def test_files_hold_its_config(tmp_path: Path, name: str) -> None:
    x = kerasfmt.Input((2,))
    kerasfmt.save_model(kerasfmt.Model(x, layer()(x)), tmp_path / name)
    found = kerasfmt.load_model(tmp_path / name, custom_objects={"Own": Own})
    np.testing.assert_array_equal(found.predict(X), 2 * X)
    with pytest.raises(UnsupportedLayerError, match="Own"):
        kerasfmt.load_model(tmp_path / name)
    silent = layer(config={NO_CONFIG: True})
    with pytest.raises(UnsupportedLayerError, match="holds no functions"):
        kerasfmt.save_model(kerasfmt.Model(x, silent(x)), tmp_path / f"silent_{name}")


def test_files_of_configs_hold_no_subclassed_model(tmp_path: Path) -> None:
    model = layer(LiveModel)
    model.connect(Spec((None, 2), kerasfmt.dtypes.float32, "x"))
    with pytest.raises(UnsupportedLayerError, match="holds no functions"):
        kerasfmt.save_model(model, tmp_path / "m.h5")
