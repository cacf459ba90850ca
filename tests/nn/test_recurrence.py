"""A step over time: every way to go over the steps gives what a plain loop over arrays gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.graph import Builder, Function, Spec, Variable, ops
from kerasfmt.graph.run import run
from kerasfmt.nn.recurrence import Ran, Recurrence, Values

Array = np.ndarray[Any, Any]

BATCH, STEPS, SIZE = 3, 4, 2
RNG = np.random.default_rng(5)
INPUTS = RNG.normal(size=(BATCH, STEPS, SIZE)).astype(np.float32)
STATE = RNG.normal(size=(BATCH, SIZE)).astype(np.float32)
FACTOR = RNG.normal(size=(SIZE,)).astype(np.float32)
MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 0, 1]], bool)
WAYS = list(itertools.product((False, True), repeat=5))


def step(inputs: Values, states: Values, invariants: Values) -> tuple[Values, Values]:
    (x,), (total, count), (factor,) = inputs, states, invariants
    total = total * factor + x
    return [total + count], [total, count + 1.0]


def expected(way: Recurrence, mask: Array) -> tuple[Array, Array, Array, Array]:
    """The outputs of the last step and of all steps, and the states, one row after the other."""
    outputs, totals, counts = np.zeros_like(INPUTS), STATE.copy(), np.zeros((BATCH, 1), np.float32)
    for row in range(BATCH):
        before = np.zeros(SIZE, np.float32)
        for place in range(STEPS):
            time = STEPS - 1 - place if way.go_backwards else place
            here = mask[row, time]
            if here:
                totals[row] = totals[row] * FACTOR + INPUTS[row, time]
                before = totals[row] + counts[row]
                counts[row] += 1
            outputs[row, place] = before if here or not way.zero_output_for_mask else 0
    return outputs[:, -1], outputs, totals, counts


def traced(
    way: Recurrence, masked: bool, steps: int | None = None, rank: int = 2, dtype: dtypes.DType = dtypes.bool_
) -> Function:
    graph = Builder()
    lead = (steps, None) if way.time_major else (None, steps)
    x = graph.input(Spec((*lead, SIZE), dtypes.float32), "x")
    states = [graph.input(Spec((None, n), dtypes.float32), f"state_{n}") for n in (SIZE, 1)]
    factor = graph.input(Spec((SIZE,), dtypes.float32), "factor")
    mask = graph.input(Spec((*lead, 1)[:rank], dtype), "mask") if masked else None
    ran = way.run(step, [x], states, [factor], mask)
    assert (ran.outputs is None) is not way.return_all_outputs
    assert ran.last[0].shape == (None, SIZE)
    if ran.outputs is not None:
        assert ran.outputs[0].shape == x.shape
    return graph.finish([*ran.last, *(ran.outputs or ()), *ran.states])


def arrays(way: Recurrence, *sequences: Array) -> list[Array]:
    return [np.swapaxes(x, 0, 1) if way.time_major else x for x in sequences]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("flags", WAYS, ids=lambda flags: "".join("01"[f] for f in flags))
def test_every_way_to_go(flags: tuple[bool, ...], masked: bool) -> None:
    way = Recurrence(*flags)
    function = traced(way, masked, STEPS if way.unroll else None)
    given = arrays(way, INPUTS, MASK)
    counts = np.zeros((BATCH, 1), np.float32)
    found = run(function, [given[0], STATE, counts, FACTOR, *given[1 : 1 + masked]], {})
    last, outputs, *states = expected(way, MASK if masked else np.ones_like(MASK))
    wanted = [last, *(arrays(way, outputs) if way.return_all_outputs else ()), *states]
    for got, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)


@pytest.mark.parametrize(("rank", "dtype"), [(2, dtypes.float32), (3, dtypes.bool_), (3, dtypes.int32)])
def test_a_mask_of_other_numbers_and_with_an_axis_of_one(rank: int, dtype: dtypes.DType) -> None:
    way = Recurrence()
    mask = MASK.astype(dtype.numpy).reshape((BATCH, STEPS, 1)[:rank])
    given = [INPUTS, STATE, np.zeros((BATCH, 1), np.float32), FACTOR, mask]
    found = run(traced(way, True, rank=rank, dtype=dtype), given, {})
    np.testing.assert_allclose(found[1], expected(way, MASK)[1], rtol=1e-5)


def test_steps_that_are_unrolled_must_be_known() -> None:
    with pytest.raises(ValueError, match="it cannot be unrolled, as the number of steps is not known"):
        traced(Recurrence(unroll=True), False)


def test_outputs_of_unknown_size_cannot_be_masked() -> None:
    graph = Builder()
    x = graph.input(Spec((2, 3, None), dtypes.float32))
    state = graph.input(Spec((2, 1), dtypes.float32))
    with pytest.raises(ValueError, match="the shape of the outputs of a step is not known"):
        Recurrence().run(lambda x, s, _: (x, s), [x], [state], (), graph.constant(np.ones((2, 3), bool)))


@pytest.mark.parametrize("unroll", [False, True])
def test_several_sequences_and_outputs_of_several_axes(unroll: bool) -> None:
    graph = Builder()
    images = graph.input(Spec((2, 3, 4, 5), dtypes.float32))
    numbers = graph.input(Spec((2, 3, 1), dtypes.float16))
    mask = graph.constant(MASK[:2, :3])

    def step(inputs: Values, states: Values, invariants: Values) -> tuple[Values, Values]:
        image, number = inputs
        return [image + states[0], number], [states[0] + image]

    start = graph.constant(np.zeros((2, 4, 5), np.float32))
    ran = Recurrence(unroll=unroll).run(step, [images, numbers], [start], (), mask)
    assert ran.outputs is not None
    function = graph.finish([*ran.outputs, *ran.states])
    x = RNG.normal(size=(2, 3, 4, 5)).astype(np.float32)
    n = RNG.normal(size=(2, 3, 1)).astype(np.float16)
    sums, kept, total = run(function, [x, n], {})
    np.testing.assert_allclose(sums[0], x[0].cumsum(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(sums[1], [x[1, 0], x[1, 0], x[1, 0] + x[1, 2]], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(kept[1, :, 0], n[1, [0, 0, 2], 0])
    np.testing.assert_allclose(total[0], x[0].sum(0), rtol=1e-5, atol=1e-6)


def test_a_loop_reads_variables_in_each_step() -> None:
    graph = Builder()
    weight = Variable("weight", Spec((), dtypes.float32))

    def step(inputs: Values, states: Values, invariants: Values) -> tuple[Values, Values]:
        total = states[0] + ops.reduce_sum(inputs[0] * states[0].graph.read(weight), 1, keepdims=True)
        return [total], [total]

    x = graph.input(Spec((None, None, SIZE), dtypes.float32))
    ran = Recurrence(return_all_outputs=False).run(
        step, [x], [graph.constant(np.zeros((BATCH, 1), np.float32))]
    )
    assert isinstance(ran, Ran)
    function = graph.finish(ran.last)
    assert function.captured == (weight,)
    found = run(function, [INPUTS], {weight: np.float32(2)})[0]
    np.testing.assert_allclose(found[:, 0], 2 * INPUTS.sum((1, 2)), rtol=1e-5)
