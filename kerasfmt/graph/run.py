"""The interpreter: runs a Function in NumPy, node by node, exactly as it is written to disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from kerasfmt.errors import GraphError
from kerasfmt.graph.function import Function
from kerasfmt.graph.op import Op, find_op
from kerasfmt.graph.resource import Variable
from kerasfmt.graph.value import Node, Value

State = MutableMapping[Variable, Any]
"""The content of each variable, as an array; assignments replace entries."""


def run(function: Function, inputs: Sequence[Any], state: State) -> list[Any]:
    """The outputs of `function`, as arrays.

    Args:
      function: the function.
      inputs: one array per input of the function, of its dtype.
      state: content of every captured variable; updated by assignments.

    Raises:
      GraphError: wrong number of inputs, or an op without a kernel.
    """
    if len(inputs) != len(function.inputs):
        raise GraphError(
            f"function {function.name}: expected {len(function.inputs)} inputs, got {len(inputs)}"
        )
    values: dict[Value, Any] = dict(zip(function.inputs, inputs, strict=True))
    handles: Mapping[Value, Variable] = {handle: variable for variable, handle in function.captures}
    uses = Counter(v for node in function.nodes for v in node.inputs)
    uses.update(function.outputs)
    for node in function.nodes:
        results = _run_node(node, values, handles, state)
        values.update(zip(node.outputs, results, strict=True))
        for value in node.inputs:
            uses[value] -= 1
            if not uses[value]:
                values.pop(value, None)
    return [values[v] for v in function.outputs]


def _run_node(
    node: Node, values: dict[Value, Any], handles: Mapping[Value, Variable], state: State
) -> Sequence[Any]:
    if node.op in ("PartitionedCall", "StatefulPartitionedCall"):
        callee = node.attrs["f"]
        assert isinstance(callee, Function)
        return run(callee, [values[v] for v in node.inputs[: len(callee.inputs)]], state)

    if node.op in ("If", "StatelessIf"):
        branch = node.attrs["then_branch" if values[node.inputs[0]] else "else_branch"]
        assert isinstance(branch, Function)
        return run(branch, [values[v] for v in node.inputs[1 : 1 + len(branch.inputs)]], state)

    def content(value: Value) -> Any:
        return state[handles[value]] if value in handles else values[value]

    arguments = [
        tuple(content(v) for v in group) if isinstance(group, tuple) else content(group)
        for group in node.grouped_inputs()
    ]
    kernel = find_op(node.op).run
    if kernel is Op.run:
        raise GraphError(f"op {node.op} ({node.name}): kerasfmt has no kernel for it")
    results = kernel(node.attrs, *arguments)
    if node.op.startswith(("Assign", "ResourceScatter")):
        variable = handles[node.inputs[0]]
        state[variable] = np.asarray(results[0], dtype=variable.dtype.numpy)
        return []
    if node.op == "RngReadAndSkip":
        state[handles[node.inputs[0]]] = results[1]
        return results[:1]
    return results


class LazyState(dict[Variable, Any]):
    """A state that loads each variable when it is first read.

    Args:
      load: the content of a variable, as an array.
    """

    def __init__(self, load: Callable[[Variable], Any]) -> None:
        super().__init__()
        self._load = load

    def __missing__(self, variable: Variable) -> Any:
        value = self[variable] = self._load(variable)
        return value
