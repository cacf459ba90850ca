"""Values that depend on constants only, computed while the graph is built.

Index arithmetic, masks and random keys of traced functions are such.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kerasfmt.errors import KerasfmtError
from kerasfmt.graph import Function, Node, Value
from kerasfmt.graph.op import Effect, find_op
from kerasfmt.graph.run import run

_MOST: Final = 4096
"""The largest number of elements of a value that is computed."""
_NODES: Final = 512
"""The largest number of nodes that one value is computed with."""


def folded(value: Value) -> Value:
    """The value as a constant, if it depends on small constants only; else the value itself."""
    if value.node.op == "Const" or value.shape is None or None in value.shape:
        return value
    if math.prod(d or 0 for d in value.shape) > _MOST:
        return value
    nodes = _needed(value)
    if nodes is None:
        return value
    function = Function("folded", (), (), (), tuple(nodes), (value,), (), frozenset())
    try:
        (array,) = run(function, (), {})
    except KerasfmtError:
        return value
    return value.graph.constant(array, value.dtype)


def _needed(value: Value) -> Sequence[Node] | None:
    """The nodes that a value needs, in order; None if one of them is more than a kernel of constants."""
    found: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(value.node, False)]
    while stack:
        node, done = stack.pop()
        if done:
            found[node] = None
            continue
        if node in found:
            continue
        op = find_op(node.op)
        if len(found) > _NODES or op.effect is not Effect.NONE or node.controls or not op.has_kernel():
            return None
        if not node.inputs and not op.is_constant:
            return None
        stack.append((node, True))
        stack += [(operand.node, False) for operand in node.inputs if operand.node not in found]
    return list(found)
