"""Recurrence: a step over the time axis of sequences, unrolled or as a loop.

Source: tf_keras/src/backend.py, rnn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from kerasfmt import limits
from kerasfmt.graph import Builder, Spec, Value, ops
from kerasfmt.nn.shapes import packed

Values: TypeAlias = Sequence[Value]
Step: TypeAlias = Callable[[Values, Values, Values], tuple[Values, Values]]
"""One step: from its inputs (batch, ...), the states before it (batch, ...) and what is the same in each step to its
outputs and the states after it. It is called several times, in several functions."""


class Ran(NamedTuple):
    """What comes of a recurrence.

    Attributes:
      last: the outputs of the last step, (batch, ...).
      outputs: the outputs of all steps, (batch, steps, ...); None if only the last ones are wanted.
      states: the states after the last step.
    """

    last: Values
    outputs: Values | None
    states: Values


@dataclass(frozen=True)
class Recurrence:
    """How a step goes over the time axis.

    Attributes:
      go_backwards: whether the last step comes first.
      unroll: whether each step has nodes of its own; the number of steps must be known then.
      time_major: whether inputs, mask and outputs are (steps, batch, ...) instead of (batch, steps, ...).
      zero_output_for_mask: whether the output of a masked step is zero instead of the output of the step before.
      return_all_outputs: whether the outputs of all steps are wanted.
    """

    go_backwards: bool = False
    unroll: bool = False
    time_major: bool = False
    zero_output_for_mask: bool = False
    return_all_outputs: bool = True

    def run(
        self, step: Step, inputs: Values, states: Values, invariants: Values = (), mask: Value | None = None
    ) -> Ran:
        """The outputs, and the states after the last step.

        A masked step keeps the states of the step before. It keeps the outputs too, or they are zero.

        Args:
          step: one step.
          inputs: the sequences, (batch, steps, ...).
          states: the states before the first step, (batch, ...).
          invariants: what every step gets beside its inputs and states.
          mask: bool (batch, steps) or (batch, steps, 1), false for the steps that are masked.

        Raises:
          ValueError: the steps are to be unrolled, and their number is not known.
        """
        if mask is not None:
            mask = mask if mask.dtype.name == "bool" else ops.cast(mask, "bool")
            mask = ops.expand_dims(mask, -1) if mask.rank == 2 else mask
        sequences = [
            x if self.time_major else _swapped(x) for x in (*inputs, *([] if mask is None else [mask]))
        ]
        run = self._unrolled if self.unroll else self._loop
        ran = run(step, sequences, len(inputs), states, invariants)
        if not self.return_all_outputs:
            return ran._replace(outputs=None)
        if self.time_major or ran.outputs is None:
            return ran
        return ran._replace(outputs=[_swapped(y) for y in ran.outputs])

    def _unrolled(self, step: Step, sequences: Values, count: int, states: Values, invariants: Values) -> Ran:
        steps = sequences[0].dims[0]
        if not steps:
            raise ValueError("it cannot be unrolled, as the number of steps is not known")
        limits.spend(limits.NODE_COST * steps, sequences[0].graph.name)
        columns = [ops.unpack(x) for x in sequences]
        results: list[Values] = []
        masks: list[Value] = []
        for i in range(steps):
            now = [column[steps - 1 - i if self.go_backwards else i] for column in columns]
            output, after = step(now[:count], states, invariants)
            if now[count:]:
                before = results[-1] if results else [ops.zeros_like(y) for y in output]
                output, after = _masked(now[count], output, before), _masked(now[count], after, states)
                masks.append(now[count])
            results.append(output)
            states = after
        if masks and self.zero_output_for_mask:
            results = [
                _masked(m, y, [ops.zeros_like(v) for v in y]) for m, y in zip(masks, results, strict=True)
            ]
        return Ran(results[-1], [ops.pack(list(by_step)) for by_step in zip(*results, strict=True)], states)

    def _loop(self, step: Step, sequences: Values, count: int, states: Values, invariants: Values) -> Ran:
        graph = sequences[0].graph
        rows = [Spec(x.dims[1:], x.dtype) for x in sequences]
        made = _output_specs(step, rows[:count], states, invariants)
        keeps = len(rows) > count and not self.zero_output_for_mask
        steps = ops.getitem(ops.shape(sequences[0]), 0)
        size = steps if self.return_all_outputs else graph.constant(1)
        lists = [
            ops.tensor_list_from_tensor(ops.reverse(x, [0]) if self.go_backwards else x) for x in sequences
        ]
        written = [ops.tensor_list_reserve(size, spec.shape, spec.dtype) for spec in made]
        before = [_zeros(spec, sequences[0]) for spec in made] if keeps else []

        def body(time: Value, *values: Value) -> list[Value]:
            written, before, old, lists, fixed = _parts(values, parts)
            now = [
                ops.tensor_list_get_item(x, time, row.shape, row.dtype)
                for x, row in zip(lists[1:], rows, strict=True)
            ]
            output, after = step(now[:count], old, fixed)
            if now[count:]:
                output = _masked(now[count], output, before or [ops.zeros_like(y) for y in output])
                after = _masked(now[count], after, old)
            place = time if self.return_all_outputs else 0
            results = [ops.tensor_list_set_item(x, place, y) for x, y in zip(written, output, strict=True)]
            return [time + 1, *results, *(output if keeps else ()), *after]

        parts = [len(written), len(before), len(states), 1 + len(lists), len(invariants)]
        found = ops.while_loop(
            lambda time, *values: ops.less(time, _parts(values, parts)[3][0]),
            body,
            [graph.constant(0), *written, *before, *states],
            [steps, *lists, *invariants],
            parallel_iterations=32,
        )
        filled, _, states = _parts(found[1:], parts[:3])
        known = sequences[0].dims[0] if self.return_all_outputs else 1
        outputs = [
            ops.tensor_list_stack(x, spec.shape, spec.dtype, known)
            for x, spec in zip(filled, made, strict=True)
        ]
        return Ran([ops.getitem(y, -1) for y in outputs], outputs, states)


def _parts(values: Values, sizes: Sequence[int]) -> list[Values]:
    """The values in parts of these sizes."""
    ends = np.cumsum(sizes)
    return [values[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def _swapped(x: Value) -> Value:
    """The value with its first two axes swapped."""
    return ops.transpose(x, [1, 0, *range(2, x.rank)])


def _output_specs(step: Step, inputs: Sequence[Spec], states: Values, invariants: Values) -> list[Spec]:
    """The Specs of the outputs of one step, from a function that is thrown away."""
    graph = Builder("step")
    given = [[graph.input(v.spec) for v in values] for values in (states, invariants)]
    output, _ = step([graph.input(spec) for spec in inputs], *given)
    return [v.spec for v in output]


def _zeros(spec: Spec, sequence: Value) -> Value:
    """Zeros of the shape of an output; a batch that is not known is the one of the sequence (steps, batch, ...)."""
    batch, *sizes = spec.shape or ()
    if None in sizes:
        raise ValueError(f"the shape of the outputs of a step is not known: {spec.shape}")
    known = [size for size in sizes if size is not None]
    first = ops.getitem(ops.shape(sequence), 1) if batch is None else batch
    return ops.fill(packed([first, *known], sequence), np.zeros((), spec.dtype.numpy))


def _masked(mask: Value, new: Values, old: Values) -> list[Value]:
    """`new` where the mask (batch, 1) is true, else `old`."""
    found = []
    for a, b in zip(new, old, strict=True):
        wide = mask
        for _ in range(a.rank - mask.rank):
            wide = ops.expand_dims(wide, -1)
        found.append(ops.where(wide, a, b))
    return found
