"""Lowers the jaxpr of a function to a graph, equation by equation.

What has no rule is collected, with the lines of the user's code that made it, and raised at the end in one error.

Source: jax/_src/core.py, eval_jaxpr; jax/_src/interpreters/mlir.py, jaxpr_subcomp.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsupportedLayerError
from kerasfmt.graph import Builder, Value, Variable
from kerasfmt.nn.shapes import as_value
from kerasfmt.sources.jax import rules  # noqa: F401  (fills RULES)
from kerasfmt.sources.jax.dimensions import Dimensions, names_in
from kerasfmt.sources.jax.folding import folded
from kerasfmt.sources.jax.keys import is_key, with_words
from kerasfmt.sources.jax.library import applied
from kerasfmt.sources.jax.patterns import recognized
from kerasfmt.sources.jax.rule import RULES, Equation, Lowers, UnsupportedPrimitiveError, aval_of
from kerasfmt.typing import override

_SHOWN: Final = 40
_INLINE: Final = 1024
"""Arrays that a function closes over become variables from this number of elements on."""


@dataclass(eq=False)
class Shared:
    """What the functions of one model share while they are lowered.

    Attributes:
      jax: the module.
      variable_of: gives a variable for a large array that a function closes over; None where that is a constant too.
      faults: what has no rule, with the places in the user's code.
      made: what was made once, by its key.
      open: the equations that are being lowered, the innermost one last.
    """

    jax: Any
    variable_of: Callable[[Any], Variable] | None
    faults: dict[str, list[str]] = field(default_factory=dict)
    made: dict[object, Any] = field(default_factory=dict)
    open: list[Any] = field(default_factory=list)

    def place(self) -> str:
        """The line of the user's code that is being lowered; functions of JAX's own do not say it inside."""
        places = map(place_of, reversed(self.open))
        return next((place for place in places if place != _NOWHERE), _NOWHERE)

    def check(self, where: str, otherwise: str = 'use lowering="stablehlo"') -> None:
        """Raises UnsupportedLayerError if something had no rule.

        Args:
          where: what the error begins with.
          otherwise: what to do where no other function of JAX does.
        """
        if not self.faults:
            return
        listed = [
            f"{name} ({', '.join(dict.fromkeys(places))})" for name, places in sorted(self.faults.items())
        ]
        more = f" and {len(listed) - _SHOWN} others" if len(listed) > _SHOWN else ""
        raise UnsupportedLayerError(
            f"{where}: no rule for {'; '.join(listed[:_SHOWN])}{more}; write it with other functions of JAX, or "
            f"{otherwise}"
        )


class Lowering(Lowers):
    """One function while it is lowered; see `rule.Lowers`.

    Args:
      graph: the function.
      dimensions: the symbolic dimensions in it.
      shared: what all functions of the model share.
      is_backward: whether it computes a gradient.
      inner: whether it is a branch or a part of a loop. These capture nothing: the arrays that they close over, which
        JAX mostly makes operands of theirs, become constants.
    """

    def __init__(
        self,
        graph: Builder,
        dimensions: Dimensions,
        shared: Shared,
        *,
        inner: bool = False,
        is_backward: bool = False,
    ) -> None:
        self.graph = graph
        self.is_backward = is_backward
        self.compact: dict[Value, Value] = {}
        self._dimensions = dimensions
        self._shared = shared
        self._inner = inner

    @override
    def size(self, dim: Any) -> int | Value:
        return self._dimensions.size(dim)

    @override
    def dimension_values(self, jaxprs: Sequence[Any]) -> list[Value]:
        return [as_value(self.graph, size) for size in self._dimensions.symbols.values()] if any(
            _is_symbolic(jaxpr) for jaxpr in jaxprs
        ) else []  # fmt: skip

    @override
    def subgraph(self, graph: Builder, sizes: Sequence[Value]) -> Lowering:
        symbols = dict(zip(self._dimensions.symbols, sizes, strict=True)) if sizes else {}
        return Lowering(graph, Dimensions(symbols), self._shared, inner=True, is_backward=self.is_backward)

    @override
    def backward(self, graph: Builder, sizes: Sequence[Value]) -> tuple[Lowering, Mapping[str, Any]]:
        shared = replace(self._shared, faults={}, made={})
        dimensions = self.subgraph(graph, sizes)._dimensions
        return Lowering(graph, dimensions, shared, inner=True, is_backward=True), shared.faults

    @override
    def traced(self, function: Callable[..., Any], avals: Sequence[Any]) -> Any:
        jax = self._shared.jax
        return jax.make_jaxpr(function)(*(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals))

    @override
    def folded(self, value: Value) -> Value:
        return folded(value)

    @override
    def shared(self, key: object, make: Callable[[], Any]) -> Any:
        if key not in self._shared.made:
            self._shared.made[key] = make()
        return self._shared.made[key]

    @override
    def inline(self, jaxpr: Any, operands: Sequence[Value]) -> list[Value]:
        consts = getattr(jaxpr, "consts", ())
        inner = getattr(jaxpr, "jaxpr", jaxpr)
        return self.run(inner, [*map(self.of_array, consts), *operands])

    def of_array(self, array: Any) -> Value:
        """An array that the function closes over: a constant, or a variable if it is large."""
        if isinstance(array, Value):
            return array
        variable_of = self._shared.variable_of
        if getattr(array, "size", 1) >= _INLINE and not self._inner and variable_of is not None:
            return self.graph.read(variable_of(array))
        if is_key(array):
            array = self._shared.jax.random.key_data(array)
        host = np.asarray(array)
        return self.graph.constant(host, dtypes.of(host.dtype))

    def run(self, jaxpr: Any, arguments: Sequence[Value]) -> list[Value]:
        """The outputs of a jaxpr.

        Args:
          jaxpr: the jaxpr, without constants.
          arguments: its constants, then its inputs.
        """
        values: dict[Any, Value] = dict(zip([*jaxpr.constvars, *jaxpr.invars], arguments, strict=True))
        for equation in recognized(jaxpr):
            operands = [self._read(values, variable) for variable in equation.invars]
            self._shared.open.append(equation)
            results = self._lowered(equation, operands)
            self._shared.open.pop()
            values.update(
                (variable, value) for variable, value in zip(equation.outvars, results, strict=True)
            )
        return [self._read(values, variable) for variable in jaxpr.outvars]

    def _read(self, values: Mapping[Any, Value], variable: Any) -> Value:
        if hasattr(variable, "val"):
            aval = aval_of(variable.aval)
            value = variable.val
            if getattr(value, "size", 1) >= _INLINE:
                return self.of_array(value)
            return self.graph.constant(np.asarray(value).astype(aval.dtype.numpy), aval.dtype)
        return values[variable]

    def _lowered(self, equation: Any, operands: list[Value]) -> list[Value]:
        name = equation.primitive.name
        avals = [variable.aval for variable in equation.invars]
        params = equation.params
        keyed = next((v.aval for v in (*equation.invars, *equation.outvars) if is_key(v.aval)), None)
        described = Equation(
            name,
            params,
            [aval_of(a) for a in avals if hasattr(a, "dtype")],
            [aval_of(v.aval) for v in equation.outvars if hasattr(v.aval, "dtype")],
            avals,
            self,
            equation,
            partial(applied, equation) if hasattr(equation, "replace") else None,
        )
        lowered = RULES.get(name)
        try:
            if lowered is None:
                raise UnsupportedPrimitiveError("")
            if keyed is not None and equation.invars:
                rank = len(equation.outvars[0].aval.shape) if equation.outvars else 0
                params, operands = with_words(name, params, avals, operands, rank)
                described = replace(described, params=params)
            with self.graph.scope(name) if name in _SCOPED else _NO_SCOPE:
                found = lowered.rule(described, *operands)
        except UnsupportedPrimitiveError as fault:
            said = f"{name}: {fault}" if str(fault) else name
            self._shared.faults.setdefault(said, []).append(self._shared.place())
            found = [
                self.graph.emit("Placeholder", dtype=r.dtype, shape=r.known)[0] for r in described.results
            ]
        except KerasfmtError as error:
            if str(error).startswith("primitive "):
                raise
            raise type(error)(f"primitive {name}, {self._shared.place()}: {error}") from error
        results = [found] if isinstance(found, Value) else list(found)
        if name not in _NOT_FOLDED and all(operand.node.op == "Const" for operand in operands):
            results = [value if value in self.compact else folded(value) for value in results]
        for value, result in zip(results, described.results, strict=True):
            if value.dtype is not result.dtype:
                raise InvalidModelError(
                    f"primitive {name}, {self._shared.place()}: expected {result.dtype.name}, got {value.dtype.name}"
                )
            value.set_shape(result.known)
        return results


class _NoScope:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


_NO_SCOPE: Final = _NoScope()
_SCOPED: Final = frozenset({"gather", "scatter", "sort", "random_bits", "conv_general_dilated"})
"""Primitives that become many nodes, which get a scope of their own."""
_NOT_FOLDED: Final = frozenset({"broadcast_in_dim", "jit", "pjit", "closed_call", "while", "cond", "scan"})


def _is_symbolic(jaxpr: Any) -> bool:
    """Whether a jaxpr has symbolic dimensions, as far as its variables show."""
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    variables = [
        *inner.invars,
        *inner.outvars,
        *(v for eqn in inner.eqns for v in (*eqn.invars, *eqn.outvars)),
    ]
    if any(names_in(dim) for v in variables for dim in getattr(v.aval, "shape", ())):
        return True
    return any(eqn.primitive.name in ("dim_as_value", "shape_assertion") for eqn in inner.eqns) or any(
        _is_symbolic(body) for eqn in inner.eqns for body in bodies_of(eqn.params)
    )


def bodies_of(params: Mapping[str, Any]) -> list[Any]:
    """The jaxprs among the parameters of an equation."""
    found = []
    for value in params.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            if hasattr(getattr(item, "jaxpr", item), "eqns"):
                found.append(item)
    return found


_NOWHERE: Final = "line not known"
_LIBRARY: Final = re.compile(
    r"(site|dist)-packages/(jax|jaxlib|keras|flax|haiku|equinox|optax|numpy|jaxtyping)/|^<"
)


def place_of(equation: Any) -> str:
    """The line of the user's code that made an equation: the innermost one outside of libraries."""
    traceback = getattr(equation.source_info, "traceback", None)
    frames = [] if traceback is None else list(traceback.frames)
    ours = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for frame in frames:
        path = frame.file_name.replace(os.sep, "/")
        if not _LIBRARY.search(path) and not frame.file_name.startswith(ours):
            return f"{frame.file_name}:{frame.line_num}"
    return _NOWHERE
