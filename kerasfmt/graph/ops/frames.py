"""Branches and loops of TensorFlow 1: nodes that let values through, or lead them into a loop and out of it.

    Switch(data, condition)     the data at one of two outputs; the other one is dead, as all that follows from it
    Merge(values)               the value that is not dead, and its number
    Enter, Exit                 lead a value into the loop `frame_name`, and out of it
    NextIteration               leads a value back to the Merge at the beginning of the loop
    LoopCond                    whether the loop goes on

They compute nothing. `kerasfmt.graph.frames` runs functions that hold them.

Source: tensorflow/core/ops/control_flow_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasfmt.graph.op import Context, Op, register
from kerasfmt.graph.ops.control import common_shape
from kerasfmt.graph.ops.declare import Attrs
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override


class FrameOp(Op):
    """Base of these ops: a value goes through as it is."""

    is_frame = True

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, *operands: Any) -> Sequence[Any]:
        return operands[:1]


class Through(FrameOp):
    """Base of those with one input and one output."""

    @staticmethod
    @override
    def infer(attrs: Attrs, data: Value) -> list[Shape]:
        return [data.shape]


@register("Switch", "RefSwitch")
class Switch(FrameOp):
    """A value at one of two outputs: the second one if the condition holds."""

    @staticmethod
    @override
    def infer(attrs: Attrs, data: Value, condition: Value) -> list[Shape]:
        return [data.shape, data.shape]


@register("Merge", "RefMerge")
class Merge(FrameOp):
    """The value that is not dead, and its number."""

    @staticmethod
    @override
    def infer(attrs: Attrs, inputs: tuple[Value, ...]) -> list[Shape]:
        return [common_shape([value.shape for value in inputs]), ()]


@register("Enter", "RefEnter")
class Enter(Through):
    """Leads a value into a loop; if `is_constant`, into each iteration."""


@register("Exit", "RefExit")
class Exit(Through):
    """Leads a value out of a loop."""


@register("NextIteration", "RefNextIteration")
class NextIteration(Through):
    """Leads a value to the next iteration."""


@register("LoopCond")
class LoopCond(Through):
    """Whether the loop goes on."""
