"""The inputs of a model.

Source: tf_keras/src/engine/input_layer.py
"""

from __future__ import annotations

from typing import Any

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir import naming
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.tensor import Call, Tensor


class InputLayer(Layer):
    """The entry of a model: a placeholder of a fixed spec.

    Source: tf_keras/src/engine/input_layer.py.
    """

    facts = KerasFacts(identifier="_tf_keras_input_layer")
    is_input = True
    sparse: bool = False
    ragged: bool = False

    def __init__(self, *args: Any, optional: bool = False, batch_shape: Any = None, **options: Any) -> None:
        if batch_shape is not None:
            options["batch_input_shape"] = tuple(batch_shape)
        dtype = options.get("dtype") or "float32"
        options["name"] = options.get("name") or naming.unique_input_name()
        super().__init__(*args, **options)
        self.input_dtype = dtypes.of(dtype) if not isinstance(dtype, dict) else self.policy.compute_dtype
        if optional or self.sparse or self.ragged:
            raise self.fail("optional, sparse and ragged inputs are not supported; use a dense input")
        if self.batch_input_shape is None:
            raise self.fail("it needs an input shape")
        self.built = True
        self.outputs = Tensor(Spec(self.batch_input_shape, self.input_dtype, self.name))
        self.outputs.call = Call(self, [], {}, self.outputs, 0)
        self.calls.append(self.outputs.call)

    def call(self, inputs: Any) -> Any:
        """Nothing: an input layer makes its tensor when it is made."""
        raise self.fail("an input layer cannot be called")

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
    dtype: Any = None,
    batch_shape: tuple[int | None, ...] | None = None,
) -> Tensor:
    """A symbolic input of a model.

    Args:
      shape: shape without the batch dimension.
      batch_size: a fixed batch dimension.
      name: name of the input layer.
      dtype: float32 by default.
      batch_shape: shape with the batch dimension, in place of `shape`.
    """
    full = batch_shape if batch_shape is not None else (batch_size, *(shape or ()))
    layer = InputLayer(batch_input_shape=tuple(full), name=name, dtype=dtype)
    return layer.outputs
