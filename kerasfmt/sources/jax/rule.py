"""The registry of rules: what each primitive of JAX becomes in a graph of TensorFlow's ops.

A family file in `rules/` states a rule as

    @rule("sin")
    def _sin(equation, x):
        return equation.elementwise(ops.sin, x)

Source: jax/_src/core.py, Jaxpr and JaxprEqn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.graph import Builder, Value, ops
from kerasfmt.graph.sizes import int32
from kerasfmt.graph.value import Operand

Size: TypeAlias = int | Value
"""A dimension: a number, or an int32 scalar that the graph computes."""


class UnsupportedPrimitiveError(Exception):
    """A rule does not take this use of its primitive; the text says what it is."""


@dataclass(frozen=True)
class Aval:
    """The shape and dtype of a tensor in a traced function.

    Attributes:
      shape: its dimensions: numbers, and symbolic expressions of JAX. A random key has those of its words too.
      dtype: its dtype; uint32 for random keys.
    """

    shape: tuple[Any, ...]
    dtype: DType

    @property
    def known(self) -> tuple[int | None, ...]:
        """The shape with None for what is symbolic."""
        return tuple(int(d) if isinstance(d, int | np.integer) else None for d in self.shape)


def aval_of(aval: Any) -> Aval:
    """The record of an abstract value of JAX."""
    impl = getattr(aval.dtype, "_impl", None)
    if impl is not None:
        return Aval((*aval.shape, *impl.key_shape), dtypes.uint32)
    if np.dtype(aval.dtype).kind == "V" and np.dtype(aval.dtype).names:
        return Aval(tuple(aval.shape), dtypes.bool_)  # float0, the tangent of an integer
    return Aval(tuple(aval.shape), dtypes.of(aval.dtype))


class Lowers(Protocol):
    """What a rule can ask for while a function is lowered.

    Attributes:
      graph: the function under construction.
      compact: values that are broadcast, each with what it is broadcast from.
      is_backward: whether it computes a gradient; derivatives that users state are not kept in it.
    """

    graph: Builder
    compact: dict[Value, Value]
    is_backward: bool

    def size(self, dim: Any) -> Size:
        """A dimension in this function."""

    def inline(self, jaxpr: Any, operands: Sequence[Value]) -> list[Value]:
        """The outputs of a jaxpr, closed or without constants, as nodes of this function."""

    def subgraph(self, graph: Builder, sizes: Sequence[Value]) -> Lowers:
        """The same for a function that this one calls; `sizes` are there what `dimension_values` are here."""

    def backward(self, graph: Builder, sizes: Sequence[Value]) -> tuple[Lowers, Mapping[str, Any]]:
        """As `subgraph`, for a function that computes a gradient; and what turns out to have no rule in it."""

    def dimension_values(self, jaxprs: Sequence[Any]) -> list[Value]:
        """The symbolic dimensions that jaxprs use, as int32 scalars."""

    def traced(self, function: Callable[..., Any], avals: Sequence[Any]) -> Any:
        """The closed jaxpr of a function of JAX, for operands of these shapes and dtypes."""

    def folded(self, value: Value) -> Value:
        """The value as a constant, if it depends on small constants only; else the value."""

    def shared(self, key: object, make: Callable[[], Any]) -> Any:
        """What was made for this key in the whole model; made now if there is none."""


@dataclass(frozen=True, eq=False)
class Equation:
    """An equation of a jaxpr, for the rule of its primitive.

    Attributes:
      primitive: the name of the primitive.
      params: its parameters.
      operands: the shape and dtype of each operand.
      results: the shape and dtype of each result.
      avals: JAX's own records of the operands.
      lowers: the function that is being lowered.
      made: JAX's own equation.
      apply: a function of JAX that applies it to arrays and gives a list; None where it is no equation of JAX.
    """

    primitive: str
    params: Mapping[str, Any]
    operands: Sequence[Aval]
    results: Sequence[Aval]
    avals: Sequence[Any]
    lowers: Lowers
    made: Any = None
    apply: Callable[..., Any] | None = None

    @property
    def graph(self) -> Builder:
        """The function under construction."""
        return self.lowers.graph

    @property
    def result(self) -> Aval:
        """The shape and dtype of the first result."""
        return self.results[0]

    def sizes(self, shape: Sequence[Any]) -> list[Size]:
        """Dimensions in this function."""
        return [self.lowers.size(dim) for dim in shape]

    def vector(self, shape: Sequence[Any]) -> Value:
        """A shape as an int32 vector."""
        return pack_sizes(self.graph, self.sizes(shape))

    def constant(self, value: Any, dtype: DType | None = None) -> Value:
        """A constant of a dtype; by default that of `graph.constant`."""
        return self.graph.constant(value, dtype)

    def like(self, x: Value, number: Any) -> Value:
        """A scalar constant of the dtype of `x`."""
        return self.graph.constant(np.asarray(number).astype(x.dtype.numpy), x.dtype)

    def reshape(self, x: Value, shape: Sequence[Any]) -> Value:
        """`x` in another shape, which may have symbolic dimensions."""
        return reshape(x, self.sizes(shape))

    def broadcast(self, x: Value, shape: Sequence[Any]) -> Value:
        """`x` broadcast to a shape, from the last dimension on; remembered as what it was."""
        known = Aval(tuple(shape), x.dtype).known
        if x.shape is not None and None not in known and x.shape == known:
            return x
        value = graph_broadcast(x, self.sizes(shape))
        value.set_shape(known)
        self.lowers.compact[value] = x
        return value

    def elementwise(self, function: Callable[..., Value], *operands: Value) -> Value:
        """The result of an elementwise function whose operands broadcast.

        An operand that was broadcast goes in as it was before, where another one has the whole shape.
        """
        compact = self.lowers.compact
        known = self.result.known
        small = [compact.get(value, value) for value in operands]
        if not known or any(
            v not in compact and v.shape == known for v in operands
        ):  # JAX has sizes of 1 too
            return function(*small)
        return self.broadcast(self.lowers.folded(function(*small)), self.result.shape)


Rule: TypeAlias = Callable[..., "Value | Sequence[Value]"]
"""Gets an equation and its operands, gives its results."""


@dataclass(frozen=True)
class Lowered:
    """A rule, and what is known of its results.

    Attributes:
      rule: the rule.
      close: whether floats may differ from JAX's in their last places.
    """

    rule: Rule
    close: bool


RULES: Final[dict[str, Lowered]] = {}
"""The rule of each primitive."""


def rule(*primitives: str, close: bool = False) -> Callable[[Rule], Rule]:
    """A decorator that registers the rule of primitives.

    Args:
      primitives: their names.
      close: whether floats may differ from JAX's in their last places.
    """

    def decorate(function: Rule) -> Rule:
        for name in primitives:
            assert name not in RULES, name
            RULES[name] = Lowered(function, close)
        return function

    return decorate


def pack_sizes(graph: Builder, sizes: Sequence[Size]) -> Value:
    """Dimensions as an int32 vector."""
    if any(isinstance(size, Value) for size in sizes):
        items: list[Operand] = [s if isinstance(s, Value) else np.int32(s) for s in sizes]
        return ops.pack(items)
    return graph.constant(int32(sizes).reshape(-1))


def reshape(x: Value, sizes: Sequence[Size]) -> Value:
    """`x` in another shape; one dimension that is not known is left to the op."""
    if _has_shape(x, sizes):
        return x
    unknown = [axis for axis, size in enumerate(sizes) if isinstance(size, Value)]
    others = [size for size in sizes if isinstance(size, int)]
    if unknown and 0 not in others:
        filled = [-1 if axis == unknown[-1] else size for axis, size in enumerate(sizes)]
        return ops.reshape(x, pack_sizes(x.graph, filled))
    return ops.reshape(x, pack_sizes(x.graph, sizes))


def _has_shape(x: Value, sizes: Sequence[Size]) -> bool:
    """Whether a value of as many elements has that shape for certain: at most one dimension of it is not known."""
    if x.shape is None or len(x.shape) != len(sizes) or 0 in x.shape:
        return x.shape is not None and x.shape == tuple(sizes)
    known = tuple(None if isinstance(size, Value) else size for size in sizes)
    return x.shape == known and known.count(None) <= 1


def graph_broadcast(x: Value, sizes: Sequence[Size]) -> Value:
    """`x` broadcast to a shape, from the last dimension on."""
    (value,) = x.graph.emit("BroadcastTo", x, pack_sizes(x.graph, sizes))
    return value


def mirrored(x: Value, axes: Sequence[int]) -> Value:
    """`x` backwards along axes, by a node for each: OpenVINO takes no node for several."""
    for axis in axes:
        x = ops.reverse(x, [axis])
    return x
