"""The gradient of a branch: a branch between the gradients of both functions.

What a gradient needs of its function becomes an output of the forward node. Only one of the two functions runs: so
each such output is an optional, which the other function leaves empty.

Source: tensorflow/python/ops/cond_v2.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasfmt import dtypes
from kerasfmt.gradient.backpropagation import gradients
from kerasfmt.gradient.backward_graph import BackwardGraph, is_trainable
from kerasfmt.gradient.forward_graph import ForwardGraph
from kerasfmt.gradient.indexed_slices import dense
from kerasfmt.gradient.rule import Gradients, gradient
from kerasfmt.graph import Function, Node, Spec, Value, Variable
from kerasfmt.graph.function import callees_of
from kerasfmt.graph.ops.control import common_shape
from kerasfmt.graph.value import Attr
from kerasfmt.typing import override


class BranchBackward(BackwardGraph):
    """The gradient of one of the functions of a branch, under construction.

    Args:
      function: the function.
      around: the graph that holds the gradient of the branch.

    Attributes:
      optionals: outputs that the forward function gets: the values that are used here, as optionals.
      grads: the gradient of each argument.
    """

    def __init__(self, function: Function, around: BackwardGraph) -> None:
        super().__init__(
            f"{function.name}_grad", ForwardGraph(function, f"{function.name}_rewritten"), around
        )
        self._parameters = frozenset(self.forward.parameters)
        self.optionals: list[Value] = []
        self.grads: list[Value | None] = []

    def differentiate(self, grads: Sequence[Value | None]) -> None:
        """Finds `grads` from the gradients of the outputs."""
        pairs = [
            (y, g)
            for y, g in zip(self.forward.outputs, grads, strict=True)
            if is_trainable(y.dtype) and g is not None
        ]
        found = gradients(self, [y for y, _ in pairs], self.forward.parameters, [g for _, g in pairs])
        self.grads = [None if grad is None else dense(self, grad) for grad in found]

    @override
    def _bring_in(self, value: Value, name: str) -> Value:
        if value.graph is not self.forward or value.dtype is dtypes.resource or value in self._parameters:
            return super()._bring_in(value, name)
        if value.node.op == "Const":
            return self.constant(value.node.attrs["value"], value.dtype)
        (optional,) = self.forward.emit("OptionalFromValue", [value])
        self.optionals.append(optional)
        argument = super()._bring_in(optional, name)
        self.captured[optional] = argument
        return self.emit_one(
            "OptionalGetValue", argument, output_types=[value.dtype], output_shapes=[value.shape]
        )

    def arguments(self, node: Node) -> dict[Value, Value]:
        """The arguments, each by the value around the branch that it gets."""
        forward = self.forward
        around = dict(zip(forward.parameters, node.inputs[1:], strict=True))
        first = len(forward.outputs)
        around.update(zip(self.optionals, node.outputs[first:], strict=False))
        arguments = set(self.inputs)
        return {around.get(v, v): a for v, a in self.captured.items() if a in arguments}

    def take(
        self, values: Sequence[Value], arguments: dict[Value, Value], variables: Sequence[Variable]
    ) -> None:
        """Takes one argument for each of `values`, then the handles of variables, in this order.

        Args:
          values: values around the branch.
          arguments: the arguments that exist already.
          variables: the variables.
        """
        for value in values:
            if value not in arguments:
                arguments[value] = self.input(value.spec, "placeholder")
        names = dict(zip(self.inputs, self.input_names, strict=True))
        self.inputs = [arguments[value] for value in values]
        self.input_names = [names[argument] for argument in self.inputs]
        self.capture_in_order(variables)


@gradient("If", "StatelessIf")
def branch(graph: BackwardGraph, node: Node, *grads: Value | None) -> Gradients:
    """What the gradient of the function gives that ran; the forward node gives what that needs."""
    both = [BranchBackward(function, graph) for function in callees_of(node)]
    for one in both:
        one.differentiate(grads)
    found = [i for i in range(len(node.inputs) - 1) if any(one.grads[i] is not None for one in both)]
    for one in both:
        for i in found:
            if one.grads[i] is None:
                one.grads[i] = one.zeros(one.forward.parameters[i])
    _rewrite(graph.forward, node, both)
    arguments = [one.arguments(node) for one in both]
    values = list(dict.fromkeys(value for taken in arguments for value in taken))
    variables = list(dict.fromkeys(v for one in both for v in one.captured_variables))
    functions: list[Function] = []
    for one, taken in zip(both, arguments, strict=True):
        one.take(values, taken, variables)
        functions.append(one.finish([one.inside(g) for i in found if (g := one.grads[i]) is not None]))
    then, otherwise = functions
    results = graph.emit(
        "If" if then.stateful or otherwise.stateful else "StatelessIf",
        node.inputs[0],
        [*values, *[graph.capture(v) for v in variables]],
        then_branch=then,
        else_branch=otherwise,
        Tout=[v.dtype for v in then.outputs],
        output_shapes=_shapes(then.outputs, otherwise.outputs),
    )
    given = dict(zip(found, results, strict=True))
    return [None, *[given.get(i) for i in range(len(node.inputs) - 1)]]


def _rewrite(forward: ForwardGraph, node: Node, both: Sequence[BranchBackward]) -> None:
    """Lets the node give the optionals of both functions."""
    count = max(len(one.optionals) for one in both)
    if not count:
        return
    functions: list[Function] = []
    for one in both:
        empty = [one.forward.emit("OptionalNone")[0] for _ in range(count - len(one.optionals))]
        functions.append(one.forward.finished([*one.forward.outputs, *one.optionals, *empty]))
    then, otherwise = functions
    attrs: dict[str, Attr] = {
        "then_branch": then,
        "else_branch": otherwise,
        "Tout": [v.dtype for v in then.outputs],
        "output_shapes": _shapes(then.outputs, otherwise.outputs),
    }
    forward.grow(node, attrs, [Spec((), dtypes.variant)] * count)


def _shapes(first: Sequence[Value], second: Sequence[Value]) -> list[tuple[int | None, ...] | None]:
    return [common_shape([a.shape, b.shape]) for a, b in zip(first, second, strict=True)]
