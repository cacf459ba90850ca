"""Functions of JAX, traced and lowered to functions of a graph.

Source: jax/_src/api.py, make_jaxpr.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError
from kerasfmt.graph import Builder, Function, Spec, Value, ops
from kerasfmt.sources.jax.dimensions import solved
from kerasfmt.sources.jax.inputs import Arguments
from kerasfmt.sources.jax.lowering import Lowering, Shared
from kerasfmt.sources.jax.outputs import Outputs, outputs_of
from kerasfmt.sources.jax.parameters import Parameters


@dataclass(frozen=True, eq=False)
class LoweredFunction:
    """A function of the graph, with what TensorFlow knows of its arguments and results.

    Attributes:
      function: the function; its inputs are the tensors of the arguments.
      arguments: the structure of Specs of each argument, by name.
      outputs: the Spec of each output, by name, in the order of the function.
      structure: lists, tuples and dicts; a leaf is the place of an output of the function.
    """

    function: Function
    arguments: Mapping[str, Any]
    outputs: Mapping[str, Spec]
    structure: Any


def traced(
    jax: Any, function: Callable[..., Any], parameters: Parameters | None, arguments: Arguments, where: str
) -> tuple[Any, Any]:
    """The closed jaxpr of a function, and the pytree of shapes that it gives.

    Args:
      jax: the module.
      function: a function of the parameters and the arguments; of the arguments only, where there are no parameters.
      parameters: the parameters.
      arguments: the arguments.
      where: what errors begin with.

    Raises:
      InvalidModelError: JAX cannot trace it for such symbolic dimensions.
    """
    arrays = [] if parameters is None else parameters.arrays

    def flat(given: Sequence[Any], *values: Any) -> Any:
        if parameters is None:
            return function(*values)
        return function(parameters.rebuilt(given), *values)

    structs = structs_of(jax, arrays)
    try:
        closed, shapes = jax.make_jaxpr(flat, return_shape=True)(structs, *arguments.structs)
    except jax.errors.ConcretizationTypeError as error:
        raise InvalidModelError(f"{where}: JAX cannot trace it: {_first(error)}") from error
    except Exception as error:
        if not any(base.__name__.endswith("InconclusiveDimensionOperation") for base in type(error).__mro__):
            raise
        raise InvalidModelError(
            f"{where}: {_first(error)}; state what holds, as constraints=['b >= 1']"
        ) from error
    return closed, shapes


def structs_of(jax: Any, arrays: Sequence[Any]) -> list[Any]:
    """The shapes and dtypes of arrays, as JAX has them."""
    return [jax.ShapeDtypeStruct(array.shape, _inner(jax, array)) for array in arrays]


def _first(error: Exception) -> str:
    return " ".join(str(error).split("\n\n")[0].split())[:500]


def _inner(jax: Any, array: Any) -> Any:
    """The dtype in which JAX takes an array."""
    if getattr(array.dtype, "_impl", None) is not None:
        return array.dtype
    return jax.dtypes.canonicalize_dtype(np.dtype(array.dtype))


def lowered(
    shared: Shared,
    name: str,
    function: Callable[..., Any],
    parameters: Parameters,
    arguments: Arguments,
    outputs: Sequence[str] | None,
    takes_parameters: bool,
) -> LoweredFunction:
    """A function of JAX as a function of TensorFlow's ops.

    Args:
      shared: what the functions of the model share.
      name: what errors call it.
      function: the function.
      parameters: the parameters of the model.
      arguments: its arguments beside the parameters.
      outputs: the names of its outputs; by default of the pytree's keys.
      takes_parameters: whether its first argument are the parameters.

    Raises:
      UnsupportedLayerError: primitives without a rule; the error lists them all.
      InvalidModelError: it cannot be traced.
    """
    closed, shapes = traced(shared.jax, function, parameters if takes_parameters else None, arguments, name)
    found = outputs_of(shared.jax, shapes, outputs)
    graph = Builder("call")
    inputs = [graph.input(tensor.spec, tensor.name) for tensor in arguments.tensors]
    dimensions = solved(zip(inputs, (tensor.shape for tensor in arguments.tensors), strict=True))
    lowering = Lowering(graph, dimensions, shared)
    jaxpr = closed.jaxpr
    used = {id(v) for equation in jaxpr.eqns for v in equation.invars} | {id(v) for v in jaxpr.outvars}
    weights = parameters.weights if takes_parameters else []
    values: list[Value] = []
    for variable, weight in zip(jaxpr.invars, weights, strict=False):
        read = graph.read(weight) if id(variable) in used else graph.constant(np.int32(0))
        if id(variable) in used:
            read = held(read, variable.aval)
        values.append(read)
    values += [
        held(value, variable.aval)
        for value, variable in zip(inputs, jaxpr.invars[len(weights) :], strict=True)
    ]
    results = lowering.inline(closed, values)
    shared.check(name)
    return finished(graph, arguments, found, results)


def held(value: Value, aval: Any) -> Value:
    """A tensor in the dtype that JAX has it in: 64 bits may be 32 there."""
    if getattr(aval.dtype, "_impl", None) is not None:
        return value
    return ops.cast(value, dtypes.of(np.dtype(aval.dtype)))


def finished(
    graph: Builder, arguments: Arguments, found: Outputs, results: Sequence[Value]
) -> LoweredFunction:
    """A function with these results.

    Args:
      graph: the function under construction.
      arguments: its arguments.
      found: their structure and names.
      results: the results, in JAX's order.
    """
    order = found.order
    placed = {place: at for at, place in enumerate(order)}
    ordered = [results[place] for place in order]
    ordered = [ops.identity(value) if value in graph.inputs else value for value in ordered]
    names = [found.names[place] for place in order]
    return LoweredFunction(
        graph.finish(ordered),
        _argument_specs(arguments),
        {name: value.spec.with_name(name) for name, value in zip(names, ordered, strict=True)},
        _renumbered(found.structure, placed),
    )


def _renumbered(structure: Any, placed: Mapping[int, int]) -> Any:
    if isinstance(structure, dict):
        return {key: _renumbered(item, placed) for key, item in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(_renumbered(item, placed) for item in structure)
    return None if structure is None else placed[structure]


def _argument_specs(arguments: Arguments) -> dict[str, Any]:
    """The structure of Specs of each argument."""
    tensors = iter(arguments.tensors)

    def specs(struct: Any) -> Any:
        if isinstance(struct, dict):
            return {key: specs(struct[key]) for key in sorted(struct)}
        if isinstance(struct, list | tuple):
            return type(struct)(specs(item) for item in struct)
        return next(tensors).spec

    return {name: specs(struct) for name, struct in zip(arguments.names, arguments.structs, strict=True)}
