"""Modules of StableHLO in graphs, which only XLA runs: `jax2tf`, and `export` of Keras 3 on JAX, write them.

Source: tensorflow/compiler/tf2xla/ops/xla_ops.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasfmt.errors import GraphError
from kerasfmt.graph.op import Context, Effect, Op, register
from kerasfmt.graph.ops.declare import Attrs
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override


@register("XlaCallModule")
class XlaCallModule(Op):
    """A call of a module of StableHLO; it has no kernel."""

    effect = Effect.WRITES

    @staticmethod
    @override
    def infer(attrs: Attrs, args: tuple[Value, ...]) -> list[Shape]:
        return list(attrs["Sout"])

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, *operands: Any) -> Sequence[Any]:
        raise GraphError(
            f"op XlaCallModule ({node.name}): a compiled module of StableHLO, version {node.attrs['version']!r} of its "
            "calls, which NumPy does not run; run it with TensorFlow, or export the model from TensorFlow's graph code"
        )

    @classmethod
    @override
    def has_kernel(cls) -> bool:
        return False
