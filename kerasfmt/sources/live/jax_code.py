"""The code of live Keras 3 layers on the JAX backend, traced by JAX and lowered by the rules of `from_jax`.

    call    a function of the values of its variables, and of its inputs
            -> jaxpr -> nodes
            -> module of StableHLO -> one node, where that is asked for

Reads are bound to the weights of the layer. What the code assigns to variables becomes assignments. The state of a
random generator is drawn anew in each run, as layers of Keras 2 do. Layers that the code calls are traced with it.

Source: keras/src/layers/layer.py, stateless_call (3.x); keras/src/random/seed_generator.py, SeedGenerator.next
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedFormatError, UnsupportedLayerError
from kerasfmt.graph import Builder, Value, Variable, ops
from kerasfmt.graph.ops.generator import bitcast
from kerasfmt.ir.call_context import CallContext
from kerasfmt.ir.live_layer import LiveLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.trace import Trace, argument, function_name
from kerasfmt.ir.traces import Kwargs
from kerasfmt.sources.jax.dimensions import solved
from kerasfmt.sources.jax.exported import Modules, export, results_of
from kerasfmt.sources.jax.inputs import Arguments
from kerasfmt.sources.jax.library import jax as imported
from kerasfmt.sources.jax.lowering import Lowering, Shared
from kerasfmt.sources.jax.traced import held
from kerasfmt.sources.live.custom_layers import CustomLayers
from kerasfmt.sources.live.entries import called
from kerasfmt.sources.live.jax_trace import JaxTrace, traced

_OTHERWISE: Final = 'save it as a module, with from_keras(model, opaque="stablehlo")'
_LINES: Final = ("2.15", None)
"""The lines of TensorFlow for which a module is made, the oldest one first that can have it; newer ones read it too."""
_INT32: Final = np.iinfo(np.int32)


class JaxCode:
    """Traces one live layer.

    Args:
      layers: the layers and weights of the model.
      live: the layer.
    """

    def __init__(self, layers: CustomLayers, live: Any) -> None:
        self._layers = layers
        self._live = live
        self._where = f"layer {live.name} ({called(live)})"

    def trace(
        self,
        layer: LiveLayer,
        inputs: Structure,
        kwargs: Kwargs,
        training: bool | None,
        context: CallContext,
    ) -> Trace:
        """The function of a call; see `Tracer`.

        Raises:
          Untraceable: JAX cannot trace the code.
          UnsupportedLayerError: primitives have no rule; or the code uses a variable that no layer of the model holds.
          UnsupportedFormatError: no module can be made of it.
        """
        jax = imported()
        found = traced(jax, self._live, inputs, kwargs, training)
        graph = Builder(function_name(context.names[layer]))
        leaves = flatten(
            [map_structure(lambda s: argument(graph, s), part) for part in (inputs, *kwargs.values())]
        )
        tensors = [leaf for leaf in leaves if isinstance(leaf, Value)]
        operand = self._operands(graph, found, tensors)
        if self._layers.opaque is None:
            results = self._lowered(jax, graph, found, tensors, operand)
        else:
            results = self._module(jax, graph, found, operand)
        count = len(flatten(found.structure))
        rest = iter(results[count:])
        for variable, value in zip(found.assigned, rest, strict=False):
            if id(variable) not in found.seeds:
                weight = self._weight(variable, found)
                graph.assign(weight, ops.cast(value, weight.dtype))
        context.losses.extend(rest)
        given = iter(ops.identity(v) if v in graph.inputs else v for v in results[:count])
        outputs = map_structure(lambda _: next(given), found.structure)
        function = graph.finish([*flatten(outputs), *context.losses])
        return Trace(function, inputs, kwargs, outputs, len(context.losses), training)

    def _lowered(
        self,
        jax: Any,
        graph: Builder,
        found: JaxTrace,
        tensors: Sequence[Value],
        operand: Callable[[int], Value],
    ) -> list[Value]:
        """What the code gives, as TensorFlow's ops."""
        shared = Shared(jax, None)
        dimensions = solved(zip(tensors, (struct.shape for struct in found.tensors), strict=True))
        operands = [
            held(operand(place), variable.aval) if used else graph.constant(np.int32(0))
            for place, (variable, used) in enumerate(zip(found.closed.jaxpr.invars, found.used, strict=True))
        ]
        results = Lowering(graph, dimensions, shared).inline(found.closed, operands)
        shared.check(self._where, _OTHERWISE)
        return results

    def _module(
        self, jax: Any, graph: Builder, found: JaxTrace, operand: Callable[[int], Value]
    ) -> list[Value]:
        """What the code gives, as a module of StableHLO that TensorFlow can differentiate once."""
        found.leave_out_unused()
        arguments = Arguments(["values", "tensors"], (), [found.values, found.tensors])
        modules = [Modules(("cpu",), line, 1) for line in _LINES]
        try:
            exported = export(jax, found.function, None, arguments, modules[0], self._where)
            for each in modules[:-1]:
                try:
                    return results_of(graph, exported, operand, each, self._where)
                except UnsupportedFormatError:
                    continue  # it holds what the line does not know
            return results_of(graph, exported, operand, modules[-1], self._where)
        except UnsupportedFormatError as error:
            raise UnsupportedLayerError(
                f"{error}; TensorFlow has no module of the layer: write its call with other functions of JAX"
            ) from error

    def _operands(self, graph: Builder, found: JaxTrace, tensors: Sequence[Value]) -> Callable[[int], Value]:
        """Gives what stands for an argument of the function: the content of a weight, or an input."""
        made: dict[int, Value] = {}

        def operand(place: int) -> Value:
            if place >= len(found.variables):
                return tensors[place - len(found.variables)]
            if place not in made:
                variable = found.variables[place]
                made[place] = (
                    _drawn(graph)
                    if id(variable) in found.seeds
                    else graph.read(self._weight(variable, found))
                )
            return made[place]

        return operand

    def _weight(self, variable: Any, found: JaxTrace) -> Variable:
        weight = self._layers.weight_of(variable)
        where = ": ".join(filter(None, (self._where, found.lines.get(id(variable)))))
        name = getattr(variable, "path", "")
        if weight is None:
            what = "make it with add_weight of the layer that uses it"
            if name.endswith("seed_generator_state"):
                what = "make the SeedGenerator an attribute of the layer that draws with it"
            raise UnsupportedLayerError(f"{where}: variable {name}: no layer of the model holds it; {what}")
        if tuple(weight.shape) != tuple(variable.shape):
            raise UnsupportedLayerError(
                f"{where}: variable {name}: the layer that holds it keeps {list(variable.shape)} as "
                f"{list(weight.shape)}, which the code of another layer cannot use"
            )
        return weight


def _drawn(graph: Builder) -> Value:
    """A new state of a random generator, uint32 (2,)."""
    shape = graph.constant(np.array([2], np.int32))
    drawn = ops.random_uniform_int(shape, np.int32(_INT32.min), np.int32(_INT32.max))
    return bitcast(drawn, dtypes.uint32)
