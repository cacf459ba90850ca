"""Functional and Sequential models: a graph of layer calls.

Source: tf_keras/src/engine/functional.py and sequential.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from kerasfmt.errors import KerasfmtError
from kerasfmt.graph import Spec, Value
from kerasfmt.ir import fields, naming
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.compilable import Compilable
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.inspectable import Inspectable
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.model_run import ModelRun
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.policy import PolicyIdentifier
from kerasfmt.ir.regularizers import Regularizer
from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.ir.topology import (
    References,
    check_names,
    end_references,
    inbound_nodes,
    sort_calls,
    with_further_calls,
)
from kerasfmt.ir.trace import HashedTuple, Trace
from kerasfmt.ir.weight_owner import Listed, WeightOwner
from kerasfmt.typing import override

if TYPE_CHECKING:
    from kerasfmt.ir.trace_sharing import SharedTraces


class Model(Layer, Compilable, Inspectable):
    """A functional model: symbolic inputs, symbolic outputs, and the layer calls between them.

    Args:
      inputs: a Tensor from `Input`, or a list, tuple or dict of them.
      outputs: a Tensor, or a list, tuple or dict of them.
      name: the model's name; by default `model`, `model_1`, ...
      trainable: whether the weights may be trained.
      dtype: dtype or dtype policy of the model itself, float32 by default; the layers have their own.

    Example:
      >>> x = kerasfmt.Input((3,))
      >>> y = kerasfmt.layers.Dense(2)(x)
      >>> kerasfmt.Model(x, kerasfmt.layers.Softmax()(y)).count_params()
      8

    Raises:
      InvalidModelError: an output needs an input that is not given, or two layers have the same name.

    Source: tf_keras/src/engine/functional.py, Functional
    """

    facts = KerasFacts(identifier="_tf_keras_network")
    autocast = False
    made_by_keras = 2
    """Major version of the Keras that made it; HDF5 files are written so that it can read them too."""
    own_class: str | None = fields.state(default=None)
    """The class of the user's own that made it of inputs and outputs; a SavedModel says it."""
    own_config: Mapping[str, Any] | None = fields.state(default=None)
    """What `get_config` of that class says, where it is not the config of a model of inputs and outputs."""
    activity_regularizer: Regularizer | None = fields.state(default=None)
    """The penalty on its outputs, which a live model may have and only a SavedModel holds."""
    infers_batch: bool = fields.state(default=False)
    """Whether its input has the batch size of the first data by chance, as in a Sequential model without an input."""
    keras2_version: str | None = None
    """The version of the Keras 2 whose live model it is a copy of; an HDF5 file says the same of it as that Keras."""

    keeps_features: ClassVar[bool] = False
    """Whether it is a FeatureSpace, which Keras stores as such and not as a model of layers."""

    def archive_layers(self) -> Mapping[str, Sequence[Layer]] | None:
        """The layers that `.keras` archives keep under names of their own; None where they go by their classes."""
        return None

    def __init__(
        self,
        inputs: Structure,
        outputs: Structure,
        name: str | None = None,
        trainable: bool = True,
        dtype: PolicyIdentifier = None,
    ) -> None:
        super().__init__(name=name or _default_name(type(self)), trainable=trainable, dtype=dtype)
        self.training_config = None
        self._connect(inputs, outputs)
        _ = self._graph  # refuses outputs that do not follow from the inputs

    def _connect(self, inputs: Structure, outputs: Structure) -> None:
        self.inputs_structure = inputs
        self.outputs_structure = outputs
        self.inputs: list[Tensor] = flatten(inputs)
        self.outputs: list[Tensor] = flatten(outputs)
        for tensor in self.inputs:
            if not isinstance(tensor, Tensor) or not isinstance(tensor.origin.layer, InputLayer):
                raise self.fail("its inputs must come from kerasfmt.Input")
        if len(set(self.inputs)) < len(self.inputs):
            raise self.fail("one of its inputs is given twice")
        for tensor in self.outputs:
            if not isinstance(tensor, Tensor):
                raise self.fail(f"its outputs must be symbolic tensors, got {type(tensor).__name__}")
        if not self.outputs:
            raise self.fail("it has no outputs")
        self._further_layers: list[Layer] = []
        self.traces.clear()
        self._trainable_state: tuple[int, HashedTuple] | None = None
        self.built = True
        self.build_input = map_structure(lambda t: t.shape, inputs)
        self.__dict__.pop("_graph", None)

    @cached_property
    def _graph(self) -> tuple[list[Call], list[Layer]]:
        calls, layers = sort_calls(self.name, self.inputs, self.outputs)
        if self._further_layers:
            calls, layers = with_further_calls(calls, layers, self._further_layers)
        check_names(self.name, layers)
        return calls, layers

    def insert_layers(self, layers: Sequence[Layer]) -> None:
        """Adds layers that are called on tensors of the model, and whose outputs are none of its own.

        They run when the model runs, and may add to its losses. All of their calls become the model's.

        Args:
          layers: the layers, in the model's order.

        Source: tf_keras/src/engine/functional.py, Functional._insert_layers
        """
        if not layers:
            return
        self._further_layers = [*self._further_layers, *layers]
        self.traces.clear()
        self._trainable_state = None
        self.__dict__.pop("_graph", None)

    @property
    @override
    def keras_name(self) -> str:
        """Keras's name of the class: `Functional` for a model made with `Model(inputs, outputs)`."""
        return "Functional" if type(self) is Model else super().keras_name

    @property
    @override
    def own_calls(self) -> int:
        """Keras counts the construction of the model as a call."""
        return 1

    @property
    def is_network(self) -> bool:
        """Whether its layer calls are known, so that a config can state them."""
        return True

    @property
    def network(self) -> list[Call]:
        """The layer calls between inputs and outputs, in the order in which they run."""
        return self._graph[0]

    @property
    @override
    def layers(self) -> list[Layer]:
        """The layers, input layers included, in Keras's order (by depth, inputs first)."""
        return list(self._graph[1])

    @property
    @override
    def sublayers(self) -> Mapping[str, Layer]:
        """The layers by name."""
        return {layer.name: layer for layer in self.layers}

    @property
    @override
    def trainable_state(self) -> HashedTuple:
        """Whether it and its layers are trainable; worked out again after `trainable` was set somewhere."""
        known = self._trainable_state
        if known is None or known[0] != WeightOwner.times_set:
            known = self._trainable_state = WeightOwner.times_set, HashedTuple(super().trainable_state)
        return known[1]

    @property
    def config_layers(self) -> list[Layer]:
        """The layers of the config, in its order."""
        return self.layers

    @override
    def listed_weights(self) -> list[Listed]:
        """Weights in Keras's order: layer by layer."""
        return list(dict.fromkeys(w for layer in self.layers for w in layer.listed_weights()))

    @property
    def input_specs(self) -> Structure:
        """The specs of the inputs, named as their layers."""
        return self.keras_signature()

    @override
    def keras_signature(self, names: LayerNames = OWN_NAMES) -> Structure:
        """The specs of the inputs, named as their layers; with an open batch size where that of its input is inferred.

        Source: tf_keras/src/engine/functional.py, Functional._get_save_spec
        """

        def spec(tensor: Tensor) -> Spec:
            found = tensor.spec.with_name(names[tensor.origin.layer])
            if self.infers_batch and found.shape:
                return Spec((None, *found.shape[1:]), found.dtype, found.name)
            return found

        return map_structure(spec, self.inputs_structure)

    @property
    def output_names(self) -> list[str]:
        """One name per output: its layer's name, numbered if the layer gives several outputs."""
        return self.output_names_in(OWN_NAMES)

    def output_names_in(self, names: LayerNames) -> list[str]:
        """The output names, with layers under the given names."""
        found: dict[str, None] = {}
        counts: dict[str, int] = {}
        for tensor in self.outputs:
            base = name = names[tensor.origin.layer]
            while name in found:
                counts[base] = counts.get(base, 0) + 1
                name = f"{base}_{counts[base]}"
            found[name] = None
        return list(found)

    @property
    def shared_traces(self) -> SharedTraces:
        """The traces that equal layers of the model share."""
        return self.inputs[0].shared_traces

    @override
    def call(
        self, inputs: Any, training: bool = False, mask: Any = None, *, call_context: CallContext
    ) -> Structure:
        graph = flatten(inputs)[0].graph
        run = self._run_on(inputs, mask, training, call_context)
        for call in self._inner_calls():
            try:
                with graph.scope(call_context.names[call.layer]):
                    run.run(call)
            except KerasfmtError as error:
                raise type(error)(naming.located(self.name, str(error))) from error
        return map_structure(lambda t: run.values[t], self.outputs_structure)

    def _run_on(
        self, inputs: Structure, mask: Structure, training: bool | None, context: CallContext
    ) -> ModelRun:
        values: dict[Tensor, Value] = dict(zip(self.inputs, flatten(inputs), strict=True))
        masks = {} if mask is None else dict(zip(self.inputs, flatten(mask), strict=True))
        return ModelRun(training, context, values, masks)

    def _inner_calls(self) -> list[Call]:
        return [call for call in self.network if not isinstance(call.layer, InputLayer)]

    @override
    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None, context: CallContext
    ) -> Structure:
        """The outputs, in the graph of the inputs; errors name the layer inside."""
        return self.call(inputs, bool(training), kwargs.get("mask"), call_context=context)

    def apply(
        self, inputs: Structure, training: bool = False, context: CallContext | None = None
    ) -> Structure:
        """The outputs of the model on Values, as a call of its function in their graph."""
        flat = flatten(inputs)
        specs = map_structure(lambda v: v.spec, inputs)
        trace = self.traces.keras(specs, {}, training, context or CallContext(self.shared_traces))
        results = flat[0].graph.call(trace.function, flat)
        return pack_as(self.outputs_structure, list(results[: len(self.outputs)]))

    @override
    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The masks that the model's outputs carry."""
        if not self.starts_mask:
            return None
        run = self._run_on(inputs, mask, False, CallContext(self.shared_traces))
        for call in self._inner_calls():
            run.run(call)
        return map_structure(run.masks.get, self.outputs_structure)

    @property
    @override
    def starts_mask(self) -> bool:
        """Whether an output is masked."""
        return any(t.masked for t in self.outputs)

    @override
    def input_spec(self) -> list[InputSpec] | None:
        """One spec per input, with the batch dimension left open."""
        specs = []
        for tensor in self.inputs:
            shape = tensor.shape
            assert shape is not None
            specs.append(InputSpec(shape=(None, *shape[1:]), ndim=len(shape)))
        return specs

    @classmethod
    @override
    def from_config(cls, config: Mapping[str, Any]) -> NoReturn:
        """Refused: `kerasfmt.model_from_config` makes models, as it knows layers of every kind.

        Raises:
          TypeError: always; it names `kerasfmt.model_from_config`.
        """
        raise TypeError(
            f"{cls.__name__}.from_config: expected kerasfmt.model_from_config(config), which knows every layer"
        )

    @override
    def get_config(self) -> dict[str, Any]:
        """The config: the layers, each with its calls as `inbound_nodes`, the inputs and the outputs.

        `kerasfmt.model_from_config` makes an equal model of it.
        """
        return self.config_in(OWN_NAMES)

    @override
    def config_in(self, names: LayerNames) -> dict[str, Any]:
        references = References(self.network, self.layers, names)
        return {
            "name": names[self],
            "trainable": self.trainable,
            "layers": [
                {
                    **layer.described(names),
                    "name": names[layer],
                    "inbound_nodes": inbound_nodes(layer, references),
                }
                for layer in self.layers
            ],
            "input_layers": end_references(self.inputs_structure, references),
            "output_layers": end_references(self.outputs_structure, references),
        }

    def default_trace(self, training: bool = False) -> Trace:
        """The model's function on its own input specs: `print(model.default_trace().function)`."""
        return self.traces.default(training, CallContext(self.shared_traces))


class Functional(Model, init=False):
    """Keras's class name for a model made with `Model(inputs, outputs)`."""


def _default_name(cls: type) -> str:
    return naming.unique_name("Model" if cls is Functional else cls.__name__)
