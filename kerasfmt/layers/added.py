"""Layers that hand their inputs on: Keras's base class, and what Keras 2 makes of `add_loss` and `add_metric`."""

from __future__ import annotations

from typing import Any

from kerasfmt.graph import Value
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure
from kerasfmt.typing import override

_MODULE = "keras.src.engine.base_layer"


class BareLayer(Layer):
    """A layer of Keras's base class, `keras.layers.Layer()`: its inputs.

    Source: tf_keras/src/engine/base_layer.py, Layer.call; in Keras 3 it computes nothing.
    """

    facts = KerasFacts(registered_name="Layer", absent_in=3)

    @override
    def call(self, inputs: Structure, *args: Any, **kwargs: Any) -> Structure:
        return inputs


class AddLoss(Layer):
    """What `model.add_loss(tensor)` adds to a functional model: the inputs, which are a loss.

    Args:
      unconditional: whether the loss does not depend on the inputs of the model.

    Source: tf_keras/src/engine/base_layer.py, AddLoss
    """

    facts = KerasFacts(module=_MODULE, absent_in=3)
    autocast = False
    unconditional: bool

    @override
    def call(self, inputs: Value, *, call_context: CallContext) -> Value:
        call_context.losses.append(inputs)
        return inputs


class AddMetric(Layer):
    """What `model.add_metric(tensor)` adds to a functional model: the inputs, of which Keras makes a metric.

    The metric begins anew where the model is loaded.

    Args:
      aggregation: "mean" for the mean over batches.
      metric_name: the name of the metric.

    Source: tf_keras/src/engine/base_layer.py, AddMetric
    """

    facts = KerasFacts(module=_MODULE, absent_in=3)
    aggregation: str | None = None
    metric_name: str | None = None

    @override
    def call(self, inputs: Value) -> Value:
        return inputs
