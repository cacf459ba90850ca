"""The inputs of a model.

Source: tf_keras/src/engine/input_layer.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar
from typing import Any

from kerasfmt.graph import Spec
from kerasfmt.ir import fields, naming
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.policy import PolicyIdentifier
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.ir.trace_sharing import SharedTraces
from kerasfmt.typing import override

_DENSE = "sparse and ragged inputs are not supported; use a dense input"


class InputLayer(Layer):
    """The entry of a model: a placeholder of a fixed spec.

    Args:
      optional: whether Keras 3 takes None for it too. The functions here take a tensor.

    Source: tf_keras/src/engine/input_layer.py; keras/src/layers/core/input_layer.py (3.x).
    """

    facts = KerasFacts(identifier="_tf_keras_input_layer")
    is_input = True
    sparse: bool = fields.boolean(default=False, kw_only=True)
    ragged: bool = fields.boolean(default=False, kw_only=True)
    optional: bool = fields.boolean(default=False, stored=False, kw_only=True)
    batch_shape: InitVar[Sequence[int | None] | None] = fields.option(default=None, kw_only=True)

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with a name numbered as Keras numbers inputs."""
        found = {**given, "name": given.get("name") or naming.unique_input_name()}
        if found.get("batch_shape") is not None:
            found["batch_input_shape"] = found["batch_shape"]
        return super().complete(found)

    @override
    def validate(self) -> None:
        """Refuses a missing shape; makes the layer's tensor."""
        if self.sparse or self.ragged:
            raise self.fail(_DENSE)
        if self.batch_input_shape is None:
            raise self.fail("it needs an input shape")
        self.input_dtype = self.policy.compute_dtype
        self.built = True
        self.outputs = Tensor(Spec(self.batch_input_shape, self.input_dtype, self.name), SharedTraces())
        self.outputs.call = Call(self, [], {}, self.outputs, 0)
        self.calls.append(self.outputs.call)

    @override
    def call(self, inputs: Any) -> Any:
        """Always refused: an input layer has made its tensor already."""
        raise self.fail("an input layer cannot be called")

    @override
    def get_config(self) -> dict[str, Any]:
        """The config, in Keras 2's order."""
        assert self.batch_input_shape is not None
        return {
            "batch_input_shape": list(self.batch_input_shape),
            "dtype": self.input_dtype.name,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
        }


def Input(
    shape: tuple[int | None, ...] | None = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: PolicyIdentifier = None,
    batch_shape: tuple[int | None, ...] | None = None,
) -> Tensor:
    """A symbolic input of a model.

    Args:
      shape: shape without the batch dimension; None for an unknown size.
      batch_size: a fixed batch dimension.
      name: name of the input layer; by default `input_1`, `input_2`, ...
      dtype: dtype of the values, float32 by default.
      batch_shape: shape with the batch dimension, in place of `shape` and `batch_size`.

    Raises:
      InvalidModelError: a dimension is neither a size nor None.
      UnsupportedLayerError: the dtype is not known.

    Source: tf_keras/src/engine/input_layer.py, Input

    Example:
      >>> kerasfmt.Input((28, 28, 1), name="image")
      <Tensor float32(None, 28, 28, 1) of image>
    """
    full = batch_shape if batch_shape is not None else (batch_size, *(shape or ()))
    layer = InputLayer(batch_input_shape=tuple(full), name=name, dtype=dtype)
    return layer.outputs
