"""Values that may be missing: what a branch leaves behind for its gradient, if it was the branch that ran.

Source: tensorflow/core/ops/optional_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kerasfmt.graph.emit import emit_one
from kerasfmt.graph.op import Context, Op, register
from kerasfmt.graph.ops.declare import Attrs, scalar
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override


@dataclass(frozen=True, eq=False)
class Optional:
    """Tensors, or None for nothing."""

    components: tuple[Any, ...] | None


@register("OptionalFromValue")
class OptionalFromValue(Op):
    """An optional that holds tensors."""

    infer = staticmethod(scalar)

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, components: tuple[Any, ...]) -> Sequence[Any]:
        return [Optional(components)]


@register("OptionalNone")
class OptionalNone(Op):
    """An optional that holds nothing."""

    infer = staticmethod(scalar)

    @classmethod
    @override
    def execute(cls, context: Context, node: Node) -> Sequence[Any]:
        return [Optional(None)]


@register("OptionalGetValue")
class OptionalGetValue(Op):
    """The tensors that an optional holds."""

    @staticmethod
    @override
    def infer(attrs: Attrs, optional: Value) -> list[Shape]:
        return list(attrs["output_shapes"])

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, optional: Optional) -> Sequence[Any]:
        if optional.components is None:
            raise ValueError("the optional holds nothing")
        return optional.components


def optional(*components: Value) -> Value:
    """An optional that holds tensors: variant (). Source: TensorFlow op OptionalFromValue."""
    return emit_one("OptionalFromValue", list(components))
