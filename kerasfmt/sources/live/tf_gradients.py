"""Gradients that code of the user's has of its own (`tf.custom_gradient`), as functions of a traced call.

A node that has one names it in an attribute; TensorFlow's process knows the Python function. That is traced on the
inputs of the node. It captures tensors inside of the function that has the node.

Source: tensorflow/python/saved_model/save.py, _trace_gradient_functions and _get_outer_most_capture
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.graph import Spec

GRADIENT: Final = "_gradient_op_type"


@dataclass(frozen=True, eq=False)
class Traced:
    """A gradient as TensorFlow traced it.

    Attributes:
      kind: what nodes call it.
      function: TensorFlow's concrete function.
      inputs: the Specs of its arguments.
      outputs: the Specs of what it returns; None for a leaf that is no tensor.
      captured: what it captures: a tensor outside of all graphs, or a name in a function and the function's name.
    """

    kind: str
    function: Any
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec | None, ...]
    captured: tuple[Any, ...]


def trace_gradients(tf: Any, made: Any, definitions: Mapping[str, Any]) -> Iterator[Traced]:
    """The gradients of the nodes of a function and of those that it runs, each once.

    Args:
      tf: the module tensorflow.
      made: TensorFlow's concrete function.
      definitions: the FunctionDefs by name.
    """
    ops: Any = sys.modules["tensorflow.python.framework.ops"]
    graphs = _graphs(made)
    met: set[str] = set()
    for graph in list(graphs):
        for op in graph.get_operations():
            kind = _kind(op)
            if kind is None or kind in met:
                continue
            met.add(kind)
            try:
                gradient = ops.gradient_registry.lookup(kind)
            except LookupError:
                continue
            function = tf.function(gradient).get_concrete_function(None, *op.inputs)
            count = len(function.inputs) - len(function.captured_inputs)
            outputs = function.structured_outputs
            listed = outputs if isinstance(outputs, list | tuple) else [outputs]
            yield Traced(
                kind,
                function,
                tuple(map(_spec, function.inputs[:count])),
                tuple(None if leaf is None else _spec(leaf) for leaf in listed),
                tuple(_outermost(each, graph, graphs, definitions) for each in function.captured_inputs),
            )


def _graphs(made: Any) -> dict[Any, str]:
    """The graph of a function and of those that it runs, with their names."""
    found = {made.graph: made.name if isinstance(made.name, str) else made.name.decode()}
    for name, function in made.graph._functions.items():
        if hasattr(function, "graph"):
            found.setdefault(function.graph, name if isinstance(name, str) else name.decode())
    return found


def _kind(op: Any) -> str | None:
    try:
        kind = op.get_attr(GRADIENT)
    except ValueError:
        return None
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _spec(tensor: Any) -> Spec:
    rank = tensor.shape.rank
    shape = None if rank is None else tuple(tensor.shape.as_list())
    return Spec(shape, dtypes.of(tensor.dtype.name))


def _outermost(tensor: Any, graph: Any, graphs: Mapping[Any, str], definitions: Mapping[str, Any]) -> Any:
    """A captured tensor where it was made: itself outside of all graphs, else its name and that of its function."""
    while hasattr(tensor, "graph") and not hasattr(tensor, "numpy"):
        if tensor.graph is not graph:
            graph = graph.outer_graph
            if graph not in graphs:
                return tensor
            continue
        captures = list(graph.internal_captures)
        place = next((at for at, each in enumerate(captures) if each is tensor), None)
        if place is None:
            return _named(tensor, graph, graphs[graph], definitions)
        tensor, graph = list(graph.external_captures)[place], graph.outer_graph
        if hasattr(tensor, "graph") and graph not in graphs:
            return tensor
    return tensor


def _named(tensor: Any, graph: Any, function: str, definitions: Mapping[str, Any]) -> tuple[str, str]:
    place = next((at for at, each in enumerate(graph.inputs) if each is tensor), None)
    message = definitions.get(function)
    if place is not None and message is not None:
        return f"{message.signature.input_arg[place].name}:0", function
    return str(tensor.name), function
