"""The gradients that nodes of decoded functions have of their own, as functions that a SavedModel holds again.

    library.registered_gradients    what a node calls its gradient -> the function
    concrete_functions              its signature and what it captures: tensors inside of the function of the node

Source: tensorflow/python/saved_model/save.py, _trace_gradient_functions
"""

from __future__ import annotations

from collections.abc import Iterable

from kerasfmt.formats.saved_model.functions import ConcreteFunction
from kerasfmt.formats.saved_model.given_functions import concrete_as_stored
from kerasfmt.graph import Function
from kerasfmt.graphdef.definition import definition_of
from kerasfmt.ir import Layer
from kerasfmt.ir.given import GivenTrace
from kerasfmt.ir.revived import RevivedLayer


def gradient_functions(functions: Iterable[Function], layers: Iterable[Layer]) -> list[ConcreteFunction]:
    """The gradients of the nodes in functions and in all that these run.

    Args:
      functions: the functions.
      layers: the layers, whose files have the gradients.
    """
    records = [layer.record for layer in layers if isinstance(layer, RevivedLayer)]
    by_file = {id(record.gradient_names): record.gradients for record in records}
    if not any(by_file.values()):
        return []
    pending, met = list(functions), set[int]()
    found: dict[GivenTrace, None] = {}
    while pending:
        function = pending.pop()
        definition = definition_of(function)
        key = id(function if definition is None else definition.message)
        if key in met:
            continue
        met.add(key)
        pending.extend(site.callee for site in function.call_sites)
        if definition is not None:
            pending.extend(function.companions)
            traces = by_file.get(id(definition.gradients), {})
            named = filter(None, map(definition.gradient, definition.message.node_def))
            found.update(dict.fromkeys(traces[name] for _, name in named if name in traces))
    return list(map(concrete_as_stored, found))
