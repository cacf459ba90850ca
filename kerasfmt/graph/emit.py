"""Makes nodes in the graph of their operands; `Builder.emit` makes them in a given graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerasfmt.errors import GraphError
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Value

if TYPE_CHECKING:
    from kerasfmt.graph.builder import Builder
    from kerasfmt.graph.value import Attr


def emit_one(
    op: str,
    *inputs: object,
    name: str | None = None,
    device: str = "",
    shapes: Sequence[Shape] | None = None,
    **attrs: Attr,
) -> Value:
    """The single output of a new node; see `emit`."""
    (value,) = _graph_of(op, inputs).emit(op, *inputs, name=name, device=device, shapes=shapes, **attrs)
    return value


def emit(
    op: str,
    *inputs: object,
    name: str | None = None,
    device: str = "",
    shapes: Sequence[Shape] | None = None,
    **attrs: Attr,
) -> tuple[Value, ...]:
    """The outputs of a new node `op` in the graph of its operands; see `Builder.emit` for the arguments.

    Raises:
      GraphError: no operand is a Value, or the operands or attributes do not agree with the op's definition.
      InvalidModelError: the shapes do not fit.
    """
    return _graph_of(op, inputs).emit(op, *inputs, name=name, device=device, shapes=shapes, **attrs)


def _graph_of(op: str, inputs: Sequence[object]) -> Builder:
    for operand in inputs:
        for item in operand if isinstance(operand, list | tuple) else (operand,):
            if isinstance(item, Value):
                return item.graph
    raise GraphError(f"op {op}: no operand is a Value, so it is not known which graph it belongs to")
