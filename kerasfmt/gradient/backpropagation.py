"""The walk through the forward function, from its outputs to its inputs.

Nodes are visited in TensorFlow's order. So the backward function takes what it needs of the forward function in
TensorFlow's order, too.

Source: tensorflow/python/ops/gradients_util.py, _GradientsHelper.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from kerasfmt.errors import GraphError
from kerasfmt.gradient.backward_graph import BackwardGraph, is_trainable
from kerasfmt.gradient.indexed_slices import Gradient, IndexedSlices, dense, total
from kerasfmt.gradient.rule import TAKING_SLICES, Gradients, find_rule, nothing
from kerasfmt.graph import Node, Value


def gradients(
    graph: BackwardGraph, ys: Sequence[Value], xs: Sequence[Value], grad_ys: Sequence[Value]
) -> list[Gradient | None]:
    """The gradients of values of the forward function, in the graph that computes gradients of it.

    Args:
      graph: the graph under construction.
      ys: values of the forward function, of dtypes that have gradients.
      xs: arguments of the forward function.
      grad_ys: the gradient of each of `ys`, of any graph around.

    Returns:
      The gradient of each of `xs`; None for one on which no `ys` depends.

    Raises:
      GraphError: there is no gradient for an op in between.
    """
    with graph.scope("gradients"):
        seeds = [graph.emit_one("Identity", g, name=f"grad_ys_{i}") for i, g in enumerate(grad_ys)]
        return _Walk(graph, ys, xs).run(ys, xs, seeds)


class _Walk:
    """One walk.

    Args:
      graph: the graph under construction.
      ys: where it begins.
      xs: where it ends.
    """

    def __init__(self, graph: BackwardGraph, ys: Sequence[Value], xs: Sequence[Value]) -> None:
        self._graph = graph
        self._ends = {x.node for x in xs}
        self._between = _between(graph.forward.nodes, [y.node for y in ys], self._ends)
        self._pending = dict.fromkeys(self._between, 0)
        for node in self._between:
            for value in node.inputs:
                if value.node in self._pending:
                    self._pending[value.node] += 1
        self._terms: dict[Value, list[Gradient]] = {}

    def run(self, ys: Sequence[Value], xs: Sequence[Value], seeds: Sequence[Value]) -> list[Gradient | None]:
        """The gradients of `xs`."""
        for y, seed in zip(ys, seeds, strict=True):
            self._add(y, seed)
        ready = [y.node for y in ys if self._pending.get(y.node) == 0]
        queue = deque(reversed(dict.fromkeys(reversed(ready))))  # by the last output that a node has
        while queue:
            node = queue.popleft()
            inputs = node.inputs
            for value, grad in zip(inputs, self._input_gradients(node), strict=True):
                if grad is not None and value.node in self._pending:
                    self._add(value, grad)
            for value in inputs:
                if value.node in self._pending:
                    self._pending[value.node] -= 1
                    if self._pending[value.node] == 0:
                        queue.append(value.node)
        return [self._total(x) for x in xs]

    def _input_gradients(self, node: Node) -> Gradients:
        """The gradient of each input of a node, whose outputs have theirs."""
        grads = [self._total(output) for output in node.outputs]
        if node in self._ends or all(grad is None for grad in grads):
            return [None] * len(node.inputs)
        rule = find_rule(node)
        if rule is nothing:
            return [None] * len(node.inputs)
        for i, output in enumerate(node.outputs):
            if grads[i] is None and is_trainable(output.dtype):
                grads[i] = self._graph.zeros_like(output)
        inputs = node.inputs  # a rule may add operands to the node
        with self._graph.scope(f"{node.name}_grad"):
            if node.op not in TAKING_SLICES:
                grads = [None if grad is None else dense(self._graph, grad) for grad in grads]
            found = rule(self._graph, node, *grads)
        for value, grad in zip(inputs, found, strict=True):
            if isinstance(grad, Value) and value.dtype is grad.dtype:
                _refine(node, value, grad)
        return found

    def _add(self, value: Value, grad: Gradient) -> None:
        inside = self._graph.inside
        if isinstance(grad, Value):
            grad = inside(grad)
        else:
            grad = IndexedSlices(inside(grad.values), inside(grad.indices), inside(grad.dense_shape))
        self._terms.setdefault(value, []).append(grad)

    def _total(self, value: Value) -> Gradient | None:
        terms = self._terms.get(value)
        if terms is None:
            return None
        terms[:] = [total(self._graph, terms)]
        return terms[0]


def _refine(node: Node, value: Value, grad: Value) -> None:
    try:
        grad.set_shape(value.shape)
    except ValueError as error:
        raise GraphError(f"op {node.op} ({node.name}): the gradient of {value.name}: {error}") from error


def _between(nodes: Sequence[Node], begin: Sequence[Node], ends: set[Node]) -> list[Node]:
    """The nodes from `begin` back to `ends`, over values that have gradients."""
    reached = set(ends)
    for node in nodes:
        if any(v.node in reached and is_trainable(v.dtype) for v in node.inputs):
            reached.add(node)
    found: dict[Node, None] = {}
    queue = deque(begin)
    while queue:
        node = queue.popleft()
        if node in reached and node not in found:
            found[node] = None
            queue.extend(v.node for v in node.inputs)
    return list(found)
