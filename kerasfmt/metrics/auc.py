"""The area under a curve of two measures.

Source: tf_keras/src/metrics/confusion_metrics.py, AUC; tf_keras/src/utils/metrics_utils.py, AUCCurve and
  AUCSummationMethod; keras/src/metrics/confusion_metrics.py, AUC (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

import numpy as np

from kerasfmt import dtypes
from kerasfmt.ir import fields
from kerasfmt.metrics.confusion import FOUR
from kerasfmt.metrics.metric import Metric, MetricDType, Name, metric_dtype, metric_name
from kerasfmt.typing import override

CURVES: Final[Mapping[str, str]] = {
    "roc": "ROC", "ROC": "ROC", "pr": "PR", "PR": "PR",
    "pr_gain": "PR_GAIN", "prgain": "PR_GAIN", "PR_GAIN": "PR_GAIN", "PRGAIN": "PR_GAIN",
}  # fmt: skip
"""What each spelling of a curve becomes in a config."""


def _curve(value: Any) -> str:
    if not isinstance(value, str) or value not in CURVES:
        raise ValueError(f"expected one of {', '.join(CURVES)}, got {value!r}")
    return CURVES[value]


def _sorted(value: Any) -> list[float] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise ValueError(f"expected a list of numbers from 0 to 1, got {value!r}")
    return sorted(float(fields.fraction().convert(item)) for item in value)


def _weights(value: Any) -> list[float] | None:
    """Numbers in the single precision in which Keras keeps them."""
    if value is None:
        return None
    array = np.asarray(value)
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all() or (array < 0).any():
        raise ValueError(f"expected numbers of at least 0, got {value!r}")
    found: list[float] = array.astype(np.float32).tolist()
    return found


class AUC(Metric):
    """The area under the curve ROC, PR or PR_GAIN, from counts at thresholds.

    Where `multi_label` is true, it counts label by label; how many labels there are is known after the first update, or
    from `num_labels`.
    """

    state: ClassVar[tuple[str, ...]] = FOUR
    config_order: ClassVar[tuple[str, ...]] = (
        "num_thresholds", "curve", "summation_method", "multi_label", "num_labels", "label_weights", "from_logits",
        "thresholds",
    )  # fmt: skip
    num_thresholds: int = fields.positive_integer(default=200)
    curve: str = fields.option(default="ROC", convert=_curve)
    summation_method: str = fields.choice("interpolation", "majoring", "minoring", default="interpolation")
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
    thresholds: Sequence[float] | None = fields.option(default=None, convert=_sorted, implied=True)
    multi_label: bool = False
    num_labels: int | None = fields.integer(default=None, optional=True)
    label_weights: Sequence[float] | None = fields.option(default=None, convert=_weights)
    from_logits: bool = False

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options; the thresholds say how many there are, with one below 0 and one above 1."""
        given = super().complete(given)
        own = given.get("thresholds")
        return given if not isinstance(own, list | tuple) else {**given, "num_thresholds": len(own) + 2}

    @override
    def validate(self) -> None:
        if self.num_thresholds < 2:
            raise self.fail(f"option num_thresholds: expected at least 2, got {self.num_thresholds}")
        if self.num_labels and not self.multi_label:
            raise self.fail("option num_labels: it has a meaning only where multi_label is True")

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        if not self.multi_label:
            return (self.num_thresholds,)
        return (self.num_thresholds, self.num_labels) if self.num_labels else None

    @override
    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect; the weights have the precision of the dtype."""
        config = super().get_config()
        if self.label_weights is not None:
            kept = np.asarray(self.label_weights, dtypes.of(self.dtype).numpy)
            config["label_weights"] = kept.tolist()
        return config
