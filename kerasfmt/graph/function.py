"""A finished function: immutable, and printed as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from kerasfmt.graph.resource import Variable
from kerasfmt.graph.value import Node, Value

_NONE: Mapping[Function, Function] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Function:
    """A finished function: `inputs` and captured variables in, `outputs` out.

    Nodes are in execution order. `control_outputs` are the nodes that run whether or not an output needs them.
    A `compiled` function is one that TensorFlow runs through XLA. Functions with one `body_id` differ in their names,
    in the variables that they capture and in the functions that they call only.
    """

    name: str
    inputs: tuple[Value, ...]
    input_names: tuple[str, ...]
    captures: tuple[tuple[Variable, Value], ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Value, ...]
    control_outputs: tuple[Node, ...]
    written: frozenset[Variable]
    compiled: bool = False
    body_id: object = field(default_factory=object)

    def with_captures(
        self,
        variables: Mapping[Variable, Variable],
        name: str,
        callees: Mapping[Function, Function] = _NONE,
    ) -> Function:
        """The function with the same body on other variables.

        Args:
          variables: what to capture in place of each variable.
          name: its name.
          callees: what to call in place of each function; its body is the same.
        """
        nodes = list(self.nodes)
        for place, callee in self.callees if callees else ():
            nodes[place] = nodes[place].with_callee("f", callees.get(callee, callee))
        return replace(
            self,
            name=name,
            captures=tuple((variables[v], handle) for v, handle in self.captures),
            nodes=tuple(nodes) if callees else self.nodes,
            written=frozenset(variables[v] for v in self.written),
        )

    @cached_property
    def callees(self) -> tuple[tuple[int, Function], ...]:
        """The functions that it calls, as attribute `f`, each with the place of the node among the nodes."""
        found = ((place, node.attrs.get("f")) for place, node in enumerate(self.nodes))
        return tuple((place, callee) for place, callee in found if isinstance(callee, Function))

    @cached_property
    def stateful(self) -> bool:
        """Whether the function holds a stateful op: it reads, writes or draws random numbers."""
        return any(node.op_def.stateful for node in self.nodes)

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The captured variables, in the order of the arguments that carry them."""
        return tuple(v for v, _ in self.captures)
