"""Sequential models: layers one after the other.

Source: tf_keras/src/engine/sequential.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model import Model
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.policy import PolicyIdentifier
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.ir.tensor import Tensor
from kerasfmt.ir.trace_sharing import SharedTraces
from kerasfmt.typing import override


class Sequential(Model):
    """A stack of layers with one input and one output.

    Args:
      layers: the layers. If the first is an `InputLayer` or has an input shape, the model is built at once; else
        its first call or `build_for` builds it.
      name: the model's name; by default `sequential`, `sequential_1`, ...
      trainable: whether the weights may be trained.
      dtype: dtype or dtype policy of the model itself, float32 by default; the layers have their own.
      build_input_shape: shape of the input with the batch dimension, in place of an input shape of a layer.

    Attributes:
      checks_input: whether the model checks the shape of its input, as SavedModels and live models say; None for what
        its layers say, which is that it does if it was given its input shape.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,)), kerasfmt.layers.Softmax()])
      >>> model.predict([[1, 2, 3]]).shape
      (1, 2)

    Raises:
      InvalidModelError: a layer does not fit its input, has several outputs, or has the name of another layer.

    Source: tf_keras/src/engine/sequential.py, Sequential
    """

    facts = KerasFacts(identifier="_tf_keras_sequential")

    def __init__(
        self,
        layers: Iterable[Layer | Tensor] = (),
        name: str | None = None,
        trainable: bool = True,
        dtype: PolicyIdentifier = None,
        build_input_shape: Sequence[int | None] | None = None,
    ) -> None:
        Layer.__init__(self, name=name, trainable=trainable, dtype=dtype)
        self.training_config = None
        self.stack: list[Layer] = []
        self._names: set[str] = set()
        for item in layers:
            self.stack.append(self._admit(item))
        self._declared_shape = tuple(build_input_shape) if build_input_shape is not None else None
        self.checks_input: bool | None = None
        self._build_stack()

    def add(self, layer: Layer | Tensor) -> None:
        """Appends a layer.

        Raises:
          InvalidModelError: the layer does not fit, or the model has a layer of that name.
        """
        admitted = self._admit(layer)
        if self.built and self.layers:
            self._connect(self.inputs[0], self._apply(admitted, self.outputs[0]))
            self.stack.append(admitted)
        else:
            self.stack.append(admitted)
            self._build_stack()

    def _admit(self, item: Layer | Tensor) -> Layer:
        layer = item.origin.layer if isinstance(item, Tensor) else item
        if not isinstance(layer, Layer):
            raise TypeError(f"model {self.name}: expected a layer, got {layer!r}")
        if isinstance(layer, InputLayer):
            if self.stack:
                raise self.fail(f"layer {layer.name}: an InputLayer can only be the first")
        elif layer.name in self._names:
            raise self.fail(f"two layers are called {layer.name!r}; rename one")
        else:
            self._names.add(layer.name)
        return layer

    def _apply(self, layer: Layer, tensor: Tensor) -> Tensor:
        outputs: list[Tensor] = flatten(layer(tensor))
        if len(outputs) != 1:
            raise self.fail(f"layer {layer.name} has {len(outputs)} outputs; a Sequential takes one")
        return outputs[0]

    def _build_stack(self, shared: SharedTraces | None = None) -> None:
        if not self.stack:
            return
        entry = self._entry(self.stack[0])
        if entry is None:
            return
        entry.shared_traces = shared or entry.shared_traces
        tensor = entry
        for layer in self.layers:
            tensor = self._apply(layer, tensor)
        self._connect(entry, tensor)

    def _entry(self, first: Layer) -> Tensor | None:
        if isinstance(first, InputLayer):
            return first.outputs
        if isinstance(first, Model) and first.inputs:
            origin = first.inputs[0]
            return InputLayer(
                batch_input_shape=origin.shape, dtype=origin.dtype.name, name=f"{first.name}_input"
            ).outputs
        shape = first.batch_input_shape or self._declared_shape
        if shape is None:
            return None
        dtype = self.input_dtype(first)
        return InputLayer(batch_input_shape=tuple(shape), dtype=dtype, name=f"{first.name}_input").outputs

    @staticmethod
    def input_dtype(first: Layer) -> str:
        """The dtype of the input that Keras makes for a first layer."""
        return first.policy.variable_dtype.name

    @property
    @override
    def config_layers(self) -> list[Layer]:
        """The layers of the config, with the input layer if the model was given its shape."""
        return [self.inputs[0].origin.layer, *self.layers] if self.declares_input else self.layers

    @override
    def input_spec(self) -> list[InputSpec] | None:
        """The spec of the input; None where Keras checks none, because the first call gave the model its shape."""
        checks = self.declares_input if self.checks_input is None else self.checks_input
        return super().input_spec() if checks else None

    @property
    @override
    def own_calls(self) -> int:
        """Keras counts the construction of the model as a call, if it was given its input shape."""
        return 1 if self.declares_input else 0

    @property
    def declares_input(self) -> bool:
        """Whether the model was given its input shape, rather than taking it from its first call."""
        return bool(self.stack) and (
            isinstance(self.stack[0], InputLayer | Model) or self.stack[0].batch_input_shape is not None
        )

    @override
    def __call__(self, inputs: Any, **kwargs: Any) -> Any:
        """The symbolic outputs; a model without an input shape takes an input layer of the shape of `inputs`."""
        if not self.built and isinstance(inputs, Tensor) and inputs.shape is not None:
            self._declared_shape = inputs.shape
            self._build_stack(inputs.shared_traces)
            if self.built and not self.declares_input:
                self.stack.insert(0, self.inputs[0].origin.layer)
                self._declared_shape = None
                self.checks_input = False
        return super().__call__(inputs, **kwargs)

    def build_for(self, shape: Sequence[int | None]) -> None:
        """Builds a model that does not know its input shape yet."""
        self._declared_shape = tuple(shape)
        self._build_stack()

    def _require_built(self) -> None:
        if not self.built:
            raise self.fail("its input shape is not known; give the first layer input_shape=(...)")

    @property
    @override
    def layers(self) -> list[Layer]:
        """The layers, without the input layer."""
        return [layer for layer in self.stack if not isinstance(layer, InputLayer)]

    @override
    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure:
        """The spec of the input."""
        self._require_built()
        return super().keras_signature(names)

    @property
    @override
    def shared_traces(self) -> SharedTraces:
        self._require_built()
        return super().shared_traces

    @override
    def get_config(self) -> dict[str, Any]:
        """The config: the layers, and the input shape where no layer states it.

        `kerasfmt.model_from_config` makes an equal model of it.
        """
        return self.config_in(OWN_NAMES)

    @override
    def config_in(self, names: LayerNames) -> dict[str, Any]:
        self._require_built()
        layers = [layer.described(names) for layer in self.config_layers]
        config: dict[str, Any] = {"name": names[self], "layers": layers}
        if not self.declares_input:
            config["build_input_shape"] = list(self._declared_shape or ())
        return config
