"""A model with its traced functions and names: the first stage of writing a SavedModel, and the last of reading.

    write    model -> plan -> objects -> numbers -> messages
    read     messages -> numbers -> objects -> plan -> model

Everything that is traced or named for a SavedModel is in the plan. The tree of objects, the numbers and the messages
follow from the plan alone. Only the two functions that save and restore the checkpoint come later: they hold the
checkpoint's keys, which are paths in the tree.

Source: tf_keras/src/saving/legacy/saved_model/save_impl.py, wrap_layer_objects and wrap_layer_functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.given_functions import as_stored, given_functions
from kerasfmt.formats.saved_model.layer_functions import LayerFunctions, LayerTraces
from kerasfmt.formats.saved_model.names import layer_names
from kerasfmt.formats.saved_model.signatures import PlannedSignature, plan_default, plan_signatures
from kerasfmt.formats.saved_model.tables import TableFunctions, plan_tables
from kerasfmt.graph import Builder, Function, Table
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import InputLayer, Layer, Model, Weight
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.given import GivenFunction
from kerasfmt.ir.held_layers import children_of, every_layer
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.naming import OWN_NAMES, LayerNames
from kerasfmt.ir.revived import RevivedLayer
from kerasfmt.ir.revived_model import refuse_revived
from kerasfmt.ir.signature import Signature
from kerasfmt.ir.trace_sharing import SharedTraces
from kerasfmt.typing import record

Penalty: TypeAlias = Weight | GivenFunction
"""A weight that has a regularizer, or the function that gives a penalty of a revived layer."""


@record(frozen=True, eq=False)
class Plan:
    """A model and its functions, as a SavedModel holds them.

    The writer makes it from a model. A reader makes the same record from a file, and the model from its metadata.

    Attributes:
      model: the model.
      names: the names of the layers in the file.
      layers: the functions of each layer that has any, by their names in Keras.
      losses: each penalty that does not depend on inputs, as a function without arguments.
      compiled: further functions that layers track, by the names of their attributes.
      default: the model's inference function with its outputs by name; None without traces.
      signatures: the functions that serving systems call, by name.
      tables: the functions of each table.
    """

    model: Model
    names: LayerNames
    layers: Mapping[Layer, Mapping[str, PolymorphicFunction]]
    losses: Mapping[Penalty, PolymorphicFunction]
    compiled: Mapping[Layer, Mapping[str, PolymorphicFunction]]
    default: ConcreteFunction | None
    signatures: Mapping[str, PlannedSignature]
    tables: Mapping[Table, TableFunctions]

    @property
    def traced(self) -> bool:
        """Whether layers have functions; without them Keras needs their classes to load the model."""
        return self.default is not None


def plan_model(
    model: Model, signatures: Mapping[str, Signature] | None = None, save_traces: bool = True
) -> Plan:
    """The plan of a model.

    Args:
      model: the model; traces that it has already are used.
      signatures: the user's signatures; by default `serving_default`, the model's inference.
      save_traces: whether layers have functions at all.

    Raises:
      GraphError, InvalidModelError, UnsupportedLayerError: something cannot be traced.
    """
    _ = model.input_specs  # raises if the input shape is unknown
    names = layer_names(model)
    context = CallContext(model.shared_traces if names is OWN_NAMES else SharedTraces(), names)
    layers = list(every_layer(model))
    if not save_traces:
        refuse_revived(model, "a SavedModel with save_traces=False", with_configs=True, with_models=True)
    given = given_functions(layers)
    traced = [layer for layer in layers if save_traces and _has_functions(layer)]
    traces = LayerTraces(model, context) if save_traces else None
    default = plan_default(model, context) if save_traces else None
    planned = plan_signatures(default, signatures)
    functions = LayerFunctions(context)
    return Plan(
        model,
        names,
        {
            layer: given[layer] if layer in given else functions.of(layer, traces.of(layer))
            for layer in traced
            if traces is not None
        },
        _losses(traced),
        {layer: _compiled(layer, save_traces) for layer in layers},
        default,
        planned,
        plan_tables(layers),
    )


def _has_functions(layer: Layer) -> bool:
    return not isinstance(layer, InputLayer) and not layer.facts.restored_from_config


def own_penalties(layer: Layer) -> list[Penalty]:
    """The penalties on the layer's own weights."""
    if isinstance(layer, LiveLayer):
        regularized = [w for w in layer.weight_attributes.values() if w.regularizer is not None]
        return [*layer.record.losses, *dict.fromkeys(regularized)]
    if isinstance(layer, RevivedLayer):
        return list(layer.record.losses)
    attached = [] if layer.attached is None else layer.attached.losses
    nested = {w for child in layer.sublayers.values() for w in child.weights}
    own = dict.fromkeys(w for w in layer.weight_attributes.values() if w not in nested)
    return [*(w for w in own if w.regularizer is not None), *attached]


def penalties(layer: Layer) -> list[Penalty]:
    """The penalties on the layer's own weights, and on those of the layers that it holds."""
    inner = [penalty for child in children_of(layer) for penalty in own_penalties(child)]
    return [*own_penalties(layer), *inner]


def _losses(layers: Iterable[Layer]) -> dict[Penalty, PolymorphicFunction]:
    found = dict.fromkeys(penalty for layer in layers for penalty in penalties(layer))
    return {
        penalty: _loss(penalty, index) if isinstance(penalty, Weight) else as_stored(penalty)
        for index, penalty in enumerate(found)
    }


def _loss(weight: Weight, index: int) -> PolymorphicFunction:
    assert weight.regularizer is not None
    graph = Builder()
    loss = weight.regularizer.loss(graph.read(weight))
    outputs = loss.spec.with_name("unknown")
    trace = ConcreteFunction(graph.finish([loss]), f"loss_fn_{index}", ((), {}), outputs, input_signature=())
    return PolymorphicFunction((trace,), input_signature=())


def _compiled(layer: Layer, save_traces: bool) -> dict[str, PolymorphicFunction]:
    found = layer.tracked_functions()
    spec = ArgSpec(("inputs", "kernel"))
    return {
        name: PolymorphicFunction(
            tuple(_compiled_trace(name, spec, function) for function in functions) if save_traces else (),
            spec,
            jit_compile=True,
        )
        for name, functions in found.items()
    }


def _compiled_trace(name: str, spec: ArgSpec, function: Function) -> ConcreteFunction:
    """A function of (inputs, kernel) that XLA compiles."""
    inputs = tuple(v.spec.with_name(n) for v, n in zip(function.inputs, function.input_names, strict=True))
    return ConcreteFunction(
        function,
        name,
        inputs=(inputs, {}),
        outputs=function.outputs[0].spec.with_name("unknown"),
        arg_spec=spec,
        keywords=function.input_names,
        positional=len(inputs),
    )
