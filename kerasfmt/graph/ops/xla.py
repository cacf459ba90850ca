"""Modules of StableHLO in graphs, which XLA runs: `jax2tf`, and `export` of Keras 3 on JAX, write them.

Source: tensorflow/compiler/tf2xla/ops/xla_ops.cc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from kerasfmt.errors import GraphError
from kerasfmt.graph.op import Context, Effect, Op, register
from kerasfmt.graph.ops.declare import Attrs
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override

if TYPE_CHECKING:
    from kerasfmt.graph.xla_module import XlaModule

_modules: WeakKeyDictionary[Node, XlaModule] = WeakKeyDictionary()
"""The modules that have run, as long as their graphs are there."""


@register("XlaCallModule")
class XlaCallModule(Op):
    """A call of a module of StableHLO; jaxlib compiles it for the processor."""

    effect = Effect.WRITES
    is_partial = True

    @staticmethod
    @override
    def infer(attrs: Attrs, args: tuple[Value, ...]) -> list[Shape]:
        return list(attrs["Sout"])

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, *operands: Any) -> Sequence[Any]:
        module = _modules.get(node)
        if module is None:
            module = _modules[node] = _module_of(node)
        return module(operands[0])

    @classmethod
    @override
    def has_kernel(cls, attrs: Mapping[str, Any] | None = None) -> bool:
        from kerasfmt.graph.xla_client import is_installed
        from kerasfmt.graph.xla_module import refusal

        return is_installed() and (attrs is None or refusal(attrs) is None)


def _module_of(node: Node) -> XlaModule:
    from kerasfmt.graph.xla_client import is_installed
    from kerasfmt.graph.xla_module import XlaModule, refusal

    where = f"op XlaCallModule ({node.name})"
    if not is_installed():
        raise GraphError(
            f"{where}: a module of StableHLO, which jaxlib compiles from 0.6 on, and none is installed; "
            "install it with `pip install kerasfmt[stablehlo]`, run the model with TensorFlow, or export it as "
            "TensorFlow's graph code"
        )
    reason = refusal(node.attrs)
    if reason is not None:
        raise GraphError(
            f"{where}: a module of StableHLO that is not run here: {reason}; run it with TensorFlow"
        )
    return XlaModule(node.attrs, where)
