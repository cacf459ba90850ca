"""Loops: `while_loop` makes a While node of two Python functions.

The first two operands of the node are a counter and the greatest number of iterations, as TensorFlow's gradient of
a loop expects. The operands of the caller follow, then the values that no iteration changes, then what the functions
capture. Condition and body have the same arguments. The body hands on what no iteration changes.

Source: tensorflow/python/ops/while_v2.py, while_loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph.builder import Builder
from kerasfmt.graph.emit import emit
from kerasfmt.graph.function import Function
from kerasfmt.graph.ops.math import add, less, logical_and
from kerasfmt.graph.ops.shape_values import constant_value
from kerasfmt.graph.resource import Capture
from kerasfmt.graph.spec import Spec
from kerasfmt.graph.value import Value

_COUNTER = Spec((), dtypes.int32, "loop_counter")
_MAXIMUM = Spec((), dtypes.int32, "maximum_iterations")


def while_loop(
    condition: Callable[..., Value],
    body: Callable[..., Sequence[Value]],
    operands: Sequence[Value],
    invariants: Sequence[Value] = (),
    maximum_iterations: Value | int | None = None,
    parallel_iterations: int = 10,
    name: str = "while",
) -> list[Value]:
    """The operands after as many iterations as `condition` holds for.

    Condition and body become functions. They may read and assign variables; other values of the caller's graph must be
    operands or invariants.

    Args:
      condition: gives a bool () for the operands and the invariants.
      body: gives the next operands, of the same dtypes, for the operands and the invariants.
      operands: what the first iteration gets, at least one.
      invariants: further arguments, the same in each iteration.
      maximum_iterations: int32 (), the greatest number of iterations; None or -1 for no bound.
      parallel_iterations: how many iterations TensorFlow may run at once.
      name: name of the node, and the stem of the names of the two functions.

    Raises:
      GraphError: the body gives another number of values, or other dtypes.

    Source: tf.while_loop.
    """
    graph = operands[0].graph
    bound = maximum_iterations
    if not isinstance(bound, Value):
        bound = graph.constant(-1 if bound is None else bound, dtypes.int32)
    specs = [_COUNTER, _MAXIMUM]
    specs += [v.spec.with_name(f"placeholder_{i}" if i else "placeholder") for i, v in enumerate(operands)]
    specs += [v.spec.with_name(v.node.name) for v in invariants]
    step = _Step(name, specs, len(operands))
    captures: tuple[Capture, ...] = ()
    while True:
        made_body = step.body(body, captures)
        made_condition = step.condition(condition, made_body.captured, bounded=_is_bounded(bound))
        if made_condition.captured == made_body.captured:
            break
        captures = made_condition.captured
    handles = [graph.capture(c) for c in made_body.captured]
    stateful = made_body.stateful or made_condition.stateful
    outputs = emit(
        "While" if stateful else "StatelessWhile",
        [graph.constant(0, dtypes.int32), bound, *operands, *invariants, *handles],
        name=name,
        cond=made_condition,
        body=made_body,
        parallel_iterations=parallel_iterations,
        output_shapes=[v.shape for v in made_body.outputs],
    )
    return list(outputs[2 : 2 + len(operands)])


def _is_bounded(maximum: Value) -> bool:
    known = constant_value(maximum)
    return known is None or int(known) >= 0


class _Step:
    """Makes the condition and the body of a loop.

    Args:
      name: the name of the loop.
      specs: of the counter, the bound, the operands and the invariants.
      carried: the number of operands.
    """

    def __init__(self, name: str, specs: Sequence[Spec], carried: int) -> None:
        self._name = name
        self._specs = specs
        self._carried = carried

    def _begun(self, part: str, captures: Sequence[Capture]) -> tuple[Builder, list[Value]]:
        graph = Builder(f"{self._name}_{part}")
        values = [graph.input(spec) for spec in self._specs]
        for captured in captures:
            graph.capture(captured)
        return graph, values

    def body(self, body: Callable[..., Sequence[Value]], captures: Sequence[Capture]) -> Function:
        graph, (counter, maximum, *values) = self._begun("body", captures)
        results = list(body(*values))
        wanted = [spec.dtype.name for spec in self._specs[2 : 2 + self._carried]]
        if [v.dtype.name for v in results] != wanted:
            found = [v.dtype.name for v in results]
            raise GraphError(f"function {graph.name}: its outputs are {found}, expected {wanted}")
        handed_on = [*values[self._carried :], *graph.captured_handles]
        outputs = [add(counter, 1), maximum, *results, *handed_on]
        return graph.finish(outputs, handed_on=len(handed_on))

    def condition(
        self, condition: Callable[..., Value], captures: Sequence[Capture], *, bounded: bool
    ) -> Function:
        graph, (counter, maximum, *values) = self._begun("cond", captures)
        goes_on = condition(*values)
        return graph.finish([logical_and(less(counter, maximum), goes_on) if bounded else goes_on])
