"""The forward function while its gradient is made: a copy of the original, to which nodes and outputs are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Builder, Function, Node, Spec, Value
from kerasfmt.graph.value import Attr


class ForwardGraph(Builder):
    """A copy of a function. Nodes may be added to it in any order, also nodes of which older ones depend.

    Args:
      function: the function.
      name: name of the copy.

    Attributes:
      parameters: the arguments of the copy: the inputs, then the handles of the variables.
      outputs: the outputs of the copy.
    """

    def __init__(self, function: Function, name: str) -> None:
        super().__init__(name)
        copies: dict[Value, Value] = {}
        for value, given in zip(function.inputs, function.input_names, strict=True):
            copies[value] = self.input(value.spec, given)
        for variable, handle in function.captures:
            copies[handle] = self.capture(variable, handle.node.name)
        self.parameters = tuple(copies.values())
        for node in function.nodes:
            copy = self.copy_node(node, tuple([copies[v] for v in node.inputs]), node.name)
            copies.update(zip(node.outputs, copy.outputs, strict=True))
        self.outputs = [copies[v] for v in function.outputs]
        self._compiled = function.compiled
        operands = (value for node in self.nodes for value in node.inputs)
        self._used_handles = {value for value in operands if value.dtype is dtypes.resource}

    def grow(
        self, node: Node, attrs: Mapping[str, Attr], outputs: Sequence[Spec], at: int | None = None
    ) -> None:
        """Gives a node further outputs; those that it has stay the same values.

        Args:
          node: a node of this graph.
          attrs: what its attributes are from then on, as far as they change.
          outputs: of what shape and dtype the further outputs are.
          at: the index of the first of them; by default they are the last ones.

        Raises:
          GraphError: the outputs behind them are handles that other nodes use.
        """
        place = len(node.outputs) if at is None else at
        behind = node.outputs[place:]
        if not self._used_handles.isdisjoint(behind):
            raise GraphError(f"op {node.op} ({node.name}): the handles of variables that it gives are used")
        specs = [*outputs, *(value.spec for value in behind)]
        new = [Value(node, place + i, spec.shape, spec.dtype) for i, spec in enumerate(specs)]
        node.outputs = (*node.outputs[:place], *new)
        node.attrs = {**node.attrs, **attrs}

    def finished(self, outputs: Sequence[Value], handed_on: int = 0) -> Function:
        """The finished function with these outputs, of which the last ones may be handed on: see `Function`."""
        self.nodes = in_order(self.nodes)
        return self.finish(outputs, compiled=self._compiled, handed_on=handed_on)


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """The nodes, each after those on which it depends; as they were where that allows it."""
    nodes = list(nodes)
    waiting, ordered = set(nodes), list[Node]()
    for last in nodes:
        stack = [last]
        while stack:
            node = stack[-1]
            before = [
                n for n in (*(v.node for v in node.inputs), *node.controls) if n in waiting and n is not node
            ]
            if node in waiting and before:
                stack += reversed(before)
                continue
            stack.pop()
            if node in waiting:
                waiting.remove(node)
                ordered.append(node)
    return ordered
