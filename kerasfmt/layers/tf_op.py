"""TensorFlow functions as layers: what Keras 2 makes of `x + 1`, `tf.nn.relu(x)` or `x[:, 0]` on symbolic tensors.

The config is {"name", "trainable", "dtype", "function"}, with the name of the function in TensorFlow's public API. The
arguments are part of the call. The first one is its input, of tensors and constants; the others are keyword arguments.
In these a slice is {"start", "stop", "step"}, and an ellipsis is {"class_name": "__ellipsis__"}.

Source: tf_keras/src/layers/core/tf_op_layer.py; tf_keras/src/engine/node.py, serialize.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.graph import Builder, Value
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.json_values import to_index
from kerasfmt.ir.keras_facts import LATER_PACKAGE, KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tensor import Call, Constant, Tensor
from kerasfmt.nn.tf import find_function
from kerasfmt.nn.tf.table import FUNCTIONS
from kerasfmt.typing import override

COMPOSED_FUNCTIONS: Final = "keras.ops."
"""How the names of functions begin that TensorFlow has not got: operations of Keras 3, by their class names."""


def _import_operations(name: str | None) -> None:
    if name is None or name.startswith(COMPOSED_FUNCTIONS):
        from kerasfmt import layers

        layers.Operation.kinds()  # registers them


FUNCTIONS.when_missing(_import_operations)


class TFOpLambda(Layer):
    """A function of TensorFlow, called on symbolic tensors.

    Call it with the first argument of the function, and the others by keyword; arguments that are not tensors are
    constants.

    Args:
      function: its name in TensorFlow's public API, "math.add" or "nn.relu".

    Source: tf_keras/src/layers/core/tf_op_layer.py, TFOpLambda.
    """

    autocast = False
    facts = KerasFacts(absent_in=3, restored_from_config=True, preserves_structure=True)
    function: str

    @override
    def validate(self) -> None:
        """Checks that kerasfmt knows the function."""
        if find_function(self.function) is None:
            raise UnsupportedLayerError(
                f"layer {self.name} ({type(self).__name__}): function tf.{self.function} is not known to kerasfmt; "
                f"pass a kerasfmt.layers.Layer subclass that stands for the layer as "
                f"custom_objects={{{type(self).__name__!r}: YourLayer}}, or build the model without that function"
            )
        self.note_function()

    @property
    def later(self) -> bool:
        """Whether TensorFlow has no such function, so that Keras 2 cannot make the layer from its config."""
        return self.function.startswith(COMPOSED_FUNCTIONS)

    def note_function(self) -> None:
        """Notes that Keras 2 lacks the layer, where TensorFlow has no function of the name."""
        if self.later:
            vars(self)["facts"] = replace(self.facts, absent_in=2)

    @property
    @override
    def keras_name(self) -> str:
        """Keras 2's name of the class; a name unknown to Keras 2 where it has no such function."""
        return self.name_of_lambda if type(self) is TFOpLambda else super().keras_name

    @property
    def name_of_lambda(self) -> str:
        """The name of this class; one that Keras 2 does not know where TensorFlow has no such function."""
        return f"{LATER_PACKAGE}TFOpLambda" if self.later else "TFOpLambda"

    @override
    def get_config(self) -> dict[str, Any]:
        """The config, in Keras 2's order."""
        config = super().get_config()
        return {"name": config.pop("name"), **config}

    @override
    def __call__(self, inputs: Structure, **kwargs: Any) -> Any:
        """The symbolic outputs for symbolic inputs and constants."""
        inputs = map_structure(lambda t: t if isinstance(t, Tensor | Constant) else Constant(t), inputs)
        call = Call(self, inputs, kwargs, None, len(self.calls))
        if not call.tensor_inputs:
            raise self.fail(self._without_tensors())
        graph = Builder(self.name)
        values = {tensor: graph.input(tensor.spec, "x") for tensor in call.tensor_inputs}
        shared = call.tensor_inputs[0].shared_traces
        outputs = self.run(_replaced(inputs, values), _replaced(kwargs, values), None, CallContext(shared))
        if not self.built:
            self.build_input = map_structure(lambda t: t.shape if isinstance(t, Tensor) else (), inputs)
            self.built = True
        call.outputs = map_structure(lambda v: Tensor(v.spec, shared), outputs)
        for index, tensor in enumerate(call.flat_outputs):
            tensor.call, tensor.index = call, index
        self.calls.append(call)
        return call.outputs

    def _without_tensors(self) -> str:
        return (
            f"no tensor is among its arguments; Keras does not store those that tf.{self.function} takes as *args, so "
            "it could not load the model either; build the model with a layer (EinsumDense, Dot) instead"
        )

    @property
    @override
    def takes_mask(self) -> bool:
        """False: a TensorFlow function does not take the mask of its input."""
        return False

    @override
    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None, context: CallContext
    ) -> Structure:
        """The outputs, in the graph of the tensors among the arguments."""
        first = map_structure(lambda v: v.value if isinstance(v, Constant) else v, inputs)
        given = {name: self.decode(value) for name, value in kwargs.items() if name != "name"}
        function = find_function(self.function)
        assert function is not None
        try:
            return function(first, **given)
        except UnsupportedLayerError as error:
            raise UnsupportedLayerError(f"layer {self.name} ({type(self).__name__}): {error}") from error
        except UnsafeFileError:
            raise
        except (KerasfmtError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            raise self._refused(error, inputs, given) from error

    def decode(self, value: Any) -> Any:
        """An argument of the call, in the form that the function takes."""
        return value

    def _refused(self, error: Exception, inputs: Structure, kwargs: Mapping[str, Any]) -> InvalidModelError:
        shown = [_shown(v) for v in flatten(inputs)] + [f"{k}={_shown(v)}" for k, v in kwargs.items()]
        return self.fail(f"tf.{self.function}({', '.join(shown)}): {error}")


class SlicingOpLambda(TFOpLambda):
    """A slice of a symbolic tensor, `x[...]`, or a selection by a mask.

    Source: tf_keras/src/layers/core/tf_op_layer.py, SlicingOpLambda.
    """

    @override
    def decode(self, value: Any) -> Any:
        """An argument of the call; a stored slice or ellipsis becomes an object."""
        try:
            return to_index(value)
        except ValueError as error:
            raise self.fail(str(error)) from error


def _replaced(structure: Structure, values: Mapping[Tensor, Value]) -> Any:
    return map_structure(lambda t: values[t] if isinstance(t, Tensor) else t, structure)


def _shown(value: Any) -> str:
    if isinstance(value, Value):
        return f"{value.dtype.name}{value.shape}"
    found = repr(value.value if isinstance(value, Constant) else value)
    return found if len(found) < 60 else f"{found[:56]}..."
