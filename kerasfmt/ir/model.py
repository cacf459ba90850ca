"""Functional and Sequential models: a graph of layer calls.

Source: tf_keras/src/engine/functional.py and sequential.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasfmt.errors import KerasfmtError
from kerasfmt.graph import Builder, Spec, Value, emit_one
from kerasfmt.ir import naming
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.input_spec import InputSpec
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.layer import Layer
from kerasfmt.ir.structure import Structure, flatten, map_structure, pack_as
from kerasfmt.ir.tensor import Call, Tensor
from kerasfmt.ir.topology import References, check_names, end_references, inbound_nodes, sort_calls
from kerasfmt.ir.trace import Trace

if TYPE_CHECKING:
    from kerasfmt.ir.optimizer import TrainingConfig
    from kerasfmt.ir.weight import Weight


class Model(Layer):
    """A functional model: symbolic inputs, symbolic outputs, and the layer calls between them.

    Args:
      inputs: a Tensor from `Input`, or a list, tuple or dict of them.
      outputs: a Tensor, or a list, tuple or dict of them.
      name: the model's name.

    Raises:
      InvalidModelError: an output does not depend on the inputs only, or two layers share a name.
    """

    facts = KerasFacts(identifier="_tf_keras_network")
    autocast = False
    from_keras3 = False
    """Whether Keras 3 made it; its HDF5 files are then written so that Keras 3 can read them too."""

    def __init__(
        self,
        inputs: Structure,
        outputs: Structure,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name or _default_name(type(self)), trainable=trainable, dtype=dtype)
        self.training_config: TrainingConfig | None = None
        self._connect(inputs, outputs)
        _ = self._graph  # refuses what does not hang together

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
        self._traces.clear()
        self.built = True
        self.build_input = map_structure(lambda t: t.shape, inputs)
        self.__dict__.pop("_graph", None)

    @cached_property
    def _graph(self) -> tuple[list[Call], list[Layer]]:
        calls, layers = sort_calls(self.name, self.inputs, self.outputs)
        check_names(self.name, layers)
        return calls, layers

    @property
    def keras_name(self) -> str:
        """Keras's name of the class: `Functional` for a model made with `Model(inputs, outputs)`."""
        return "Functional" if type(self) is Model else super().keras_name

    @property
    def own_calls(self) -> int:
        """The making of the model is a call."""
        return 1

    @property
    def network(self) -> list[Call]:
        """The layer calls between inputs and outputs, in the order in which they run."""
        return self._graph[0]

    @property
    def layers(self) -> list[Layer]:
        """The layers, input layers included, in Keras's order (by depth, inputs first)."""
        return list(self._graph[1])

    @property
    def sublayers(self) -> Mapping[str, Layer]:
        """The layers by name."""
        return {layer.name: layer for layer in self.layers}

    @property
    def config_layers(self) -> list[Layer]:
        """The layers of the config, in its order."""
        return self.layers

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of a name, or at a position.

        Raises:
          ValueError: there is none.
        """
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"layer index {index}: the model has {len(self.layers)} layers")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"no layer {name!r}; the model has {', '.join(layer.name for layer in self.layers)}")

    @property
    def weights(self) -> list[Weight]:
        """Every weight once, layer by layer."""
        return list(dict.fromkeys(w for layer in self.layers for w in layer.weights))

    @property
    def input_specs(self) -> Structure:
        """The specs of the inputs, named as their layers."""
        return map_structure(lambda t: t.spec.with_name(t.origin.layer.name), self.inputs_structure)

    @property
    def output_names(self) -> list[str]:
        """One name per output: that of its layer, numbered where a layer gives several."""
        names: dict[str, None] = {}
        counts: dict[str, int] = {}
        for tensor in self.outputs:
            base = name = tensor.origin.layer.name
            while name in names:
                counts[base] = counts.get(base, 0) + 1
                name = f"{base}_{counts[base]}"
            names[name] = None
        return list(names)

    def call(self, inputs: Any, training: bool = False, mask: Any = None) -> Any:
        """The outputs of the layer calls."""
        return self.run(inputs, {"mask": mask}, training)[0]

    def run(
        self, inputs: Structure, kwargs: dict[str, Any], training: bool | None
    ) -> tuple[Structure, list[Value]]:
        """Outputs, and the losses of activity regularizers, in the graph of the inputs."""
        flat = flatten(inputs)
        graph: Builder = flat[0].graph
        values: dict[Tensor, Value] = dict(zip(self.inputs, flat, strict=True))
        masks: dict[Tensor, Value | None] = {}
        given_masks = kwargs.get("mask")
        if given_masks is not None:
            masks.update(zip(self.inputs, flatten(given_masks), strict=True))
        losses: list[Value] = []
        for call in self.network:
            if isinstance(call.layer, InputLayer):
                continue
            try:
                with graph.scope(call.layer.name):
                    losses.extend(_run_call(graph, call, values, masks, training))
            except KerasfmtError as error:
                raise type(error)(naming.located(self.name, str(error))) from error
        return map_structure(lambda t: values[t], self.outputs_structure), losses

    def apply(self, inputs: Structure, training: bool = False) -> Structure:
        """The outputs of the model on Values, as a call of its function in their graph."""
        flat = flatten(inputs)
        specs = map_structure(lambda v: v.spec, inputs)
        trace = self.general_trace(specs, {}, training)
        results = flat[0].graph.call(trace.function, flat)
        return pack_as(self.outputs_structure, list(results[: len(self.outputs)]))

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The masks that the model's outputs carry."""
        if not any(t.masked for t in self.outputs):
            return None
        flat = flatten(inputs)
        values = dict(zip(self.inputs, flat, strict=True))
        masks = dict(zip(self.inputs, flatten(mask), strict=True)) if mask is not None else {}
        for call in self.network:
            if not isinstance(call.layer, InputLayer):
                _run_call(flat[0].graph, call, values, masks, False)
        return map_structure(lambda t: masks.get(t), self.outputs_structure)

    def makes_mask(self) -> bool:
        """Whether an output is masked."""
        return any(t.masked for t in self.outputs)

    def input_spec(self) -> list[InputSpec] | None:
        """One spec per input, with the batch dimension left open."""
        specs = []
        for tensor in self.inputs:
            shape = tensor.shape
            assert shape is not None
            specs.append(InputSpec(shape=(None, *shape[1:]), ndim=len(shape)))
        return specs

    def predict(self, x: Any, batch_size: int = 32, verbose: bool | None = None) -> Any:
        """The model's outputs for `x`, computed in NumPy from the same graph that a SavedModel holds.

        Args:
          x: an array, or a structure of arrays as the model's inputs.
          batch_size: rows computed at a time.
          verbose: whether to show a progress bar; by default on a terminal, for runs of many batches.

        Raises:
          InvalidModelError: the arrays do not fit the inputs.
        """
        from kerasfmt.ir.predict import predict

        return predict(self, x, batch_size, verbose)

    def summary(self, print_fn: Any = None) -> None:
        """Prints a table of the layers, their output shapes and parameter counts."""
        from kerasfmt.ir.summary import summary

        (print_fn or print)(summary(self))

    def get_config(self) -> dict[str, Any]:
        """The config: the layers, each with its calls as `inbound_nodes`, the inputs and the outputs.

        `kerasfmt.model_from_config` makes an equal model of it.
        """
        references = References(self.network, self.layers)
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [
                {**layer.described(), "name": layer.name, "inbound_nodes": inbound_nodes(layer, references)}
                for layer in self.layers
            ],
            "input_layers": end_references(self.inputs_structure, references),
            "output_layers": end_references(self.outputs_structure, references),
        }

    def signature_specs(self) -> Structure | None:
        """The specs of the model's own inputs."""
        return self.input_specs

    def default_trace(self, training: bool = False) -> Trace:
        """The model's function on its own input specs."""
        return self.trace(self.input_specs, training=training)

    def optimizer_variables(self) -> list[Weight]:
        """The optimizer's variables; none where the model is not compiled."""
        return self.training_config.variables if self.training_config else []


class Functional(Model, init=False):
    """Keras's class name for a model made with `Model(inputs, outputs)`."""


def _default_name(cls: type) -> str:
    return naming.unique_name("Model" if cls is Functional else cls.__name__)


def _run_call(
    graph: Builder,
    call: Call,
    values: dict[Tensor, Value],
    masks: dict[Tensor, Value | None],
    training: bool | None,
) -> list[Value]:
    """Runs one layer call; enters its outputs into `values` and `masks`, and returns its losses."""
    layer = call.layer
    given = map_structure(lambda t: values[t] if isinstance(t, Tensor) else t, call.inputs)
    inputs = map_structure(lambda v: layer.cast_input(v) if isinstance(v, Value) else v, given)
    in_masks = map_structure(lambda t: masks.get(t), call.inputs)
    kwargs = {
        k: map_structure(lambda t: values[t] if isinstance(t, Tensor) else t, v)
        for k, v in call.kwargs.items()
    }
    masked = any(m is not None for m in flatten(in_masks))
    if layer.takes_mask and "mask" not in kwargs and masked:
        kwargs["mask"] = in_masks
    further = {k: masks.get(t) for k, t in call.kwargs.items() if isinstance(t, Tensor)}
    known = {k: mask for k, mask in further.items() if mask is not None}
    kwargs = layer.absorb_masks(given, in_masks, kwargs, known)
    mode = kwargs.pop("training", training)
    outputs, losses = _apply(graph, layer, inputs, kwargs, mode)
    values.update(zip(call.flat_outputs, outputs, strict=True))
    regularizer = layer.activity_regularizer_of()
    if regularizer is not None:
        losses.extend(activity_loss(graph, layer, v) for v in outputs)
    if masked or layer.makes_mask():
        found = layer.compute_mask(inputs, in_masks if masked else None)
        flat_masks = flatten(found) if found is not None else [None] * len(outputs)
        masks.update(zip(call.flat_outputs, flat_masks, strict=False))
    return losses


def _apply(
    graph: Builder, layer: Layer, inputs: Structure, kwargs: dict[str, Any], mode: bool | None
) -> tuple[list[Value], list[Value]]:
    """Flat outputs and losses of a layer: a call of its function, or its nodes where Keras makes no function."""
    if layer.facts.restored_from_config:
        made, losses = layer.run(inputs, kwargs, mode)
        return flatten(made), losses
    specs = map_structure(lambda v: v.spec, inputs)
    kwarg_specs = {
        k: map_structure(lambda v: v.spec if isinstance(v, Value) else v, s) for k, s in kwargs.items()
    }
    trace = layer.general_trace(specs, kwarg_specs, mode)
    exact = layer.trace(specs, kwarg_specs, training=False)
    flat_inputs = [
        *flatten(inputs),
        *(v for name in trace.kwargs for v in flatten(kwargs[name]) if isinstance(v, Value)),
    ]
    results = graph.call(trace.function, flat_inputs, [v.shape for v in exact.function.outputs])
    count = len(results) - trace.losses
    return list(results[:count]), list(results[count:])


def activity_function(layer: Layer) -> Trace:
    """The activity regularizer of a layer as a function of its output, of any rank."""
    regularizer = layer.activity_regularizer_of()
    assert regularizer is not None
    if layer.activity_trace is None:
        graph = Builder(f"{layer.name}_activity_regularizer")
        spec = Spec(None, layer.compute_dtype, "x")
        loss = regularizer.loss(graph.input(spec))
        layer.activity_trace = Trace(graph.finish([loss]), spec, {}, loss, 0, None)
    return layer.activity_trace


def activity_loss(graph: Builder, layer: Layer, value: Value) -> Value:
    """The penalty of a layer's activity regularizer on one of its outputs, per sample."""
    with graph.scope("ActivityRegularizer"):
        (loss,) = graph.call(activity_function(layer).function, [value])
        shape = emit_one("Shape", value)
        one = np.ones(1, np.int32)
        batch = emit_one("StridedSlice", shape, one - 1, one, one, shrink_axis_mask=1)
        return emit_one("DivNoNan", loss, emit_one("Cast", batch, DstT=loss.dtype))
