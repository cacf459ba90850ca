"""Specs, values, nodes and functions; ops with shape inference and NumPy kernels; the interpreter."""

from __future__ import annotations

from kerasfmt.graph import ops
from kerasfmt.graph.builder import Builder
from kerasfmt.graph.emit import emit, emit_one
from kerasfmt.graph.function import Function
from kerasfmt.graph.resource import Variable
from kerasfmt.graph.spec import Shape, Spec, VariableSpec, broadcast_shapes, known_size, merge_shapes
from kerasfmt.graph.value import Node, Operand, Value

__all__ = [
    "Builder",
    "Function",
    "Node",
    "Operand",
    "Shape",
    "Spec",
    "Value",
    "Variable",
    "VariableSpec",
    "broadcast_shapes",
    "emit",
    "emit_one",
    "known_size",
    "merge_shapes",
    "ops",
]
