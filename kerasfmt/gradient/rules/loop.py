"""The gradient of a loop: a loop that runs through the iterations in the opposite order.

What the gradient needs of an iteration is pushed onto a list by the forward loop, and popped by the backward one.

Source: tensorflow/python/ops/while_v2.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasfmt import dtypes
from kerasfmt.dtypes import DType
from kerasfmt.errors import GraphError
from kerasfmt.gradient.backpropagation import gradients
from kerasfmt.gradient.backward_graph import BackwardGraph, is_trainable
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.gradient.indexed_slices import dense
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Builder, Function, Node, Spec, Value
from kerasfmt.graph.function import callees_of
from kerasfmt.graph.ops.tensor_list import element_operand
from kerasfmt.graph.value import Attr
from kerasfmt.typing import override

_OF_SHAPES = frozenset({"Rank", "Shape", "Size", "TensorListElementShape", "TensorListLength"})
"""Ops that the forward loop computes: it is cheaper to push the result than the operand."""


class LoopBackward(BackwardGraph):
    """The gradient of the body of a loop, under construction.

    Args:
      node: the loop.
      around: the graph that holds the gradient of the loop.

    Attributes:
      empty: values of the graph of the loop: the lists that the forward loop begins with.
      pushed: values of the body: the lists with what an iteration pushed.
      left: for each argument that came with a value of another graph, what it is in the next iteration.
      handles: the number of handles that the loop gets.
    """

    def __init__(self, node: Node, around: BackwardGraph) -> None:
        condition, body = callees_of(node)
        super().__init__(f"{body.name}_grad", ForwardGraph(body, f"{body.name}_rewritten"), around)
        self._node = node
        self._around = around
        self._condition = ForwardGraph(condition, f"{condition.name}_rewritten")
        pairs = zip(self.forward.parameters, self.forward.outputs, strict=True)
        self._invariant = {x for x, y in pairs if x is y}
        self._popped: set[Value] = set()
        self._sources: dict[Value, Value] = {}
        self.empty: list[Value] = []
        self.pushed: list[Value] = []
        self.left: dict[Value, Value] = {}
        self.handles = len(body.captures)

    @override
    def emit(self, op: str, *inputs: Any, name: str | None = None, **attrs: Any) -> tuple[Value, ...]:
        if op not in _OF_SHAPES or not all(v.graph is self.forward and v not in self._popped for v in inputs):
            return super().emit(op, *inputs, name=name, **attrs)
        return self.forward.emit(op, *inputs, name=name, **attrs)

    @override
    def zeros_like(self, value: Value) -> Value:
        if value.graph is not self.forward or value.dtype.kind == "handle":
            return super().zeros_like(value)
        if value.shape is not None and None not in value.shape:
            return self.constant_like(value, 0)
        return self.emit_one("Fill", self.emit_one("Shape", value), np.zeros((), value.dtype.numpy))

    @override
    def _bring_in(self, value: Value, name: str) -> Value:
        if value.dtype is dtypes.resource:
            return super()._bring_in(value, name)
        if value.graph is not self.forward:
            return self._handed_on(value, name)
        while value.node.op == "Identity":
            value = value.node.inputs[0]
        found = self.captured.get(value)
        if found is None:
            found = self.captured[value] = self._of_iteration(value, name)
        return found

    def _of_iteration(self, value: Value, name: str) -> Value:
        """A value of the body, in the iteration that the backward loop runs through."""
        if value in self._invariant:
            return self._handed_on(value, name)
        if value.node.op == "Const":
            return self.constant(value.node.attrs["value"], value.dtype)
        self._popped.add(value)
        (empty,) = self._around.forward.emit(
            "EmptyTensorList",
            element_operand(value.shape),
            self._node.inputs[1],
            element_dtype=value.dtype,
            name=f"{value.node.name}/accumulator",
        )
        self.empty.append(empty)
        label = f"tensorlistpushback_{value.node.name}_accumulator"
        self._condition.input(empty.spec, label)
        (pushed,) = self.forward.emit("TensorListPushBack", self.forward.input(empty.spec, label), value)
        self.pushed.append(pushed)
        argument = super()._bring_in(pushed, name)
        shapes = [(), value.shape]
        self._sources[argument] = pushed
        self.left[argument], popped = self.emit(
            "TensorListPopBack", argument, -1, element_dtype=value.dtype, shapes=shapes
        )
        return popped

    def _handed_on(self, value: Value, name: str) -> Value:
        argument = super()._bring_in(value, name)
        self._sources[argument] = value
        self.left[argument] = argument
        return argument

    def rewrite(self) -> None:
        """Lets the forward loop push what is popped here."""
        if not self.empty:
            return
        node, first = self._node, len(self._node.inputs) - self.handles
        outputs = self.forward.outputs
        body = self.forward.finished([*outputs[:first], *self.pushed, *outputs[first:]], self.handles)
        attrs: dict[str, Attr] = {
            "body": body,
            "cond": self._condition.finished(self._condition.outputs),
            "T": [v.dtype for v in body.outputs],
            "output_shapes": [v.shape for v in body.outputs],
        }
        self._around.forward.grow(node, attrs, [Spec((), dtypes.variant)] * len(self.empty), first)
        node.inputs = (*node.inputs[:first], *self.empty, *node.inputs[first:])
        node.input_arity = (len(node.inputs),)

    def sources(self) -> list[Value]:
        """The values around the loop with which the arguments begin that came with values of other graphs."""
        around = dict(zip(self.forward.parameters, self._node.outputs, strict=False))
        around.update(
            zip(self.pushed, self._node.outputs[len(self.forward.parameters) - self.handles :], strict=False)
        )
        return [around.get(value, value) for value in self._sources.values()]


@gradient("While", "StatelessWhile")
def loop(graph: BackwardGraph, node: Node, *grads: Value | None) -> Gradients:
    """What the backward loop gives; the forward loop gives the lists that this one needs."""
    if len(node.inputs) < 2 or any(
        v.spec.dtype is not dtypes.int32 or v.shape != () for v in node.inputs[:2]
    ):
        raise GraphError(
            f"op {node.op} ({node.name}): its gradient needs a counter and the greatest number of iterations as the "
            "first two operands, as while_loop makes them"
        )
    count = len(node.inputs)
    body = LoopBackward(node, graph)
    outputs, parameters = body.forward.outputs, body.forward.parameters
    given = {i: g for i, g in enumerate(grads) if g is not None and _has_gradient(outputs[i])}
    counter, maximum, total = (
        body.input(Spec((), dtypes.int32), name) for name in ("grad_counter", "maximum_iterations", "total")
    )
    seeds = [body.input(g.spec, "placeholder") for g in given.values()]
    found = gradients(body, [outputs[i] for i in given], [parameters[i] for i in given], seeds)
    results = [
        body.zeros(parameters[i]) if g is None else dense(body, g) for i, g in zip(given, found, strict=True)
    ]
    following = body.emit_one("AddV2", counter, 1, name="add")
    body.rewrite()
    operands = [graph.constant(0), node.inputs[1], node.outputs[0], *given.values(), *body.sources()]
    variables = body.captured_variables
    handles = body.captured_handles
    step = body.finish(
        [following, maximum, total, *map(body.inside, results), *body.left.values(), *handles],
        handed_on=len(handles),
    )
    condition = _condition(f"{callees_of(node)[0].name}_grad", step)
    made = graph.emit(
        "While" if step.stateful else "StatelessWhile",
        [*operands, *[graph.capture(v) for v in variables]],
        cond=condition,
        body=step,
        parallel_iterations=node.attrs["parallel_iterations"],
        output_shapes=[v.shape for v in step.outputs],
        name=f"{node.name}_grad",
    )
    by_place = dict(zip(given, made[3:], strict=False))
    return [by_place.get(i) for i in range(count)]


def _has_gradient(value: Value) -> bool:
    """Whether the output of a body has a gradient; a list has one if its elements have one, as far as that is known."""
    if value.node.op == "TensorListPopBack" and value.index == 0:
        element = value.node.attrs["element_dtype"]
        return isinstance(element, DType) and is_trainable(element)
    return is_trainable(value.dtype)


def _condition(name: str, step: Function) -> Function:
    """Whether there is an iteration left to run through."""
    graph = Builder(name)
    counter, _, total, *_ = (
        graph.input(v.spec, given) for v, given in zip(step.inputs, step.input_names, strict=True)
    )
    for variable in step.variables:
        graph.capture(variable)
    return graph.finish(graph.emit("Less", counter, total))
