"""A model of one layer call, run in NumPy."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

import kerasfmt
from kerasfmt import dtypes
from kerasfmt.graph.run import run
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.layers import Masking

Array = np.ndarray[Any, Any]


def model_of(layer: Layer, *arrays: Any, masked: bool = False, **kwargs: Any) -> kerasfmt.Model:
    """The model that calls `layer` on inputs like `arrays`, whose first axis is the batch."""
    inputs = [kerasfmt.Input(np.shape(a)[1:], dtype=dtypes.of(np.asarray(a).dtype)) for a in arrays]
    given = [Masking()(x) for x in inputs] if masked else inputs
    outputs = layer(given if len(given) > 1 else given[0], **kwargs)
    return kerasfmt.Model(inputs if len(inputs) > 1 else inputs[0], outputs)


def apply(layer: Layer, *arrays: Any, training: bool = False, masked: bool = False, **kwargs: Any) -> Any:
    """The outputs of `layer`; in training, its weights take the values that the call leaves behind."""
    model = model_of(layer, *arrays, masked=masked, **kwargs)
    function = model.default_trace(training=training).function
    state = {w: w.numpy() for w in model.weights}
    results = run(function, [np.asarray(a) for a in arrays], state)
    for weight, value in state.items():
        weight.value = value
    for tensor, result in zip(model.outputs, results, strict=False):
        assert tensor.dtype.numpy == result.dtype
        assert tensor.shape is not None
        assert len(tensor.shape) == result.ndim
        assert all(want in (None, got) for want, got in zip(tensor.shape, result.shape, strict=True))
    return results[0] if len(model.outputs) == 1 else results


def reread(layer: Layer) -> Layer:
    """The layer that its config stands for, after a way through JSON; checks that its config is the same."""
    config = layer.get_config()
    cls = find_layer_class(type(layer).__name__)
    assert cls is type(layer)
    again = cls.from_config(json.loads(json.dumps(config)))
    assert json.dumps(again.get_config()) == json.dumps(config)
    return again


def f32(*values: Any) -> Array:
    """A float32 array of rows."""
    return np.array(values, np.float32)
