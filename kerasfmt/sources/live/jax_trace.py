"""The code of a live Keras 3 layer as a function of JAX, and its jaxpr.

Sizes that are not known are symbols. Each has one of its own at first. Where the code needs two of them to be equal, it
is traced again with one symbol for each axis, in all inputs, as for recorded code. The batch has one in any case.

Source: jax/_src/export/shape_poly.py, symbolic_shape
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt import dtypes
from kerasfmt.graph import Spec
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.sources.live.code_lines import raising_line, reason_of
from kerasfmt.sources.live.stateless import StatelessCall, seed_states
from kerasfmt.sources.live.symbolic_variables import is_variable


class Untraceable(Exception):
    """JAX cannot trace the code.

    Args:
      line: where in the user's code it stands.
      reason: why.
      advice: what to change.

    Attributes:
      line, advice: see above.
    """

    def __init__(self, line: str, reason: str, advice: str) -> None:
        super().__init__(f"{line}: {reason}" if line else reason)
        self.line = line
        self.advice = advice


@dataclass(eq=False)
class JaxTrace:
    """The code of a layer as a function of JAX.

    Attributes:
      function: takes the values of the variables, a list, and the tensors of the arguments, a list. It gives the
        leaves of what the code returns, then the values that it assigned, then the losses that it added.
      variables: the variables.
      tensors: the shape and dtype of each tensor, with symbols.
      seeds: the ids of the variables that hold the states of random generators.
      values: the shape and dtype of each variable.
      closed: its jaxpr.
      structure: what the code returned, with None for each tensor.
      assigned: the variables that it assigned to.
      lines: where in the user's code variables are used, by id.
    """

    function: Callable[..., list[Any]]
    variables: list[Any]
    tensors: Sequence[Any]
    seeds: Mapping[int, Any]
    values: list[Any] = field(default_factory=list)
    closed: Any = None
    structure: Structure = None
    assigned: list[Any] = field(default_factory=list)
    lines: dict[int, str] = field(default_factory=dict)

    @property
    def used(self) -> list[bool]:
        """Whether the jaxpr uses each of its arguments."""
        jaxpr = self.closed.jaxpr
        found = {id(v) for equation in jaxpr.eqns for v in equation.invars} | {id(v) for v in jaxpr.outvars}
        return [id(variable) in found for variable in jaxpr.invars]

    def leave_out_unused(self) -> None:
        """Takes the values of those variables alone that the jaxpr uses; that one still takes all."""
        used = self.used[: len(self.variables)]
        self.variables = [each for each, is_used in zip(self.variables, used, strict=True) if is_used]
        self.values = [each for each, is_used in zip(self.values, used, strict=True) if is_used]


def traced(
    jax: Any, live: Any, inputs: Structure, kwargs: Mapping[str, Any], training: bool | None
) -> JaxTrace:
    """The code of a layer as a function of JAX.

    Args:
      jax: the module.
      live: the layer.
      inputs: its first argument, a structure of Specs.
      kwargs: further arguments by name, with Specs in place of tensors.
      training: the mode; None where there is only one.

    Raises:
      Untraceable: JAX cannot trace it.
    """
    leaves = flatten([inputs, *kwargs.values()])
    specs = [leaf for leaf in leaves if isinstance(leaf, Spec)]
    count = len(live.variables)
    choices = list(_choices(jax, specs))
    for place, tensors in enumerate(choices):
        try:
            found = _traced(jax, live, tensors, inputs, kwargs, training)
            break
        except Untraceable:
            if place == len(choices) - 1:
                raise
    if len(live.variables) != count:
        raise Untraceable(
            "", "it makes variables while it is called", "call the model on data before it is saved"
        )
    return found


def _choices(jax: Any, specs: Sequence[Spec]) -> Iterator[list[Any]]:
    """The shapes and dtypes of tensors, with a symbol for each size that is not known; then with one for each axis."""
    for spec in specs:
        if spec.shape is None:
            raise Untraceable("", "an input has no known rank", "give the model inputs of known ranks")
        if spec.dtype is dtypes.string:
            raise Untraceable("", "an input has texts, which JAX lacks", "use layers of Keras for texts")

    def structs(symbol: Callable[[int, int], str]) -> list[Any]:
        scope = jax.export.SymbolicScope()
        found = []
        for place, spec in enumerate(specs):
            words = [
                str(d) if d is not None else symbol(place, axis) for axis, d in enumerate(spec.shape or ())
            ]
            shape = jax.export.symbolic_shape(", ".join(words), scope=scope) if words else ()
            found.append(jax.ShapeDtypeStruct(shape, jax.dtypes.canonicalize_dtype(spec.dtype.numpy)))
        return found

    yield structs(lambda place, axis: f"b{place}_{axis}" if axis else "batch")
    if sum(None in (spec.shape or ())[1:] for spec in specs) > 1:
        yield structs(lambda _, axis: f"d{axis}")


def _traced(
    jax: Any,
    live: Any,
    tensors: Sequence[Any],
    inputs: Structure,
    kwargs: Mapping[str, Any],
    training: bool | None,
) -> JaxTrace:
    call = StatelessCall(live)

    def function(values: Sequence[Any], given: Sequence[Any]) -> list[Any]:
        rest = iter(given)
        first, *further = [
            map_structure(lambda leaf: next(rest) if isinstance(leaf, Spec) else leaf, part)
            for part in (inputs, *kwargs.values())
        ]
        done = call.run(made.variables, values, first, dict(zip(kwargs, further, strict=True)), training)
        made.lines = {key: line for key, (_, line) in done.read.items()}
        known = {id(variable) for variable in made.variables}
        unknown[:] = [variable for key, (variable, _) in done.read.items() if key not in known]
        outputs = _plain(jax, done.outputs)
        made.structure = map_structure(lambda _: None, outputs)
        made.assigned = [variable for variable, _ in done.assigned.values()]
        changed = [value for _, value in done.assigned.values()]
        return [*flatten(outputs), *changed, *map(jax.numpy.asarray, done.losses)]

    unknown: list[Any] = []
    made = JaxTrace(function, list(live.variables), tensors, seed_states(live))
    while True:
        made.values = [jax.ShapeDtypeStruct(tuple(v.shape), jax.numpy.dtype(v.dtype)) for v in made.variables]
        try:
            made.closed = jax.make_jaxpr(function)(made.values, list(tensors))
        except Untraceable:
            raise
        except Exception as error:
            raise Untraceable(raising_line(error), _said(error), _advice(error)) from error
        if not unknown:
            return made
        made.variables.extend(unknown)


def _plain(jax: Any, outputs: Any) -> Any:
    """What the code returned, in lists, tuples and dicts of arrays."""
    if isinstance(outputs, Mapping):
        return {str(key): _plain(jax, outputs[key]) for key in sorted(outputs)}
    if isinstance(outputs, list | tuple):
        found = [_plain(jax, item) for item in outputs]
        return tuple(found) if isinstance(outputs, tuple) else found
    if outputs is None:
        raise Untraceable("", "it returns None where a tensor is expected", "return tensors alone")
    return jax.numpy.asarray(outputs.value if is_variable(outputs) else outputs)


_UNSEEDED: Final = "[JAX RNG]"
"""How an error of Keras's begins: a generator that no layer has draws while JAX traces."""
_MORE: Final = re.compile(r"\n\n|\s(?:The error occurred while|This concrete value|See https:)")
"""Where JAX goes on to say what no user of a layer sees: the function that is traced, and its arguments."""


def _said(error: Exception) -> str:
    """What an error of JAX's, or of the user's code, says first."""
    if _UNSEEDED in str(error):
        return "it draws random numbers without a seed"
    text = " ".join(_MORE.split(reason_of(error))[0].split()).rstrip(".")
    return f"{type(error).__name__}: {text:.400}"


def line_of_code(function: Any) -> str:
    """Where in the user's code a method begins."""
    code = inspect.unwrap(getattr(function, "__func__", function)).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


_ADVICE: Final = (
    ("InconclusiveDimensionOperation", "give the model inputs of known sizes"),
    ("TracerArrayConversionError", "use jax.numpy or keras.ops in the place of NumPy"),
    (
        "ConcretizationTypeError",
        "use jax.lax.cond, keras.ops.where or keras.ops.cond in the place of Python that looks at values",
    ),
)
"""What to change, by the names of JAX's errors."""


def _advice(error: Exception) -> str:
    names = {base.__name__ for base in type(error).__mro__}
    if _UNSEEDED in str(error):
        return "draw with seed=self.seed, a keras.random.SeedGenerator that the layer has as an attribute"
    found = [advice for name, advice in _ADVICE if name in names]
    return (
        found[0] if found else "write it with functions of JAX, with keras.ops and layers, on tensors alone"
    )
