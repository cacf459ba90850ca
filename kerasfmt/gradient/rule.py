"""The registry of gradient rules: one function per op, in the family files below `kerasfmt/gradient/rules/`.

A rule gets the graph under construction, the node of the forward function, and the gradient of each output. It
returns the gradient of each input, or None where there is none:

    @gradient("Tanh")
    def tanh(graph, node, grad):
        return [graph.emit_one("TanhGrad", node.outputs[0], grad)]

Operands of `graph.emit_one` may be values of the forward function: see `BackwardGraph`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from kerasfmt.errors import GraphError
from kerasfmt.families import FamilyTable
from kerasfmt.graph import Node, Value

if TYPE_CHECKING:
    from kerasfmt.gradient.backward_graph import BackwardGraph
    from kerasfmt.gradient.indexed_slices import Gradient

Gradients: TypeAlias = "Sequence[Gradient | None]"
"""The gradient of each input of a node; None where there is none."""
Rule: TypeAlias = "Callable[..., Gradients]"

RULES: FamilyTable[Rule] = FamilyTable()
TAKING_SLICES: set[str] = set()
"""The ops whose rules take gradients as IndexedSlices."""
_T = TypeVar("_T", bound=Callable[..., Any])


def gradient(*ops: str, takes_slices: bool = False) -> Callable[[_T], _T]:
    """A decorator that registers a rule for the ops called `ops`.

    Args:
      ops: the ops.
      takes_slices: whether the rule takes gradients as IndexedSlices; other rules get tensors.
    """

    def decorate(rule: _T) -> _T:
        for op in ops:
            RULES.enter(op, rule)
            if takes_slices:
                TAKING_SLICES.add(op)
        return rule

    return decorate


def nothing(graph: BackwardGraph, node: Node, *grads: Value | None) -> Gradients:
    """The rule of the ops through which no gradient flows."""
    return [None] * len(node.inputs)


def find_rule(node: Node) -> Rule:
    """The rule for a node; `nothing` where no gradient flows through its op.

    Raises:
      GraphError: there is no rule for its op.
    """
    rule = RULES.find(node.op)
    if rule is None:
        raise GraphError(
            f"op {node.op} ({node.name}): kerasfmt has no gradient for it; put a StopGradient behind it if none is "
            "to flow through it"
        )
    return rule
