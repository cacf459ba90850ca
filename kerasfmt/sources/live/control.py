"""Branches and loops of a live Keras 3 layer's code as graph nodes.

The functions of the user's become functions of the graph. What they use of the code around them are further arguments:
its tensors, its unknown sizes, and the content of variables to which none of them assigns.

    cond, switch           If nodes, which every converter knows
    while_loop, fori_loop  a While node
    map, scan              a While node; rows come from lists of tensors, and results are collected in such lists
    associative_scan       a scan, which takes one element after the other

Source: keras/src/backend/tensorflow/core.py; keras/src/backend/jax/core.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import numpy as np

from kerasfmt import dtypes
from kerasfmt.errors import UnsupportedLayerError
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.ir.structure import flatten
from kerasfmt.nn.loops import collecting_loop
from kerasfmt.nn.shapes import as_value, dims_of
from kerasfmt.sources.live.events import Body, Event
from kerasfmt.sources.live.open_sizes import OpenArray, OpenSize
from kerasfmt.sources.live.script import Content, Input, Output

Place: TypeAlias = Input | Output | Content


class Steps(Protocol):
    """What runs the steps of code."""

    def value(self, value: Any) -> Value:
        """An argument of a step as a Value."""

    def open_size(self, symbol: int) -> Value:
        """The unknown size of a number, int32 ()."""

    def inside(self, graph: Builder, values: Mapping[Place, Value], sizes: Mapping[int, Value]) -> Steps:
        """What runs the steps of a function of the user's, in a function of its own."""

    def body(self, body: Body, inputs: Sequence[Value]) -> list[Value]:
        """What a function of the user's returns."""


class Around:
    """What functions of the user's use of the code around them.

    Args:
      replay: the steps around them.
      bodies: the functions.

    Attributes:
      values: the Values that they use, in the function under construction.
    """

    def __init__(self, replay: Steps, bodies: Sequence[Body]) -> None:
        self._replay = replay
        changed = assigned(bodies)
        used = list(dict.fromkeys(item for body in bodies for item in _used(body)))
        used = [item for item in used if not (isinstance(item, Content) and item.key in changed)]
        self._places = [item for item in used if not isinstance(item, int)]
        self._symbols = [item for item in used if isinstance(item, int)]
        self.values = [
            *map(replay.value, self._places),
            *(replay.open_size(symbol) for symbol in self._symbols),
        ]

    def run(self, body: Body, inputs: Sequence[Value], values: Sequence[Value]) -> list[Value]:
        """What a function returns, in the function of the graph that is under construction.

        Args:
          body: the function of the user's.
          inputs: its arguments.
          values: the arguments that stand for `values`.

        Raises:
          UnsupportedLayerError: a layer in it adds a loss.
        """
        graph = (*inputs, *values)[0].graph
        at = len(self._places)
        inside = self._replay.inside(
            graph,
            dict(zip(self._places, values[:at], strict=True)),
            dict(zip(self._symbols, values[at:], strict=True)),
        )
        return inside.body(body, inputs)


def assigned(bodies: Iterable[Body]) -> set[int]:
    """The ids of the variables to which functions assign."""
    events = [event for body in bodies for event in body.events]
    inner = [assigned(event.bodies) for event in events]
    return {id(event.target) for event in events if event.kind == "assign"}.union(*inner)


def _used(body: Body) -> list[Place | int]:
    """The places of other steps and the numbers of unknown sizes that a function uses, in order."""
    found: list[Place | int] = []
    own: set[int] = set()

    def walk(body: Body) -> None:
        own.add(body.number)
        for step in body.events:
            found.extend(_leaves([step.options, step.args, step.kwargs]))
            own.add(step.number)
            for inner in step.bodies:
                walk(inner)
        found.extend(_leaves(body.outputs))

    walk(body)
    return [item for item in found if not (isinstance(item, Output) and item.step in own)]


def _leaves(value: Any) -> Iterator[Place | int]:
    """The places in an argument, and the numbers of the unknown sizes."""
    if isinstance(value, Place):
        yield value
    elif isinstance(value, OpenSize):
        yield from (symbol for _, symbols in value.terms for symbol in symbols)
    elif isinstance(value, OpenArray):
        yield from _leaves([value.shape, value.first])
    elif isinstance(value, slice):
        yield from _leaves([value.start, value.stop, value.step])
    elif isinstance(value, Mapping):
        yield from _leaves(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)


def fitted(value: Value, spec: Spec) -> Value:
    """A value in the dtype of a Spec, and with its shape."""
    if value.dtype is not spec.dtype:
        value = ops.cast(value, spec.dtype)
    if value.shape != spec.shape:
        value.set_shape(spec.shape)
    return value


def control(replay: Steps, step: Event) -> list[Value]:
    """The outputs of a step that runs functions of the user's.

    Args:
      replay: the steps around it.
      step: the step.
    """
    return _KINDS[step.name](replay, step, [] if step.outputs is None else flatten(step.outputs))


# Branches.


def _branches(replay: Steps, step: Event, specs: Sequence[Spec]) -> list[Value]:
    choice, operands = step.args
    around = Around(replay, step.bodies)
    inputs = _fit(map(replay.value, operands), step.bodies[0].inputs)
    index = replay.value(choice)

    def run(body: Body, values: Sequence[Value]) -> list[Value]:
        found = around.run(body, values[1 : 1 + len(inputs)], values[1 + len(inputs) :])
        return [ops.identity(v) if v in values else v for v in _fit(found, specs)]

    def chosen(bodies: Sequence[Body], first: int, values: Sequence[Value]) -> list[Value]:
        if len(bodies) == 1:
            return run(bodies[0], values)
        half = len(bodies) // 2
        goes_left = ops.less(values[0], np.array(first + half, values[0].dtype.numpy))
        return ops.cond_list(
            goes_left,
            lambda *given: chosen(bodies[:half], first, given),
            lambda *given: chosen(bodies[half:], first + half, given),
            values,
        )

    if step.name == "switch":
        return chosen(step.bodies, 0, [index, *inputs, *around.values])
    if index.dtype is not dtypes.bool_:
        index = ops.not_equal(index, np.zeros((), index.dtype.numpy))
    true, false = step.bodies
    return ops.cond_list(
        index,
        lambda *given: run(true, given),
        lambda *given: run(false, given),
        [index, *inputs, *around.values],
    )


# Loops.


def _while_loop(replay: Steps, step: Event, specs: Sequence[Spec]) -> list[Value]:
    variables, maximum = step.args
    goes_on, body = step.bodies
    if not variables:
        raise UnsupportedLayerError("while_loop without loop variables is not supported")
    around = Around(replay, step.bodies)
    count = len(variables)
    return ops.while_loop(
        lambda *values: around.run(goes_on, values[:count], values[count:])[0],
        lambda *values: _fit(around.run(body, values[:count], values[count:]), specs),
        _fit(map(replay.value, variables), specs),
        around.values,
        None if maximum is None else ops.cast(replay.value(maximum), dtypes.int32),
    )


def _fori_loop(replay: Steps, step: Event, specs: Sequence[Spec]) -> list[Value]:
    lower, upper, init = step.args
    (body,) = step.bodies
    counter = body.inputs[0]
    first, last = (fitted(replay.value(bound), counter) for bound in (lower, upper))
    around = Around(replay, step.bodies)
    count = 1 + len(init)

    def run(*values: Value) -> list[Value]:
        found = _fit(around.run(body, values[:count], values[count + 1 :]), specs)
        return [ops.add(values[0], np.ones((), counter.dtype.numpy)), *found]

    found = ops.while_loop(
        lambda *values: ops.less(values[0], values[count]),
        run,
        [first, *_fit(map(replay.value, init), specs)],
        [last, *around.values],
    )
    return found[1:]


def _scan(replay: Steps, step: Event, specs: Sequence[Spec]) -> list[Value]:
    init, rows, count = step.args
    (body,) = step.bodies
    carry, stacked = specs[: len(init)], specs[len(init) :]
    around = Around(replay, step.bodies)
    wanted = [Spec((None, *(spec.shape or ())), spec.dtype) for spec in body.inputs[len(init) :]]
    tensors = [fitted(replay.value(x), spec) for x, spec in zip(rows, wanted, strict=True)]
    return _collected(
        lambda values, given: around.run(body, values, given),
        _fit(map(replay.value, init), carry),
        carry,
        tensors,
        stacked,
        around.values,
        replay.value(count),
        backwards=step.options["reverse"],
    )


def _collected(
    run: Callable[[Sequence[Value], Sequence[Value]], Sequence[Value]],
    state: Sequence[Value],
    carry: Sequence[Spec],
    rows: Sequence[Value],
    stacked: Sequence[Spec],
    invariants: Sequence[Value],
    count: Value,
    *,
    backwards: bool,
) -> list[Value]:
    """What a loop over rows carries in the end, and what it collects.

    Args:
      run: one step: from what is carried and the rows, and the invariants, to what is carried and collected.
      state: what the first step gets.
      carry: the Specs of that.
      rows: tensors (count, ...).
      stacked: the Specs of what is collected, (count, ...).
      invariants: further arguments, the same in each step.
      count: int32 (), the number of steps.
      backwards: whether the last row comes first.
    """
    items = [Spec((spec.shape or ())[1:], spec.dtype) for spec in stacked]
    lists = [ops.tensor_list_from_tensor(x) for x in rows]
    reserved = [ops.tensor_list_reserve(count, spec.shape, spec.dtype) for spec in items]
    elements = [(x.dims[1:], x.dtype) for x in rows]

    def at_place(
        place: Value, carried: Sequence[Value], rest: Sequence[Value]
    ) -> tuple[Sequence[Value], Sequence[Value]]:
        now = [
            ops.tensor_list_get_item(handle, place, shape, dtype)
            for handle, (shape, dtype) in zip(rest[: len(lists)], elements, strict=True)
        ]
        found = _fit(run([*carried, *now], rest[len(lists) :]), [*carry, *items])
        return found[: len(carried)], found[len(carried) :]

    after, filled = collecting_loop(
        at_place, state, reserved, [*lists, *invariants], count, backwards=backwards, name="while"
    )
    stacked_up = [
        ops.tensor_list_stack(x, item.shape, item.dtype, (spec.shape or ())[0])
        for x, item, spec in zip(filled, items, stacked, strict=True)
    ]
    return [*after, *stacked_up]


def _associative_scan(replay: Steps, step: Event, specs: Sequence[Spec]) -> list[Value]:
    """The first elements, and after each one what the function makes of the result so far and the next element."""
    (elements,), axes = step.args, step.options["axes"]
    (body,) = step.bodies
    one = body.inputs[: len(elements)]
    around = Around(replay, step.bodies)
    rows = []
    for element, spec, axis in zip(elements, specs, axes, strict=True):
        value = fitted(replay.value(element), spec)
        value = ops.reverse(value, [axis]) if step.options["reverse"] else value
        rank = len(value.dims)
        swapped = ops.transpose(value, [axis, *(a for a in range(rank) if a != axis)])
        rows.append(ops.expand_dims(swapped, 1 + axis))
    shapes = [x.shape for x in one]
    length = as_value(rows[0].graph, dims_of(rows[0])[0])
    first = [ops.getitem(x, slice(None, 1)) for x in rows]
    rest = [ops.getitem(x, slice(1, None)) for x in rows]
    begun = [fitted(_sum(x), Spec(shape, x.dtype)) for x, shape in zip(first, shapes, strict=True)]
    stacked = [Spec((None, *(spec.shape or ())), spec.dtype) for spec in one]

    def run(values: Sequence[Value], given: Sequence[Value]) -> list[Value]:
        found = _fit(around.run(body, values, given), one)
        return [*found, *found]

    steps = ops.maximum(ops.subtract(length, np.int32(1)), np.int32(0))
    found = _collected(run, begun, one, rest, stacked, around.values, steps, backwards=False)
    outputs = []
    for head, tail, axis in zip(first, found[len(one) :], axes, strict=True):
        joined = ops.squeeze(ops.concat([head, tail], 0), 1 + axis)
        rank = len(joined.dims)
        order = [*range(1, 1 + axis), 0, *range(1 + axis, rank)]
        value = ops.transpose(joined, order)
        outputs.append(ops.reverse(value, [axis]) if step.options["reverse"] else value)
    return outputs


def _sum(rows: Value) -> Value:
    """The only row of a tensor (1, ...); zeros of a tensor (0, ...)."""
    if rows.dtype is dtypes.bool_:
        return ops.reduce_any(rows, 0)
    return ops.reduce_sum(rows, 0)


def _fit(values: Iterable[Value], specs: Sequence[Spec]) -> list[Value]:
    return [fitted(value, spec) for value, spec in zip(values, specs, strict=True)]


_KINDS: Final[Mapping[str, Callable[[Any, Event, Sequence[Spec]], list[Value]]]] = {
    "cond": _branches,
    "switch": _branches,
    "while_loop": _while_loop,
    "fori_loop": _fori_loop,
    "scan": _scan,
    "map": _scan,
    "vectorized_map": _scan,
    "associative_scan": _associative_scan,
}
