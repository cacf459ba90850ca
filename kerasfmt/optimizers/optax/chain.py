"""What a state of optax holds, in the order of its chain.

A transformation without a state leaves an `EmptyState`: clipping, the decay of weights and a rate that is a number
leave no trace of what they are.

Source: optax/transforms/_combining.py, chain; optax/schedules/_inject.py, inject_hyperparams
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.optimizers.optax.pytrees import class_name, is_array, is_named_tuple

MOMENTS: Final = frozenset(
    {
        "FactoredState",
        "ScaleByAdaDeltaState",
        "ScaleByAdamState",
        "ScaleByAmsgradState",
        "ScaleByLionState",
        "ScaleByRStdDevState",
        "ScaleByRmsState",
        "ScaleByRssState",
        "TraceState",
    }
)
"""The states with moments that an optimizer of Keras keeps too."""

_TRACE: Final = "TraceState"

_UNSUPPORTED: Final[Mapping[str, str]] = {
    "AddNoiseState": "noise on gradients",
    "ApplyEvery": "gradients that are applied every few steps without an average",
    "ApplyIfFiniteState": "steps that are left out where gradients are not finite",
    "EmaState": "a moving average of the steps",
    "LookaheadState": "lookahead with slow and fast parameters",
    "ScaleByRStdDevWithCountState": "RMSprop with a correction of its bias",
    "ScaleByRmsWithCountState": "RMSprop with a correction of its bias",
    "WeightDecaySchedule": "a decay of weights that follows a schedule",
    "ZeroNansState": "zeros in place of gradients that are not numbers",
}
"""What some states mean, for the error."""


@dataclass
class Chain:
    """What was found in a state.

    Attributes:
      moments: the states with moments, in order.
      counts: where a count stands -> the number of steps.
      hyperparams: the numbers that `inject_hyperparams` keeps.
      scheduled: the number of moments that stand before the rate's schedule; None without a schedule.
      trace_is_last: whether the trace of momentum is the last of the chain that it stands in; None if it is alone.
      trace_is_followed: whether a transformation without moments comes after the trace.
      masked: whether a transformation without a state sees only some of the parameters.
      accumulation: the state of `MultiSteps`.
    """

    moments: list[Any] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    hyperparams: dict[str, Any] = field(default_factory=dict)
    scheduled: int | None = None
    trace_is_last: bool | None = None
    trace_is_followed: bool = False
    masked: bool = False
    accumulation: Any = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The class names of the states with moments."""
        return tuple(class_name(state) for state in self.moments)

    def rate_in_trace(self) -> bool:
        """Whether the trace of momentum is one of steps, not of gradients: whether the rate comes before it.

        Raises:
          UnsupportedLayerError: the chain does not show it.
        """
        if _TRACE not in self.kinds:
            return False
        if self.scheduled is not None:
            return self.scheduled <= self.kinds.index(_TRACE)
        if self.trace_is_last is self.trace_is_followed:
            raise UnsupportedLayerError(
                "from_optax: state: expected TraceState before or after the transformation with the learning rate; the "
                "chain does not show where that is, give the part of the state that optax.sgd or optax.rmsprop made"
            )
        return not self.trace_is_followed


def read_chain(state: Any) -> Chain:
    """What a state of optax holds.

    Raises:
      UnsupportedLayerError: a transformation has a state that no optimizer of Keras keeps.
      InvalidModelError: it is no state of optax.
    """
    found = Chain()
    _read(state, "state", found)
    return found


def _read(state: Any, where: str, found: Chain) -> None:
    name = class_name(state)
    if not is_named_tuple(state):
        _read_all(list(_parts(state, where)), found)
    elif name in MOMENTS:
        found.moments.append(state)
        if "count" in state._fields:
            _count(f"{where}: {name}", state.count, found)
    elif name == "EmptyState":
        found.trace_is_followed |= _TRACE in found.kinds
    elif name == "ScaleByScheduleState":
        found.scheduled = len(found.moments)
        _count(f"{where}: {name}", state.count, found)
    elif name == "MaskedState":
        before = len(found.moments)
        _read(state.inner_state, f"{where}.inner_state", found)
        found.masked |= len(found.moments) == before
    elif name in ("PartitionState", "MultiTransformState"):  # the second up to 0.2.3
        _read_all([(f"{where}.inner_states[{k!r}]", part) for k, part in state.inner_states.items()], found)
    elif name in ("InjectHyperparamsState", "InjectStatefulHyperparamsState"):
        found.hyperparams.update(state.hyperparams)
        _count(f"{where}: {name}", state.count, found)
        _read(state.inner_state, f"{where}.inner_state", found)
    elif name == "MultiStepsState" and found.accumulation is None and not _held(state.skip_state):
        found.accumulation = state
        _count(f"{where}: {name}", state.gradient_step, found)
        _read(state.inner_opt_state, f"{where}.inner_opt_state", found)
    else:
        raise _unsupported(state, where)


def _parts(state: Any, where: str) -> Iterable[tuple[str, Any]]:
    if isinstance(state, Mapping):
        return ((f"{where}[{key!r}]", part) for key, part in state.items())
    if isinstance(state, tuple | list):
        return ((f"{where}[{place}]", part) for place, part in enumerate(state))
    raise InvalidModelError(
        f"from_optax: {where}: expected a state of optax, got {type(state).__name__}; "
        "it is what `init` and `update` of the transformation return"
    )


def _read_all(parts: Sequence[tuple[str, Any]], found: Chain) -> None:
    for place, (where, part) in enumerate(parts, 1):
        _read(part, where, found)
        if class_name(part) == _TRACE and len(parts) > 1:
            found.trace_is_last = place == len(parts)


def _held(skip_state: Any) -> bool:
    """Whether `MultiSteps` leaves out some batches."""
    return skip_state != () and skip_state is not None


def _count(where: str, count: Any, found: Chain) -> None:
    if not is_array(count) and not isinstance(count, int):
        raise InvalidModelError(f"from_optax: {where}: expected a count, got {type(count).__name__}")
    if tuple(getattr(count, "shape", ())):
        raise InvalidModelError(
            f"from_optax: {where}: expected one count, got an array of shape {tuple(count.shape)}; "
            "give the state of one device"
        )
    found.counts[where] = int(count)


def _unsupported(state: Any, where: str) -> UnsupportedLayerError:
    name = class_name(state)
    meaning = _UNSUPPORTED.get(name)
    said = f"{name}, {meaning}" if meaning else name
    inner = next((part for part in state._fields if part in ("inner_state", "inner_opt_state")), None)
    advice = f"; to go on without it, give {where}.{inner}" if inner else ""
    return UnsupportedLayerError(f"from_optax: {where}: no optimizer of Keras keeps {said}{advice}")
