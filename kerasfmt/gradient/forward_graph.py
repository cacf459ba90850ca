"""The forward function while its gradient is made: a copy of the original, to which nodes and outputs are added."""

from __future__ import annotations

from collections.abc import Iterable

from kerasfmt.graph import Builder, Function, Node, Value


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

    def finished(self, outputs: Iterable[Value]) -> Function:
        """The finished function with these outputs."""
        self.nodes = in_order(self.nodes)
        return self.finish(list(outputs), compiled=self._compiled)


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
