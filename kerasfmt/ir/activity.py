"""Activity losses: the penalties of a layer's activity regularizer on its outputs.

Source: tf_keras/src/engine/base_layer.py, _handle_activity_regularization.
"""

from __future__ import annotations

from collections.abc import Iterable

from kerasfmt.dtypes import DType
from kerasfmt.graph import Builder, Function, Spec, Value, emit_one, ops
from kerasfmt.ir.regularizers import Regularizer


def activity_function(name: str, penalty: Regularizer, dtype: DType) -> Function:
    """The penalty as a function of one output, of any rank.

    Args:
      name: the name of the layer.
      penalty: its activity regularizer.
      dtype: what the layer computes in.
    """
    graph = Builder(f"{name}_activity_regularizer")
    return graph.finish([penalty.loss(graph.input(Spec(None, dtype, "x")))])


def activity_losses(function: Function, outputs: Iterable[Value]) -> list[Value]:
    """The penalty on each output, per sample."""
    return [_per_sample(function, value) for value in outputs]


def _per_sample(function: Function, value: Value) -> Value:
    graph = value.graph
    with graph.scope("ActivityRegularizer"):
        (loss,) = graph.call(function, [value])
        batch = ops.getitem(ops.shape(value), 0)
        return emit_one("DivNoNan", loss, emit_one("Cast", batch, DstT=loss.dtype))
