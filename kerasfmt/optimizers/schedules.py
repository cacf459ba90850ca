"""Learning rates that follow a schedule: one class each, with typed options.

An optimizer takes one as its `learning_rate`. In files, it is a class name with a config.

Source: tf_keras/src/optimizers/schedules/learning_rate_schedule.py and
keras/src/optimizers/schedules/learning_rate_schedule.py (3.x)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from kerasfmt.families import FamilyTable
from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.ir.options import FrozenOptions
from kerasfmt.typing import override

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "LinearCosineDecay",
    "NoisyLinearCosineDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]

SCHEDULES = FamilyTable["type[LearningRateSchedule]"]()
"""The schedules by class name."""


class LearningRateSchedule(FrozenOptions):
    """Base of the schedules.

    Raises:
      UnsupportedLayerError: the schedule does not have an option, or an option cannot take its value.

    Example:
      >>> halving = kerasfmt.optimizers.schedules.ExponentialDecay(0.1, decay_steps=100, decay_rate=0.5)
      >>> kerasfmt.optimizers.Adam(halving).get_config()["learning_rate"]["class_name"]
      'ExponentialDecay'
    """

    category: ClassVar[str] = "schedule"
    facts: ClassVar[KerasFacts] = KerasFacts(module="keras.optimizers.schedules")

    @override
    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        SCHEDULES.enter(cls.__name__, cls)

    def entry(self) -> dict[str, Any]:
        """Class name and config, as a file states them."""
        return {"class_name": type(self).__name__, "config": self.get_config()}


def _numbers(value: Any) -> list[float]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"expected a list of numbers, got {value!r}")
    return [item if isinstance(item, int) else fields.number().convert(item) for item in value]


class ExponentialDecay(LearningRateSchedule):
    """The rate times a power of `decay_rate`."""

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name: str | None = fields.option(default=None)


class PiecewiseConstantDecay(LearningRateSchedule):
    """A rate for each interval between boundaries.

    Args:
      boundaries: the last steps of the intervals, but for the last interval.
      values: the rates, one more than there are boundaries.
    """

    boundaries: Sequence[float] = fields.option(convert=_numbers)
    values: Sequence[float] = fields.option(convert=_numbers)
    name: str | None = fields.option(default=None)

    @override
    def validate(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise self.fail(
                f"expected one value more than boundaries, got {len(self.values)} and {len(self.boundaries)}"
            )


class PolynomialDecay(LearningRateSchedule):
    """A polynomial from the first rate to the last."""

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float = 0.0001
    power: float = 1.0
    cycle: bool = False
    name: str | None = fields.option(default=None)


class InverseTimeDecay(LearningRateSchedule):
    """The rate divided by a number that grows with the steps."""

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float
    staircase: bool = False
    name: str | None = fields.option(default=None)


class CosineDecay(LearningRateSchedule):
    """A half wave of the cosine, after a linear warmup."""

    initial_learning_rate: float
    decay_steps: float
    alpha: float = 0.0
    name: str | None = fields.option(default=None)
    warmup_target: float | None = None
    warmup_steps: float = 0


class CosineDecayRestarts(LearningRateSchedule):
    """Half waves of the cosine, each longer and lower than the one before."""

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0
    name: str | None = fields.option(default=None)


class LinearCosineDecay(LearningRateSchedule):
    """A line times a cosine; only Keras 2 has it."""

    facts: ClassVar[KerasFacts] = replace(LearningRateSchedule.facts, absent_in=3)
    initial_learning_rate: float
    decay_steps: float
    num_periods: float = 0.5
    alpha: float = 0.0
    beta: float = 0.001
    name: str | None = fields.option(default=None)


class NoisyLinearCosineDecay(LearningRateSchedule):
    """A noisy line times a cosine; only Keras 2 has it."""

    facts: ClassVar[KerasFacts] = replace(LearningRateSchedule.facts, absent_in=3)
    initial_learning_rate: float
    decay_steps: float
    initial_variance: float = 1.0
    variance_decay: float = 0.55
    num_periods: float = 0.5
    alpha: float = 0.0
    beta: float = 0.001
    seed: int | None = None
    name: str | None = fields.option(default=None)
