"""Binding: a decoded function takes all its arguments as inputs; a bound one captures the last of them.

Source: tensorflow/python/saved_model/function_deserialization.py, setup_bare_concrete_function
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

from kerasfmt import dtypes
from kerasfmt.errors import GraphError
from kerasfmt.graph import Capture, Function, Node, Value
from kerasfmt.graph.op import Effect, known_op

_PASSING: Final = frozenset({"Identity", "IdentityN", "While", "StatelessWhile"})
"""The ops whose outputs that are handles are the inputs at the same places."""


def bind(function: Function, captured: Sequence[Capture]) -> Function:
    """The function with what it captures in place of its last inputs.

    Args:
      function: a decoded function.
      captured: what it captures, in the order of its arguments.

    Raises:
      GraphError: it takes fewer arguments, or one of another dtype.
    """
    count = len(function.inputs) - len(captured)
    if count < 0:
        raise GraphError(
            f"function {function.name}: expected {len(captured)} arguments for what it captures, got "
            f"{len(function.inputs)} arguments"
        )
    arguments = function.inputs[count:]
    for value, capture in zip(arguments, captured, strict=True):
        if value.dtype is not capture.argument.dtype:
            raise GraphError(
                f"function {function.name}: argument {value.node.name}: expected {value.dtype.name}, got "
                f"{capture.argument.dtype.name} ({capture.name})"
            )
    written = written_places(function)
    return replace(
        function,
        inputs=function.inputs[:count],
        input_names=function.input_names[:count],
        captures=tuple(zip(captured, arguments, strict=True)),
        written=frozenset(c for place, c in enumerate(captured, count) if place in written),
    )


_WRITTEN: WeakKeyDictionary[Function, frozenset[int]] = WeakKeyDictionary()


def written_places(function: Function) -> frozenset[int]:
    """The places, among the arguments of a function, of the handles whose content it changes."""
    found = _WRITTEN.get(function)
    if found is None:
        found = _WRITTEN[function] = _find_written(function)
    return found


def _find_written(function: Function) -> frozenset[int]:
    parameters = enumerate(function.parameters)
    places: dict[Value, int] = {value: place for place, value in parameters if value.dtype is dtypes.resource}
    found: set[int] = set()
    for node in function.nodes:
        handles = {at: places[value] for at, value in enumerate(node.inputs) if value in places}
        if not handles:
            continue
        found.update(handles[at] for at in _written_inputs(node) if at in handles)
        if node.op in _PASSING:
            places.update({value: handles[at] for at, value in enumerate(node.outputs) if at in handles})
    return frozenset(found)


def _written_inputs(node: Node) -> set[int]:
    """The places, among the inputs of a node, of what it changes if that is a handle."""
    op = known_op(node.op)
    if op is not None and op.effect is Effect.WRITES:
        return set(range(len(node.inputs)))
    found: set[int] = set()
    callees = [node.attrs[attr] for attr in node.op_def.callees]
    for callee in (each for each in callees if isinstance(each, Function)):
        before = len(node.inputs) - len(callee.parameters)  # what selects a branch
        found.update(before + place for place in written_places(callee))
    return found
