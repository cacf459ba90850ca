"""What a state of optax holds: moments, counts, hyperparameters; and what Keras cannot keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.optimizers.optax.chain import read_chain
from tests.optimizers.optax import states
from tests.optimizers.optax.states import (
    EmptyState,
    InjectStatefulHyperparamsState,
    MaskedState,
    MultiStepsState,
    PartitionState,
    ScaleByRmsState,
    ScaleByScheduleState,
    TraceState,
    adam,
    count,
    tree,
)

EMPTY, TRACE, RMS = EmptyState(), TraceState(tree(1)), ScaleByRmsState(tree(2))
SCHEDULE = ScaleByScheduleState(count(5))


@pytest.mark.parametrize(
    "state",
    [
        adam(5),
        (adam(5), EMPTY),
        [EMPTY, ((adam(5), EMPTY), EMPTY), ()],
        {"clip": EMPTY, "adam": (adam(5), SCHEDULE)},
        MaskedState((adam(5), EMPTY)),
        PartitionState({"a": MaskedState((adam(5), EMPTY)), "b": MaskedState(EMPTY)}),
        InjectStatefulHyperparamsState(count(5), {}, {}, (adam(5), EMPTY)),
        MultiStepsState(count(1), count(5), (adam(5), EMPTY), tree(3), ()),
    ],
)
def test_moments_are_found_wherever_they_are(state: Any) -> None:
    found = read_chain(state)
    assert found.kinds == ("ScaleByAdamState",)
    assert set(found.counts.values()) == {5}


def test_what_stands_beside_the_moments() -> None:
    multi = MultiStepsState(count(1), count(5), (adam(5), EMPTY), tree(3), ())
    found = read_chain(multi)
    assert found.accumulation is multi
    assert not found.masked
    found = read_chain((adam(5), MaskedState(EMPTY)))
    assert found.masked
    assert found.accumulation is None
    rate = np.asarray(0.1, np.float32)
    assert read_chain(
        InjectStatefulHyperparamsState(count(5), {"learning_rate": rate}, {}, EMPTY)
    ).hyperparams == {"learning_rate": rate}


@pytest.mark.parametrize(
    ("state", "inside"),
    [
        ((TRACE, EMPTY), False),  # optax.sgd
        ((EMPTY, (TRACE, EMPTY)), False),
        ((TRACE, SCHEDULE), False),
        ((EMPTY, TRACE), True),
        ((SCHEDULE, TRACE), True),
        ((RMS, EMPTY, TRACE), True),  # optax.rmsprop
        ((EMPTY, (RMS, EMPTY, TRACE)), True),
        ((RMS, SCHEDULE, TRACE), True),
        ((RMS, TRACE, EMPTY), False),
        ((RMS, TRACE, SCHEDULE), False),
        (((TRACE,), (EMPTY,)), False),
        (((EMPTY,), (TRACE,)), True),
        ((adam(5), EMPTY), False),
    ],
)
def test_whether_the_rate_comes_before_the_trace(state: Any, inside: bool) -> None:
    assert read_chain(state).rate_in_trace() is inside


@pytest.mark.parametrize("state", [((EMPTY, TRACE), EMPTY), (TRACE, (RMS,))])
def test_where_the_rate_comes_is_not_guessed(state: Any) -> None:
    with pytest.raises(
        UnsupportedLayerError, match=r"give the part of the state that optax\.sgd or optax\.rmsprop"
    ):
        read_chain(state).rate_in_trace()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (states.AddNoiseState(count(1), tree(1)), "no optimizer of Keras keeps AddNoiseState, noise on gradients"),
        (states.LookaheadState(adam(), count(1)), "LookaheadState, lookahead with slow and fast parameters"),
        ((EMPTY, states.ShampooState(count(1), tree(1))), r"state\[1\]: no optimizer of Keras keeps ShampooState"),
        (states.WeightDecaySchedule(count(1)), "a decay of weights that follows a schedule"),
        (
            MaskedState(states.ApplyIfFiniteState(count(0), True, count(0), adam())),
            r"ApplyIfFiniteState, steps that .*; to go on without it, give state.inner_state.inner_state",
        ),
        (MultiStepsState(count(0), count(1), adam(1), tree(1), {"should_skip": True}), "give state.inner_opt_state"),
    ],
)  # fmt: skip
def test_what_keras_cannot_keep(state: Any, message: str) -> None:
    with pytest.raises(UnsupportedLayerError, match=message):
        read_chain(state)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (
            3,
            "state: expected a state of optax, got int; it is what `init` and `update` of the transformation return",
        ),
        ((EMPTY, None), r"state\[1\]: expected a state of optax, got NoneType"),
        (
            adam()._replace(count=np.zeros(2, np.int32)),
            r"expected one count, got an array of shape \(2,\); give the",
        ),
        (adam()._replace(count="5"), "ScaleByAdamState: expected a count, got str"),
    ],
)
def test_what_is_no_state(state: Any, message: str) -> None:
    with pytest.raises(InvalidModelError, match=message):
        read_chain(state)
