"""The states of optax 0.2.8, named tuples of the same names and fields; conformance uses those of optax itself."""

from __future__ import annotations

from collections import namedtuple

import numpy as np

FactoredState = namedtuple("FactoredState", "count v_row v_col v")
ScaleByAdaDeltaState = namedtuple("ScaleByAdaDeltaState", "e_g e_x")
ScaleByAdamState = namedtuple("ScaleByAdamState", "count mu nu")
ScaleByAmsgradState = namedtuple("ScaleByAmsgradState", "count mu nu nu_max")
ScaleByLionState = namedtuple("ScaleByLionState", "count mu")
ScaleByRStdDevState = namedtuple("ScaleByRStdDevState", "mu nu")
ScaleByRmsState = namedtuple("ScaleByRmsState", "nu")
ScaleByRssState = namedtuple("ScaleByRssState", "sum_of_squares")
TraceState = namedtuple("TraceState", "trace")

EmptyState = namedtuple("EmptyState", "")
ScaleByScheduleState = namedtuple("ScaleByScheduleState", "count")
MaskedNode = namedtuple("MaskedNode", "")
MaskedState = namedtuple("MaskedState", "inner_state")
PartitionState = namedtuple("PartitionState", "inner_states")
InjectStatefulHyperparamsState = namedtuple(
    "InjectStatefulHyperparamsState", "count hyperparams hyperparams_states inner_state"
)
MultiStepsState = namedtuple(
    "MultiStepsState", "mini_step gradient_step inner_opt_state acc_grads skip_state"
)

AddNoiseState = namedtuple("AddNoiseState", "count rng_key")
ApplyIfFiniteState = namedtuple(
    "ApplyIfFiniteState", "notfinite_count last_finite total_notfinite inner_state"
)
LookaheadState = namedtuple("LookaheadState", "fast_state steps_since_sync")
ShampooState = namedtuple("ShampooState", "count stats")
WeightDecaySchedule = namedtuple("WeightDecaySchedule", "count")

SHAPES = {"kernel": (3, 4), "bias": (4,)}
PARAMS = {"kernel": np.zeros((3, 4), np.float32), "bias": np.zeros(4, np.float32)}
NAMES = {"kernel": "a/kernel", "bias": "a/bias"}


def tree(seed: int) -> dict[str, np.ndarray]:
    """Positive float32 arrays in the structure of the parameters."""
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.1, 1, shape).astype(np.float32) for name, shape in SHAPES.items()}


def count(steps: int) -> np.ndarray:
    """A count of optax: int32, without dimensions."""
    return np.asarray(steps, np.int32)


def adam(steps: int = 1000) -> ScaleByAdamState:
    """Adam's state after some steps."""
    return ScaleByAdamState(count(steps), tree(1), tree(2))
