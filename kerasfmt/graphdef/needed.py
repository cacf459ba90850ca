"""Which nodes of a graph or a function a tensor needs, from the messages alone.

Source: tensorflow/core/framework/node_def.proto, NodeDef.input
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def node_name(tensor: str) -> str:
    """The node of a tensor, `node` of `node:0`."""
    return tensor.partition(":")[0].removeprefix("^")


def needed_nodes(nodes: Iterable[Any], ends: Iterable[str], stops: Iterable[str] = ()) -> list[Any]:
    """The messages of the nodes that tensors need.

    Args:
      nodes: the messages of a graph or a function.
      ends: the tensors.
      stops: the names of nodes that are given, with all that only they need.
    """
    by_name = {node.name: node for node in nodes}
    pending, seen = [node_name(end) for end in ends], set(stops)
    found = []
    while pending:
        node = by_name.get(pending.pop())
        if node is not None and node.name not in seen:
            seen.add(node.name)
            found.append(node)
            pending.extend(map(node_name, node.input))
    return found
