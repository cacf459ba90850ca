"""Functions of JAX as modules of StableHLO, which TensorFlow compiles with XLA.

Source: jax/_src/export/_export.py; jax/experimental/jax2tf/jax2tf.py, _run_exported_as_tf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from kerasfmt.errors import InvalidModelError, UnsupportedFormatError
from kerasfmt.graph import Builder, Value, ops
from kerasfmt.graphdef import stablehlo
from kerasfmt.graphdef.older_line import TARGETS
from kerasfmt.sources.jax.inputs import Argument, Arguments
from kerasfmt.sources.jax.outputs import outputs_of
from kerasfmt.sources.jax.parameters import Parameters
from kerasfmt.sources.jax.rule import aval_of
from kerasfmt.sources.jax.traced import LoweredFunction, finished, held, structs_of

PLATFORMS: Final = ("cpu", "cuda", "rocm", "tpu")
NEWEST: Final = "2.21"
"""The newest line, for which modules are made where no other is asked for."""
_NEWEST_STABLEHLO: Final = (1, 13, 0)
"""What that line reads; JAX writes for newer ones, which hold ops that it does not know."""
_OF_EXPORT: Final = "Cannot serialize code with custom calls"
"""What JAX says of custom calls that may change (jax/_src/export/_export.py, _check_module)."""


@dataclass(frozen=True)
class Modules:
    """How modules are made.

    Attributes:
      platforms: the platforms that run them.
      target_tf: the line of TensorFlow that reads them; None for the newest.
    """

    platforms: Sequence[str]
    target_tf: str | None

    def check(self) -> None:
        """Raises InvalidModelError for unknown platforms, and UnsupportedFormatError for an unknown line."""
        unknown = [name for name in self.platforms if name not in PLATFORMS]
        if isinstance(self.platforms, str) or unknown or not self.platforms:
            raise InvalidModelError(f"platforms: expected some of {list(PLATFORMS)}, got {self.platforms!r}")
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
    except (NotImplementedError, ValueError) as error:
        if _OF_EXPORT not in str(error) and not isinstance(error, NotImplementedError):
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
    if exported.ordered_effects or exported.unordered_effects:
        raise UnsupportedFormatError(f"{where}: it has effects, as printing; take them out")
    shapes = jax.tree_util.tree_unflatten(exported.out_tree, exported.out_avals)
    found = outputs_of(jax, shapes, outputs)
    graph = Builder("call")
    inputs = [graph.input(tensor.spec, tensor.name) for tensor in arguments.tensors]
    kept = exported.module_kept_var_idx
    weights = parameters.weights if takes_parameters else []
    operands: list[Value] = []
    for place, aval in enumerate(exported.in_avals):
        if place in kept:
            value = graph.read(weights[place]) if place < len(weights) else inputs[place - len(weights)]
            operands.append(held(value, aval))
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
    values = graph.emit(
        "XlaCallModule",
        operands,
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
    return finished(graph, arguments, found, [ops.identity(value) for value in values])
