"""F-scores: a mean of precision and recall.

Source: tf_keras/src/metrics/f_score_metrics.py; keras/src/metrics/f_score_metrics.py (3.x)
"""

from __future__ import annotations

from typing import Any, ClassVar

from kerasfmt.ir import fields
from kerasfmt.metrics.metric import Metric, MetricDType, Name, metric_dtype, metric_name
from kerasfmt.typing import override


def _threshold(value: Any) -> float | None:
    if value is not None and (not isinstance(value, float) or not 0 < value <= 1):
        raise ValueError(f"expected a float above 0 and up to 1, or None, got {value!r}")
    return value


def _beta(value: Any) -> float:
    if not isinstance(value, float) or not value > 0:
        raise ValueError(f"expected a float above 0, got {value!r}")
    return value


def _average() -> Any:
    return fields.choice(None, "micro", "macro", "weighted", default=None)


class FBetaScore(Metric):
    """The F-score in which recall counts `beta` times as much as precision."""

    state: ClassVar[tuple[str, ...]] = (
        "true_positives", "false_positives", "false_negatives", "intermediate_weights",
    )  # fmt: skip
    config_order: ClassVar[tuple[str, ...]] = ("average", "beta", "threshold")
    average: str | None = _average()
    beta: float = fields.option(default=1.0, convert=_beta)
    threshold: float | None = fields.option(default=None, convert=_threshold)
    name: Name = metric_name("fbeta_score")
    dtype: MetricDType = metric_dtype()

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        return None


class F1Score(Metric):
    """The F-score in which recall and precision count the same."""

    state: ClassVar[tuple[str, ...]] = FBetaScore.state
    config_order: ClassVar[tuple[str, ...]] = ("average", "threshold")
    average: str | None = _average()
    threshold: float | None = fields.option(default=None, convert=_threshold)
    name: Name = metric_name("f1_score")
    dtype: MetricDType = metric_dtype()

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        return None
