"""Nodes with side effects: in which order they run, and that nothing drops them.

Source: tensorflow/python/framework/auto_control_deps.py fixes the semantics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kerasfmt.graph.function import callees_of
from kerasfmt.graph.op import Effect, find_op
from kerasfmt.graph.resource import Capture
from kerasfmt.graph.value import Node, Value


class SideEffects:
    """Who wrote and who read each resource of a function so far.

    Attributes:
      written: the captures that a node of the function writes.
    """

    def __init__(self) -> None:
        self.written: set[Capture] = set()
        self._writers: dict[Value, Node] = {}
        self._readers: dict[Value, list[Node]] = {}

    def order(self, node: Node, handles: Sequence[Value], captures: Mapping[Value, Capture]) -> None:
        """Orders a new node: a read waits for the last write; a write also waits for the reads since then.

        Args:
          node: the node; its control inputs get the nodes that it waits for.
          handles: the handles of resources among its inputs.
          captures: what each handle stands for that the function captures.
        """
        writes = find_op(node.op).effect is Effect.WRITES
        written: set[Capture] = set()
        if node.op_def.callees:
            written.update(*(callee.written for callee in callees_of(node)))
        for handle in handles:
            writer = self._writers.get(handle)
            before = [writer] if writer else []
            if writes or (written and captures.get(handle) in written):
                if handle in captures:
                    self.written.add(captures[handle])
                before = [*self._readers.pop(handle, ()), *before]
                self._writers[handle] = node
            else:
                self._readers.setdefault(handle, []).append(node)
            if before:
                node.controls.extend(n for n in before if n is not node and n not in node.controls)


def is_side_effect(node: Node) -> bool:
    """Whether the node must run even if nothing uses its outputs.

    Source: tensorflow/python/framework/auto_control_deps.py, op_is_stateful: legacy random ops do not count.
    """
    if not node.op_def.stateful:
        return False
    if node.op_def.callees:
        return True
    return find_op(node.op).effect in (Effect.READS, Effect.WRITES, Effect.CHECKS)


def needed_by(nodes: Sequence[Node]) -> set[Node]:
    """The nodes, and all from which they take a value or for which they wait."""
    needed: set[Node] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node not in needed:
            needed.add(node)
            stack += [v.node for v in node.inputs if v.node not in needed]
            stack += node.controls
    return needed
