"""How the interpreter runs a function: what does not depend on its arguments, worked out once.

The values of a function are numbered. The arguments come first, then the constants, then the outputs of the other
nodes. A run fills a list of as many slots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from kerasfmt.errors import GraphError
from kerasfmt.graph.function import Function
from kerasfmt.graph.op import Op, op_to_run
from kerasfmt.graph.value import Node, Value

Places: TypeAlias = "tuple[int | tuple[int, ...], ...]"


class Step(NamedTuple):
    """The run of one node.

    Attributes:
      node: the node.
      run: gives its outputs for a context and its operands.
      kernel: gives its outputs for its operands, where they need no context.
      operands: the slots of its operands; a tuple where the op takes a list.
      single: the same, where no operand is a list; else None.
      results: the slots of its outputs.
      done: the slots that no later step needs.
    """

    node: Node
    run: Callable[..., Sequence[Any]]
    kernel: Callable[..., Sequence[Any]] | None
    operands: Places
    single: tuple[int, ...] | None
    results: tuple[int, ...]
    done: tuple[int, ...]

    def gathered(self, slots: Sequence[Any]) -> list[Any]:
        """Its operands."""
        return [tuple([slots[i] for i in at]) if isinstance(at, tuple) else slots[at] for at in self.operands]


class Plan:
    """The steps of a function.

    Args:
      function: the function.

    Attributes:
      steps: all nodes but the constants, in order.
      outputs: the slots of the outputs.
    """

    def __init__(self, function: Function) -> None:
        self.arguments = len(function.parameters)
        places: dict[Value, int] = {value: place for place, value in enumerate(function.parameters)}
        constants = [node for node in function.nodes if op_to_run(node.op).is_constant]
        self._behind = [op_to_run(node.op).run(node.attrs)[0] for node in constants]
        for node in constants:
            places[node.outputs[0]] = len(places)
        kept = len(places)
        self.steps: list[Step] = []
        for node, last in zip(function.nodes, function.last_uses, strict=True):
            op = op_to_run(node.op)
            if op.is_constant:
                continue
            for value in node.outputs:
                places[value] = len(places)
            operands: Places = tuple(
                tuple(places[v] for v in group) if isinstance(group, tuple) else places[group]
                for group in node.grouped_inputs()
            )
            single = tuple(at for at in operands if isinstance(at, int))
            self.steps.append(
                Step(
                    node,
                    op.execute,
                    _kernel(op, node),
                    operands,
                    single if len(single) == len(operands) else None,
                    tuple(places[v] for v in node.outputs),
                    tuple(places[v] for v in last if places[v] >= kept or places[v] < self.arguments),
                )
            )
        self._behind += [None] * (len(places) - kept)
        self.outputs = tuple(places[v] for v in function.outputs)

    def begin(self, arguments: Sequence[Any]) -> list[Any]:
        """The slots before the first step.

        Raises:
          GraphError: there are more arguments than parameters, or fewer.
        """
        if len(arguments) != self.arguments:
            raise GraphError(f"expected {self.arguments} arguments, got {len(arguments)}")
        return [*arguments, *self._behind]


def step_of(node: Node) -> Step:
    """The run of one node whose operands are given to it, without slots."""
    op = op_to_run(node.op)
    return Step(node, op.execute, _kernel(op, node), (), None, (), ())


def _kernel(op: type[Op], node: Node) -> Callable[..., Sequence[Any]] | None:
    """The kernel of an op that has nothing but a kernel; one that leaves floating errors to the interpreter."""
    if op.overrides_execute() or op.run is Op.run:
        return None
    return partial(vars(op.run).get("quiet", op.run), node.attrs)


_PLANS: WeakKeyDictionary[Function, Plan] = WeakKeyDictionary()


def plan_of(function: Function) -> Plan:
    """The plan of a function, which is made when it first runs."""
    plan = _PLANS.get(function)
    if plan is None:
        plan = _PLANS[function] = Plan(function)
    return plan
