"""The gradients that nodes of functions have of their own, as functions of a SavedModel: built ones, and decoded ones.

    library.registered_gradients    what a node calls its gradient -> the function
    concrete_functions              its signature and what it captures: tensors inside of the function of the node

Source: tensorflow/python/saved_model/save.py, _trace_gradient_functions
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kerasfmt.formats.saved_model.functions import ConcreteFunction
from kerasfmt.formats.saved_model.given_functions import concrete_as_stored
from kerasfmt.graph import Function, Spec
from kerasfmt.graph.function import own_gradient
from kerasfmt.graph.value import Node
from kerasfmt.graphdef.definition import definition_of
from kerasfmt.ir import Layer
from kerasfmt.ir.given import GivenTrace
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.revived import RevivedLayer


def gradient_functions(functions: Iterable[Function], layers: Iterable[Layer]) -> list[ConcreteFunction]:
    """The gradients of the nodes in functions and in all that these run.

    Args:
      functions: the functions.
      layers: the layers: those whose files have the gradients, and live ones, whose functions were built with them.
    """
    revived = [layer for layer in layers if isinstance(layer, RevivedLayer)]
    records = [layer.record for layer in revived]
    by_file = {id(record.gradient_names): record.gradients for record in records}
    if not any(by_file.values()) and not any(isinstance(layer, LiveLayer) for layer in revived):
        return []
    pending, met = list(functions), set[int]()
    found: dict[GivenTrace, None] = {}
    built: dict[Function, Node] = {}
    while pending:
        function = pending.pop()
        definition = definition_of(function)
        key = id(function if definition is None else definition.message)
        if key in met:
            continue
        met.add(key)
        pending.extend(site.callee for site in function.call_sites)
        pending.extend(function.companions)
        if definition is None:
            built.update((gradient, node) for node in function.nodes if (gradient := own_gradient(node)))
        else:
            traces = by_file.get(id(definition.gradients), {})
            named = filter(None, map(definition.gradient, definition.message.node_def))
            found.update(dict.fromkeys(traces[name] for _, name in named if name in traces))
    return [*built_gradients(built), *map(concrete_as_stored, found)]


def built_gradients(functions: Mapping[Function, Node]) -> list[ConcreteFunction]:
    """The gradients of built nodes.

    Args:
      functions: the functions that compute them, each with its node.
    """
    found = []
    for function, node in functions.items():
        named = zip(function.input_names, function.inputs, strict=True)
        specs = [Spec(value.shape, value.dtype, name) for name, value in named]
        outputs = [Spec(value.shape, value.dtype) for value in function.outputs]
        nothing = [None] * (len(node.inputs) - len(outputs))
        arguments = ((None, *specs), dict[str, object]())
        found.append(ConcreteFunction(function, function.name, arguments, [*nothing, *outputs]))
    return found
