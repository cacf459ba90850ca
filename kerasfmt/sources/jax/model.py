"""Functions of JAX with their parameters, as a model that runs in NumPy and is saved as a SavedModel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from kerasfmt.errors import InvalidModelError
from kerasfmt.formats.saved_model.function_model import FunctionModel
from kerasfmt.formats.saved_model.functions import ConcreteFunction, PolymorphicFunction
from kerasfmt.formats.saved_model.graph_call import GraphCall, Trace
from kerasfmt.formats.saved_model.layout import INIT_OP
from kerasfmt.formats.saved_model.signatures import PlannedSignature, planned_signature
from kerasfmt.graph import Builder, Function, Spec, Value
from kerasfmt.graph.op import known_op
from kerasfmt.graph.value import Node
from kerasfmt.graphdef.structured_value import ArgSpec
from kerasfmt.ir import Model, Weight
from kerasfmt.ir.graph_function import GraphFunction, GraphSignature, GraphState
from kerasfmt.ir.graph_model import GraphModel
from kerasfmt.ir.structure import flatten, map_structure
from kerasfmt.sources.jax.inputs import Arguments, Scope
from kerasfmt.sources.jax.parameters import Parameters
from kerasfmt.sources.jax.traced import LoweredFunction

Lower = Callable[[str, Callable[..., Any], Arguments, "Sequence[str] | None"], LoweredFunction]
"""Makes a function of the graph: of its name, the function of JAX, its arguments and the names of its outputs."""


class JaxModel(GraphModel):
    """A model of functions of JAX; `kerasfmt.from_jax` makes it.

    Args:
      parameters: the parameters.
      scope: the symbolic dimensions.
      lower: lowers a function.
    """

    def __init__(self, parameters: Parameters, scope: Scope, lower: Lower) -> None:
        self._parameters = parameters
        self._scope = scope
        self._lower = lower
        self._state = GraphState({})
        self._planned: dict[str, PlannedSignature] = {}
        self._called: PolymorphicFunction | None = None
        self._layer_weights: list[Weight] = []
        super().__init__({}, parameters.variables, self._missing, self._write_to, {})

    def set_call(self, function: LoweredFunction) -> None:
        """Makes a function the one that calls the model.

        Args:
          function: the function.
        """
        concrete = _concrete(function)
        self._called = PolymorphicFunction((concrete,), concrete.arg_spec, concrete.input_signature)

        def structured(results: Iterator[npt.NDArray[Any]]) -> Any:
            arrays = list(results)
            return map_structure(lambda at: None if at is None else arrays[at], function.structure)

        call = GraphFunction("__call__", lambda: self._bound(function.function), structured, self._state)
        self.functions = {**self.functions, "__call__": call}
        self._call = GraphCall(
            "from_jax", ArgSpec(tuple(function.arguments)), [Trace(call, lambda: concrete.inputs)]
        )

    def add_signature(
        self,
        name: str,
        function: Callable[..., Any],
        inputs: Mapping[str, Any],
        outputs: Sequence[str] | None = None,
        *,
        before: Model | None = None,
        after: Model | None = None,
    ) -> None:
        """Adds a signature of another function of the same parameters; its variables are those of the model.

        Args:
          name: its name.
          function: a function of the parameters, if the model has any, and of the inputs.
          inputs: the shape and dtype of each argument, as `from_jax` takes them.
          outputs: the names of the outputs; by default the keys of the pytree.
          before: a model of kerasfmt whose outputs are the arguments, in their order. The signature takes its inputs,
            which may be strings.
          after: a model of kerasfmt that gets the outputs, in their order. The signature gives its outputs.

        Raises:
          UnsupportedLayerError: primitives without a rule; the error lists them all.
          InvalidModelError: the name is taken, or the models do not fit.

        Example:
          >>> import jax.numpy as jnp, numpy as np
          >>> params, inputs = {"w": np.eye(3, dtype=np.float32)}, {"x": "float32[b, 3]"}
          >>> served = kerasfmt.from_jax(lambda p, x: x @ p["w"], params, inputs)
          >>> served.add_signature("norm", lambda p, x: {"norm": jnp.abs(x @ p["w"]).sum(-1)}, inputs)
          >>> served.signatures["norm"](x=[[1, 2, -3]])["norm"].tolist()
          [6.0]
        """
        if not isinstance(name, str) or not name or name == INIT_OP:
            raise InvalidModelError(f"signature {name!r}: expected a name that is not TensorFlow's own")
        if name in self._planned:
            raise InvalidModelError(f"signature {name}: there is one of that name")
        made = self._lower(f"signature {name}", function, self._scope.arguments(inputs), outputs)
        self.add_lowered(name, made, before, after)

    def add_lowered(
        self, name: str, function: LoweredFunction, before: Model | None = None, after: Model | None = None
    ) -> None:
        """Adds a signature of a function of the graph.

        Args:
          name: its name.
          function: the function.
          before: see `add_signature`.
          after: see `add_signature`.

        Raises:
          InvalidModelError: the models do not fit.
        """
        graph = Builder(f"signature_wrapper_{name}")
        specs = flatten(list(function.arguments.values())) if before is None else flatten(before.input_specs)
        named = {spec.name or "": spec for spec in sorted(specs, key=lambda spec: spec.name or "")}
        values = {key: graph.input(spec, key) for key, spec in named.items()}
        given = [values[spec.name or ""] for spec in specs]
        if before is not None:
            given = _through(name, "before", before, given)
            _check(name, flatten(list(function.arguments.values())), given)
        results = dict(zip(function.outputs, graph.call(function.function, given), strict=True))
        if after is not None:
            found = _through(name, "after", after, list(results.values()))
            results = dict(zip(after.output_names, found, strict=True))
        ordered = dict(sorted(results.items()))
        finished = graph.finish(list(ordered.values()))
        outputs = {key: value.spec.with_name(key) for key, value in ordered.items()}
        self._planned = dict(
            sorted({**self._planned, name: planned_signature(name, finished, named, outputs)}.items())
        )
        for model in (before, after):
            if model is not None:
                known = {*self._parameters.variables, *self._layer_weights}
                self._layer_weights += [w for w in model.weights if isinstance(w, Weight) and w not in known]
        self.variables = [*self._parameters.variables, *self._layer_weights]
        self.signatures = {
            **self.signatures,
            name: GraphSignature(name, named, outputs, lambda: self._bound(finished), self._state),
        }

    def _bound(self, function: Function) -> tuple[Function, Sequence[Any]]:
        return function, ()

    def _missing(self) -> list[str]:
        """The ops without a kernel, in the functions that are called too."""
        pending = [planned.concrete.function for planned in self._planned.values()]
        pending += [trace.function for trace in (self._called.traces if self._called else ())]
        found: set[str] = set()
        done: set[Function] = set()
        while pending:
            function = pending.pop()
            if function not in done:
                done.add(function)
                found |= {node.op for node in function.nodes if not _runs(node)}
                pending += [site.callee for site in function.call_sites]
        return sorted(found)

    def _write_to(self, directory: Path) -> None:
        named = dict(self._parameters.named)
        FunctionModel(self._called, self._planned, named, self._variables()).write(directory)

    def _variables(self) -> list[Weight]:
        """The variables of the model, then those of layers that functions capture."""
        functions = [planned.concrete.function for planned in self._planned.values()]
        captured = [c for function in functions for c in function.captured if isinstance(c, Weight)]
        return list(dict.fromkeys([*self.variables, *captured]))


def _runs(node: Node) -> bool:
    found = known_op(node.op)
    return found is not None and found.has_kernel(node.attrs if found.is_partial else None)


def _through(name: str, which: str, model: Model, values: list[Value]) -> list[Value]:
    """The outputs of a model of kerasfmt on values."""
    specs = flatten(model.input_specs)
    if len(specs) != len(values):
        raise InvalidModelError(
            f"signature {name}: {which} takes {len(specs)} inputs, and gets {len(values)} tensors"
        )
    for spec, value in zip(specs, values, strict=True):
        if spec.dtype is not value.dtype:
            raise InvalidModelError(
                f"signature {name}: {which}: input {spec.name}: expected {spec.dtype.name}, got {value.dtype.name}"
            )
    given = iter(values)
    return flatten(model.apply(map_structure(lambda _: next(given), model.input_specs)))


def _check(name: str, specs: Sequence[Spec], values: Sequence[Value]) -> None:
    """Checks the outputs of a model against the arguments of a function."""
    if len(specs) != len(values):
        raise InvalidModelError(
            f"signature {name}: before gives {len(values)} tensors, and the function takes {len(specs)}"
        )
    for spec, value in zip(specs, values, strict=True):
        if spec.dtype is not value.dtype:
            raise InvalidModelError(
                f"signature {name}: before gives {value.dtype.name} for input {spec.name}, expected {spec.dtype.name}"
            )
        try:
            value.set_shape(spec.shape)
        except ValueError as error:
            raise InvalidModelError(f"signature {name}: before, for input {spec.name}: {error}") from error


def _concrete(function: LoweredFunction) -> ConcreteFunction:
    structure = tuple(function.arguments.values())
    keywords = tuple(spec.name or "" for spec in flatten(list(structure)))
    specs = list(function.outputs.values())
    return ConcreteFunction(
        function.function,
        "call",
        inputs=(structure, {}),
        outputs=map_structure(lambda at: None if at is None else specs[at], function.structure),
        arg_spec=ArgSpec(tuple(function.arguments)),
        keywords=keywords,
        positional=len(keywords),
        input_signature=structure,
    )
