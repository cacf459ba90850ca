"""Conditions that end a run where they do not hold.

Source: tensorflow/core/ops/logging_ops.cc.
"""

from __future__ import annotations

from kerasfmt.graph.emit import emit
from kerasfmt.graph.op import Effect, Op, register
from kerasfmt.graph.ops.declare import Array, Attrs, with_rank
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.strings import as_bytes
from kerasfmt.graph.value import Value
from kerasfmt.typing import override

_SHOWN = 3
"""Elements of an array that an error shows, where the op does not say."""


@register("Assert")
class Assert(Op):
    """An error that shows `data`, unless the condition holds; there is no output."""

    effect = Effect.CHECKS

    @staticmethod
    @override
    def infer(attrs: Attrs, condition: Value, data: tuple[Value, ...]) -> list[Shape]:
        with_rank(condition, 0)
        return []

    @staticmethod
    @override
    def run(attrs: Attrs, condition: Array, data: tuple[Array, ...]) -> list[Array]:
        if not condition:
            shown = attrs.get("summarize", _SHOWN)
            raise ValueError("; ".join(_text(array, array.size if shown < 0 else shown) for array in data))
        return []


def _text(array: Array, shown: int) -> str:
    items = [i.decode(errors="replace") if isinstance(i, bytes) else str(i) for i in array.ravel()[:shown]]
    if not array.ndim:
        return items[0] if items else str(array)
    return f"[{' '.join(items)}{' ...' if array.size > shown else ''}]"


def assert_true(condition: Value, text: str) -> None:
    """Ends the run with an error that says `text`, unless the bool scalar `condition` is true.

    Source: tf.debugging.Assert.
    """
    emit("Assert", condition, [condition.graph.constant(as_bytes(text))])
