"""The functions of revived layers, as a SavedModel is to hold them again: what their file says of them, unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kerasfmt import protos
from kerasfmt.formats.saved_model.functions import (
    NO_ARGUMENTS,
    ConcreteFunction,
    PolymorphicFunction,
    name_outputs,
)
from kerasfmt.graph import Spec
from kerasfmt.ir import Layer
from kerasfmt.ir.given import GivenFunction, GivenTrace
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.revived import RevivedLayer


def given_functions(layers: Iterable[Layer]) -> dict[Layer, Mapping[str, PolymorphicFunction]]:
    """The functions of the revived layers among layers, and of the layers in them, by their names in Keras."""
    found: dict[Layer, Mapping[str, GivenFunction]] = {}
    for layer in layers:
        if isinstance(layer, RevivedLayer) and not isinstance(layer, LiveLayer):
            found.update(layer.record.kept)
            found[layer] = layer.record.functions
    made: dict[GivenFunction, PolymorphicFunction] = {}
    for functions in found.values():
        for function in functions.values():
            if function not in made:  # two names of one function are one object
                made[function] = as_stored(function)
    return {
        layer: {name: made[function] for name, function in functions.items()}
        for layer, functions in found.items()
    }


def as_stored(function: GivenFunction) -> PolymorphicFunction:
    """A function with the signatures that its file states; one without arguments that is of no file as it is."""
    if function.stored is None:
        return PolymorphicFunction(tuple(map(concrete_as_stored, function.traces)), input_signature=())
    spec = function.stored.function_spec
    return PolymorphicFunction(tuple(concrete_as_stored(trace, spec) for trace in function.traces), spec)


def concrete_as_stored(trace: GivenTrace, spec: protos.FunctionSpec | None = None) -> ConcreteFunction:
    """The function for one signature, as its file states it.

    Args:
      trace: the function.
      spec: the Python signature of the function that it is a signature of. Files of TensorFlow before 2.5 state none
        beside the signature; later TensorFlow asks for one that takes its arguments.
    """
    function = trace.function
    if trace.stored is None:
        outputs = trace.outputs
        if isinstance(outputs, Spec):
            outputs = name_outputs(outputs, single="unknown")
        signature = None if function.inputs else ()
        return ConcreteFunction(function, trace.name, trace.arguments, outputs, input_signature=signature)
    concrete, bare = trace.stored
    inputs, outputs = concrete.canonicalized_input_signature, concrete.output_signature
    if bare is None:
        return ConcreteFunction(
            function, trace.name, inputs, outputs, spec or NO_ARGUMENTS, function.input_names
        )
    return ConcreteFunction(
        function,
        trace.name,
        inputs,
        outputs,
        bare.function_spec,
        tuple(bare.argument_keywords),
        bare.allowed_positional_arguments,
    )
