"""A finished function: immutable, and printed as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from kerasfmt.errors import GraphError
from kerasfmt.graph.resource import Capture, Variable
from kerasfmt.graph.text import type_text, wrapped
from kerasfmt.graph.value import GRADIENT, Node, Value
from kerasfmt.printable import printable
from kerasfmt.typing import record

_NONE: Mapping[Function, Function] = MappingProxyType({})


@record(frozen=True, eq=False, repr=False)
class Function:
    """A finished function, from inputs and captures to outputs.

    `print(function)` shows it as text: see `kerasfmt.graph.text`.

    Attributes:
      name: its name.
      inputs: a value per input.
      input_names: the names of the inputs, as they were given.
      captures: the variables, tables and constants that it captures, each with the argument that carries it.
      nodes: in execution order.
      outputs: a value per output.
      control_outputs: the nodes that run even if no output needs them.
      written: those that it writes.
      compiled: whether TensorFlow compiles the function with XLA.
      handed_on: how many of its last outputs are parameters that the body of a loop hands on to the next iteration.
      attributes: what TensorFlow's optimizer is told of it: `api_implements`, `api_preferred_device` and their like; a
        function stands for its name.
      make_companions: makes `companions`, when the function is written.
      body_id: equal for functions that differ only in their names, captures and callees.
      definition: what it was decoded from, as the file states it; None for a function that was built.
    """

    name: str
    inputs: tuple[Value, ...]
    input_names: tuple[str, ...]
    captures: tuple[tuple[Capture, Value], ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Value, ...]
    control_outputs: tuple[Node, ...]
    written: frozenset[Capture]
    compiled: bool = False
    handed_on: int = 0
    attributes: Mapping[str, str | bool | Function] = field(default_factory=dict)
    make_companions: Callable[[], Sequence[Function]] | None = None
    body_id: object = field(default_factory=object)
    definition: object = None

    def __str__(self) -> str:
        inputs = ", ".join(f"{v.name}: {type_text(v.dtype, v.shape)}" for v in self.inputs)
        lines = wrapped(f"function {self.name}({inputs})")
        for captured, argument in self.captures:
            spec = captured.described
            lines += wrapped(
                f"capture {argument.name} = {captured.name}: {type_text(spec.dtype, spec.shape)}", "  "
            )
        for node in self.nodes:
            lines += wrapped(str(node), "  ")
        return "\n".join(
            map(printable, [*lines, *wrapped(f"return {', '.join(v.name for v in self.outputs)}", "  ")])
        )

    def __repr__(self) -> str:
        counts = (len(self.inputs), len(self.captures), len(self.nodes), len(self.outputs))
        return printable(
            "<Function {}: {} inputs, {} captures, {} nodes, {} outputs>".format(self.name, *counts)
        )

    def with_captures(
        self,
        captures: Mapping[Capture, Capture],
        name: str,
        callees: Mapping[Function, Function] = _NONE,
    ) -> Function:
        """A function with the same body and other captures.

        Args:
          captures: what to capture in place of each one.
          name: the name of the new function.
          callees: the function to call in place of each one; both have the same body.
        """
        nodes = list(self.nodes)
        for site in self.call_sites if callees else ():
            callee = callees.get(site.callee, site.callee)
            nodes[site.place] = nodes[site.place].with_callee(site.attr, callee)
        return Function(
            name,
            self.inputs,
            self.input_names,
            tuple([(captures[c], argument) for c, argument in self.captures]),
            tuple(nodes) if callees else self.nodes,
            self.outputs,
            self.control_outputs,
            frozenset([captures[c] for c in self.written]),
            self.compiled,
            self.handed_on,
            self.attributes,
            self.make_companions,
            self.body_id,
            self.definition,
        )

    @cached_property
    def companions(self) -> tuple[Function, ...]:
        """The functions that are written beside it, so that TensorFlow's optimizer may put one in its place."""
        return () if self.make_companions is None else tuple(self.make_companions())

    @cached_property
    def call_sites(self) -> tuple[CallSite, ...]:
        """The places at which it calls other functions."""
        return tuple(
            CallSite(place, attr, callee)
            for place, node in enumerate(self.nodes)
            for attr in node.op_def.callees
            if isinstance(callee := node.attrs[attr], Function)
        )

    @cached_property
    def parameters(self) -> tuple[Value, ...]:
        """The arguments: the inputs, then those that carry the captures."""
        return (*self.inputs, *(argument for _, argument in self.captures))

    @cached_property
    def stateful(self) -> bool:
        """Whether the function has a stateful op, which reads, writes or draws random numbers."""
        return any(node.op_def.stateful for node in self.nodes)

    @cached_property
    def captured(self) -> tuple[Capture, ...]:
        """What it captures, in the order of the arguments."""
        return tuple(c for c, _ in self.captures)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The variables among what it captures, in the order of the arguments."""
        return tuple(c for c in self.captured if isinstance(c, Variable))

    @cached_property
    def last_uses(self) -> tuple[tuple[Value, ...], ...]:
        """For each node, the values that no later node and no output needs."""
        needed = set(self.outputs)
        last: list[tuple[Value, ...]] = []
        for node in reversed(self.nodes):
            last.append(tuple({*node.inputs, *node.outputs} - needed))
            needed.update(node.inputs)
        return tuple(reversed(last))


class CallSite(NamedTuple):
    """A place at which a function calls another one.

    Attributes:
      place: index of the node among the nodes of the caller.
      attr: the attribute of the node that holds the callee.
      callee: the function that is called.
    """

    place: int
    attr: str
    callee: Function


def callees_of(node: Node) -> list[Function]:
    """The functions that a node runs, in the order of its op's attributes.

    Raises:
      GraphError: an attribute holds only the name of a function.
    """
    found: list[Function] = []
    for attr in node.op_def.callees:
        callee = node.attrs[attr]
        if not isinstance(callee, Function):
            raise GraphError(
                f"op {node.op} ({node.name}): attribute {attr}: expected a function, got {callee!r}"
            )
        found.append(callee)
    return found


def own_gradient(node: Node) -> Function | None:
    """The function that computes the gradient of a node that was built; None if it has the gradient of its op."""
    found = node.attrs.get(GRADIENT)
    return found if isinstance(found, Function) else None
