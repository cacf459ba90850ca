"""Counts of right and wrong predictions at thresholds, and what follows from them.

Source: tf_keras/src/metrics/confusion_metrics.py; keras/src/metrics/confusion_metrics.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from kerasfmt.ir import fields
from kerasfmt.ir.fields import Field
from kerasfmt.metrics.metric import Metric, MetricDType, Name, metric_dtype, metric_name
from kerasfmt.typing import override

Thresholds: TypeAlias = Field[Any, float | Sequence[float] | None]
"""The type of the option `thresholds`."""

FOUR: tuple[str, ...] = ("true_positives", "true_negatives", "false_positives", "false_negatives")
"""The variables of the metrics that need all counts."""


def _thresholds(value: Any) -> Any:
    """A number from 0 to 1, a list of them, or None; a tuple becomes a list."""
    if value is None:
        return None
    convert = fields.fraction().convert
    return [convert(item) for item in value] if isinstance(value, list | tuple) else convert(value)


def thresholds() -> Any:
    """The option `thresholds`; None for 0.5."""
    return fields.option(default=None, convert=_thresholds)


def _optional_integer() -> Any:
    return fields.integer(default=None, optional=True)


class _AtThresholds(Metric, abstract=True):
    """Base of the metrics that count at each of `thresholds`."""

    @classmethod
    @override
    def tracked(cls, config: Mapping[str, Any]) -> tuple[str, ...]:
        stated = ("init_thresholds",) if isinstance(config.get("thresholds"), list | tuple) else ()
        return (*stated, "thresholds", *cls.state)

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        found = vars(self)["thresholds"]
        return (len(found) if isinstance(found, list) else 1,)


class _Count(_AtThresholds, abstract=True):
    """Base of the metrics that are one count."""

    state: ClassVar[tuple[str, ...]] = ("accumulator",)
    config_order: ClassVar[tuple[str, ...]] = ("thresholds",)
    thresholds: Thresholds = thresholds()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()


class FalsePositives(_Count):
    """The number of false positives."""


class FalseNegatives(_Count):
    """The number of false negatives."""


class TrueNegatives(_Count):
    """The number of true negatives."""


class TruePositives(_Count):
    """The number of true positives."""


class _Share(_AtThresholds, abstract=True):
    """Base of precision and recall."""

    config_order: ClassVar[tuple[str, ...]] = ("thresholds", "top_k", "class_id")
    thresholds: Thresholds = thresholds()
    top_k: int | None = _optional_integer()
    class_id: int | None = _optional_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()


class Precision(_Share):
    """The share of positive predictions that are right."""

    state: ClassVar[tuple[str, ...]] = ("true_positives", "false_positives")


class Recall(_Share):
    """The share of positive labels that are predicted."""

    state: ClassVar[tuple[str, ...]] = ("true_positives", "false_negatives")


class _AtValue(Metric, abstract=True):
    """Base of the metrics that are the best value of one measure where another has a given value."""

    state: ClassVar[tuple[str, ...]] = FOUR
    also_tracked: ClassVar[tuple[str, ...]] = ("thresholds",)

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        return (vars(self)["num_thresholds"],)


class SensitivityAtSpecificity(_AtValue):
    """The best sensitivity where the specificity is at least as given."""

    config_order: ClassVar[tuple[str, ...]] = ("class_id", "num_thresholds", "specificity")
    specificity: float = fields.fraction()
    num_thresholds: int = fields.positive_integer(default=200)
    class_id: int | None = _optional_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()


class SpecificityAtSensitivity(_AtValue):
    """The best specificity where the sensitivity is at least as given."""

    config_order: ClassVar[tuple[str, ...]] = ("class_id", "num_thresholds", "sensitivity")
    sensitivity: float = fields.fraction()
    num_thresholds: int = fields.positive_integer(default=200)
    class_id: int | None = _optional_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()


class PrecisionAtRecall(_AtValue):
    """The best precision where the recall is at least as given."""

    config_order: ClassVar[tuple[str, ...]] = ("class_id", "num_thresholds", "recall")
    recall: float = fields.fraction()
    num_thresholds: int = fields.positive_integer(default=200)
    class_id: int | None = _optional_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()


class RecallAtPrecision(_AtValue):
    """The best recall where the precision is at least as given."""

    config_order: ClassVar[tuple[str, ...]] = ("class_id", "num_thresholds", "precision")
    precision: float = fields.fraction()
    num_thresholds: int = fields.positive_integer(default=200)
    class_id: int | None = _optional_integer()
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
