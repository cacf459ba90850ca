"""Functions of JAX as modules of StableHLO, which TensorFlow compiles with XLA.

Source: jax/_src/export/_export.py; jax/experimental/jax2tf/jax2tf.py, _run_exported_as_tf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.graph import Builder, Function, Spec, Value, emit_one, ops
from kerasfmt.graph.own_gradient import with_own_gradient
from kerasfmt.graphdef import stablehlo
from kerasfmt.graphdef.older_line import TARGETS
from kerasfmt.sources.jax.dimensions import solved
from kerasfmt.sources.jax.inputs import Argument, Arguments
from kerasfmt.sources.jax.outputs import outputs_of
from kerasfmt.sources.jax.parameters import Parameters
from kerasfmt.sources.jax.rule import Aval, aval_of, pack_sizes
from kerasfmt.sources.jax.traced import LoweredFunction, finished, held, structs_of

PLATFORMS: Final = ("cpu", "cuda", "rocm", "tpu")
NEWEST: Final = "2.21"
"""The newest line, for which modules are made where no other is asked for."""
_NEWEST_STABLEHLO: Final = (1, 13, 0)
"""What that line reads; JAX writes for newer ones, which hold ops that it does not know."""
_OF_TEXT: Final = ("2.12",)
"""Lines that parse a module as text; TensorFlow 2.12 was found to refuse bytecode of every version from 0.9.0 on."""
_ONCE: Final = "a StableHLO module is differentiated once; save the function with lowering='ops'"
_OF_EXPORT: Final = "Cannot serialize code with custom calls"
"""What JAX says of custom calls that may change (jax/_src/export/_export.py, _check_module)."""


@dataclass(frozen=True)
class Modules:
    """How modules are made.

    Attributes:
      platforms: the platforms that run them.
      target_tf: the line of TensorFlow that reads them; None for the newest.
      gradient: how often TensorFlow can differentiate them: 0 or 1.
    """

    platforms: Sequence[str]
    target_tf: str | None
    gradient: int = 0

    def check(self) -> None:
        """Raises InvalidModelError for unknown options, and UnsupportedFormatError for an unknown line."""
        unknown = [name for name in self.platforms if name not in PLATFORMS]
        if isinstance(self.platforms, str) or unknown or not self.platforms:
            raise InvalidModelError(f"platforms: expected some of {list(PLATFORMS)}, got {self.platforms!r}")
        if self.gradient not in (0, 1):
            raise InvalidModelError(
                f"gradient: expected 0 or 1, got {self.gradient!r}; TensorFlow differentiates a module once"
            )
        if self.target_tf in _OF_TEXT:
            raise UnsupportedFormatError(
                f"target_tf {self.target_tf!r}: it reads modules as text of a StableHLO before 0.9.0, the oldest that "
                'jaxlib writes; use lowering="ops", which TensorFlow 2.12 reads'
            )
        if self.target_tf not in (None, NEWEST, *TARGETS):
            raise UnsupportedFormatError(
                f"target_tf: expected one of {[*TARGETS, NEWEST]}, got {self.target_tf!r}; for other lines use "
                'lowering="ops", which every TensorFlow reads'
            )


def is_exported(function: Any) -> bool:
    """Whether it is a jax.export.Exported."""
    return hasattr(function, "mlir_module_serialized") and hasattr(function, "in_avals")


def export(
    jax: Any,
    function: Callable[..., Any],
    parameters: Parameters | None,
    arguments: Arguments,
    modules: Modules,
    where: str,
) -> Any:
    """The Exported of a function of parameters and arguments.

    Args:
      jax: the module.
      function: the function.
      parameters: the parameters; None where it takes none.
      arguments: its further arguments.
      modules: how modules are made.
      where: what errors begin with.

    Raises:
      UnsupportedFormatError: JAX cannot export it.
    """
    arrays = [] if parameters is None else parameters.arrays

    def flat(given: Sequence[Any], *values: Any) -> Any:
        return function(*values) if parameters is None else function(parameters.rebuilt(given), *values)

    make = jax.export.export(jax.jit(flat), platforms=tuple(modules.platforms))
    try:
        return make(structs_of(jax, arrays), *arguments.structs)
    except (RuntimeError, ValueError) as error:  # of symbolic sizes, callbacks make a RuntimeError
        if _OF_EXPORT not in str(error) and not isinstance(error, RuntimeError):
            raise
        text = " ".join(str(error).split())[:300]
        raise UnsupportedFormatError(
            f"{where}: JAX cannot export it: {text}; write it without callbacks"
        ) from error


def arguments_of(exported: Any, parameters: Parameters, arguments: Arguments | None) -> Arguments:
    """The arguments of an Exported after its parameters, under the names that are given.

    Args:
      exported: the Exported.
      parameters: the parameters.
      arguments: gives the names; None for `args_0`, `args_1`, ...

    Raises:
      InvalidModelError: it takes other arguments.
    """
    rest = [aval_of(aval) for aval in exported.in_avals[len(parameters.arrays) :]]
    if arguments is None:
        names = [f"args_{place}" for place in range(len(rest))]
        tensors = [Argument(name, aval.shape, aval.dtype) for name, aval in zip(names, rest, strict=True)]
        return Arguments(names, tensors, tensors)
    if [tensor.dtype for tensor in arguments.tensors] != [aval.dtype for aval in rest]:
        found = [f"{aval.dtype.name}[{', '.join(map(str, aval.shape))}]" for aval in rest]
        raise InvalidModelError(f"inputs: the exported function takes {found} after its parameters")
    tensors = [replace(t, shape=aval.shape) for t, aval in zip(arguments.tensors, rest, strict=True)]
    return replace(arguments, tensors=tensors)


def called(
    jax: Any,
    exported: Any,
    parameters: Parameters,
    takes_parameters: bool,
    arguments: Arguments,
    outputs: Sequence[str] | None,
    modules: Modules,
    where: str,
) -> LoweredFunction:
    """A function of the graph that calls an Exported.

    Args:
      jax: the module.
      exported: the Exported; its first tensors are the parameters.
      parameters: the parameters.
      takes_parameters: whether it takes them.
      arguments: its further arguments.
      outputs: the names of its outputs.
      modules: how modules are made.
      where: what errors begin with.

    Raises:
      UnsupportedFormatError: the module cannot be written for the line, or has effects.
    """
    shapes = jax.tree_util.tree_unflatten(exported.out_tree, exported.out_avals)
    found = outputs_of(jax, shapes, outputs)
    graph = Builder("call")
    inputs = [graph.input(tensor.spec, tensor.name) for tensor in arguments.tensors]
    weights = parameters.weights if takes_parameters else []

    def operand(place: int) -> Value:
        return graph.read(weights[place]) if place < len(weights) else inputs[place - len(weights)]

    results = results_of(graph, exported, operand, modules, where)
    return finished(graph, arguments, found, results)


def results_of(
    graph: Builder, exported: Any, operand: Callable[[int], Value], modules: Modules, where: str
) -> list[Value]:
    """What an Exported gives, as nodes of a function.

    Args:
      graph: the function under construction.
      exported: the Exported.
      operand: gives the tensor at a place among its arguments; it is asked for those alone that the module takes.
      modules: how modules are made.
      where: what errors begin with.

    Raises:
      UnsupportedFormatError: the module cannot be written for the line, or has effects.
    """
    if exported.ordered_effects or exported.unordered_effects:
        raise UnsupportedFormatError(f"{where}: it has effects, as printing; take them out")
    backward = _derivative(exported, where) if modules.gradient else None
    kept = set(exported.module_kept_var_idx)
    if backward is not None:
        kept |= {place for place in backward.module_kept_var_idx if place < len(exported.in_avals)}
    operands = {
        place: held(operand(place), aval) for place, aval in enumerate(exported.in_avals) if place in kept
    }
    if backward is None:
        values = _run(graph, exported, operands, modules, where)
    else:
        function = _differentiable(exported, backward, operands, modules, where)
        values = graph.call(function, list(operands.values()))
    return [ops.identity(value) for value in values]


def _run(
    graph: Builder, exported: Any, operands: Mapping[int, Value], modules: Modules, where: str
) -> tuple[Value, ...]:
    """The results of the module of an Exported; `operands` has those that it keeps, by their places."""
    target = None if modules.target_tf in (None, NEWEST) else next(
        target for line, target in TARGETS.items() if line == modules.target_tf
    )  # fmt: skip
    module = exported.mlir_module_serialized
    version = stablehlo.version_of(module)
    newest = _NEWEST_STABLEHLO if target is None else target.stablehlo
    written_for = None if version is None else min(version, newest)
    if written_for is None:
        raise UnsupportedFormatError(f"{where}: its module does not say for which version of StableHLO it is")
    results = [aval_of(aval) for aval in exported.out_avals]
    calling = exported.calling_convention_version
    return graph.emit(
        "XlaCallModule",
        [operands[place] for place in exported.module_kept_var_idx],
        version=calling if target is None else min(calling, target.call_module),
        module=stablehlo.write_for(module, written_for, where),
        Sout=[aval.known for aval in results],
        Tout=[aval.dtype for aval in results],
        platforms=[name.upper() for name in exported.platforms],
        dim_args_spec=[],
        function_list=[],
        has_token_input_output=False,
        disabled_checks=[str(check) for check in exported.disabled_safety_checks],
    )


def _derivative(exported: Any, where: str) -> Any:
    """The Exported of the backward pass: of the arguments and the gradients of the results."""
    if not exported.has_vjp():
        raise UnsupportedFormatError(
            f"{where}: it was exported without its gradient; serialize it with vjp_order=1, or leave gradient=0"
        )
    return exported.vjp()


def _differentiable(
    exported: Any, backward: Any, operands: Mapping[int, Value], modules: Modules, where: str
) -> Function:
    """A function that runs a module, and whose gradient is another module."""
    count = len(exported.in_avals)

    def places(values: Sequence[Value]) -> dict[int, Value]:
        return dict(zip(operands, values, strict=True))

    def forward(values: Sequence[Value]) -> Sequence[Value]:
        return _run(values[0].graph, exported, places(values), modules, where)

    def gradients(values: Sequence[Value], given: Sequence[Value]) -> Sequence[Value]:
        graph = given[0].graph
        known, rest = places(values), iter(given)
        sizes = solved((value, exported.in_avals[place].shape) for place, value in known.items())
        for place, aval in enumerate(exported.out_avals):
            result = aval_of(aval)
            shape = pack_sizes(graph, [sizes.size(dim) for dim in result.shape])
            wanted = next(rest) if _has_tangent(result) else graph.constant(np.bool_(False))
            known[count + place] = broadcast_to(wanted, shape, result)
        found = _run(graph, backward, known, modules, f"{where}, gradient")
        floats = [found[place] for place in operands if _has_tangent(aval_of(exported.in_avals[place]))]
        return [emit_one("PreventGradient", value, message=_ONCE) for value in floats]

    specs = [Spec(value.shape, value.dtype, f"argument_{place}") for place, value in operands.items()]
    return with_own_gradient("module", specs, forward, gradients)


def broadcast_to(value: Value, shape: Value, aval: Aval) -> Value:
    """A gradient in the shape of its result, in place of which TensorFlow may give zeros of one element.

    Args:
      value: the gradient.
      shape: int32, the shape of the result.
      aval: what JAX knows of the result.
    """
    if value.shape == aval.known and None not in aval.known:
        return value
    (found,) = value.graph.emit("BroadcastTo", value, shape)
    found.set_shape(aval.known)
    return found


def _has_tangent(aval: Aval) -> bool:
    return aval.dtype.is_floating or aval.dtype.is_complex
