"""Calls, branches and loops.

Operands and arguments have the same order: the inputs of the callee, then what it captures. The branches of one node
have the same captures in the same order. So do condition and body of one loop.

Source: tensorflow/core/ops/functional_ops.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kerasfmt.errors import GraphError
from kerasfmt.graph.builder import Builder
from kerasfmt.graph.emit import emit
from kerasfmt.graph.function import Function, callees_of
from kerasfmt.graph.op import Context, Effect, Op, register
from kerasfmt.graph.ops.declare import Attrs, declare
from kerasfmt.graph.resource import Capture
from kerasfmt.graph.spec import Shape
from kerasfmt.graph.value import Node, Value
from kerasfmt.typing import override

declare("NoOp", lambda attrs: [], lambda attrs: [])


def common_shape(shapes: list[Shape]) -> Shape:
    """What is known of the shape of a tensor that has one of these shapes."""
    if any(s is None or len(s) != len(shapes[0] or ()) for s in shapes):
        return None
    per_axis = zip(*(s or () for s in shapes), strict=True)
    return tuple(dims[0] if all(d == dims[0] for d in dims) else None for dims in per_axis)


def _branches(attrs: Attrs, functions: list[object]) -> list[Shape]:
    known = [f for f in functions if isinstance(f, Function)]
    for function in known:
        found = [v.dtype.name for v in function.outputs]
        expected = [dtype.name for dtype in attrs["Tout"]]
        if found != expected:
            raise ValueError(f"function {function.name}: its outputs are {found}, expected {expected}")
    declared = attrs.get("output_shapes")
    if declared:
        return list(declared)
    if len(known) < len(functions):
        return [None] * len(attrs["Tout"])
    return [common_shape([f.outputs[i].shape for f in known]) for i in range(len(attrs["Tout"]))]


@register("PartitionedCall", "StatefulPartitionedCall")
class PartitionedCall(Op):
    """A call of the function `f`."""

    is_call = True

    @staticmethod
    @override
    def infer(attrs: Attrs, args: tuple[Value, ...]) -> list[Shape]:
        return _branches(attrs, [attrs["f"]])

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, args: Sequence[Any]) -> Sequence[Any]:
        (callee,) = callees_of(node)
        return context.call(callee, args)


@register("If", "StatelessIf")
class If(Op):
    """A call of one of two functions."""

    @staticmethod
    @override
    def infer(attrs: Attrs, condition: Value, args: tuple[Value, ...]) -> list[Shape]:
        return _branches(attrs, [attrs["then_branch"], attrs["else_branch"]])

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, condition: Any, args: Sequence[Any]) -> Sequence[Any]:
        then, otherwise = callees_of(node)
        return context.call(then if condition else otherwise, args)


@register("StatelessCase")
class StatelessCase(Op):
    """A call of one of several functions; of the last one, if the number is none of theirs."""

    @staticmethod
    @override
    def infer(attrs: Attrs, branch_index: Value, args: tuple[Value, ...]) -> list[Shape]:
        return _branches(attrs, list(attrs["branches"]))

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, branch_index: Any, args: Sequence[Any]) -> Sequence[Any]:
        branches = node.attrs["branches"]
        assert isinstance(branches, list)
        number = int(branch_index)
        branch = branches[number if 0 <= number < len(branches) else -1]
        if not isinstance(branch, Function):
            raise GraphError(
                f"op {node.op} ({node.name}): expected a function as a branch, got {branch!r:.80}"
            )
        return context.call(branch, args)


@register("Case")
class Case(StatelessCase):
    """A call of one of several functions, which may change something."""

    effect = Effect.WRITES


@register("While", "StatelessWhile")
class While(Op):
    """Calls of `body` on its own outputs as long as `cond` holds."""

    is_loop = True

    @staticmethod
    @override
    def infer(attrs: Attrs, args: tuple[Value, ...]) -> list[Shape]:
        if attrs.get("output_shapes"):
            return list(attrs["output_shapes"])
        body = attrs["body"]
        if not isinstance(body, Function):
            return [None] * len(args)
        return [common_shape([a.shape, o.shape]) for a, o in zip(args, body.outputs, strict=True)]

    @classmethod
    @override
    def execute(cls, context: Context, node: Node, args: Sequence[Any]) -> Sequence[Any]:
        condition, body = callees_of(node)
        while context.call(condition, args)[0]:
            args = context.call(body, args)
        return args


def cond(
    condition: Value,
    then: Callable[..., Value],
    otherwise: Callable[..., Value],
    operands: Sequence[Value],
) -> Value:
    """`then(*operands)` if `condition` is true, else `otherwise(*operands)`.

    Each branch becomes a function. Only the branch that is taken runs.

    Args:
      condition: bool ().
      then: gives a value for the operands.
      otherwise: gives a value of the same dtype.
      operands: the arguments of both branches.

    Source: tf.cond.
    """
    (value,) = cond_list(condition, lambda *v: [then(*v)], lambda *v: [otherwise(*v)], operands)
    return value


def cond_list(
    condition: Value,
    then: Callable[..., Sequence[Value]],
    otherwise: Callable[..., Sequence[Value]],
    operands: Sequence[Value],
) -> list[Value]:
    """As `cond`, for branches that give several values, of the same dtypes.

    Source: tf.cond.
    """
    graph = condition.graph
    branches = (("cond_true", then), ("cond_false", otherwise))
    used = [c for name, branch in branches for c in _branch(name, branch, operands, ()).captured]
    captures = tuple(dict.fromkeys(used))
    made = [_branch(name, branch, operands, captures) for name, branch in branches]
    op = "If" if any(function.stateful for function in made) else "StatelessIf"
    handles = [graph.capture(c, "cond") for c in captures]
    outputs = emit(
        op,
        condition,
        [*operands, *handles],
        name="cond",
        then_branch=made[0],
        else_branch=made[1],
        Tout=[v.dtype for v in made[0].outputs],
        output_shapes=[common_shape([f.outputs[i].shape for f in made]) for i in range(len(made[0].outputs))],
    )
    return list(outputs)


def _branch(
    name: str,
    branch: Callable[..., Sequence[Value]],
    operands: Sequence[Value],
    captures: Sequence[Capture],
) -> Function:
    """A branch as a function of the operands; its captures have the given order."""
    graph = Builder(name)
    values = [graph.input(v.spec, f"operand_{i}") for i, v in enumerate(operands)]
    for captured in captures:
        graph.capture(captured)
    return graph.finish(branch(*values))
