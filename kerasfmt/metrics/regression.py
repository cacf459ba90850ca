"""Mean distances between numbers, and how well they correlate.

Source: tf_keras/src/metrics/regression_metrics.py; keras/src/metrics/regression_metrics.py,
  correlation_metrics.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from kerasfmt import dtypes
from kerasfmt.ir import Weight, fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.metrics.metric import (
    EARLIER,
    LATER,
    TOTAL_AND_COUNT,
    MeanOfValues,
    Metric,
    MetricDType,
    Name,
    metric_dtype,
    metric_name,
    variable,
)
from kerasfmt.typing import override


class MeanSquaredError(MeanOfValues):
    """The mean of squared differences."""

    name: Name = metric_name("mean_squared_error")


class RootMeanSquaredError(MeanOfValues):
    """The square root of the mean of squared differences."""

    also_tracked: ClassVar[tuple[str, ...]] = ()

    name: Name = metric_name("root_mean_squared_error")


class MeanAbsoluteError(MeanOfValues):
    """The mean of absolute differences."""

    name: Name = metric_name("mean_absolute_error")


class MeanAbsolutePercentageError(MeanOfValues):
    """The mean of absolute differences, in percent of the labels."""

    name: Name = metric_name("mean_absolute_percentage_error")


class MeanSquaredLogarithmicError(MeanOfValues):
    """The mean of squared differences between logarithms."""

    name: Name = metric_name("mean_squared_logarithmic_error")


class LogCoshError(MeanOfValues):
    """The mean of the logarithm of the hyperbolic cosine of differences."""

    name: Name = metric_name("logcosh")


class CosineSimilarity(MeanOfValues):
    """The mean cosine of the angle between vectors along `axis`."""

    name: Name = metric_name("cosine_similarity")
    axis: int = -1


def _single(value: Any) -> Any:
    """Numbers in the single precision in which Keras keeps them."""
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"expected finite numbers, got {value!r}")
    return array.astype(np.float32).tolist()


class MeanRelativeError(Metric):
    """The mean of absolute differences, divided by `normalizer`; only Keras 2 has it."""

    facts: ClassVar[KerasFacts] = EARLIER
    state: ClassVar[tuple[str, ...]] = TOTAL_AND_COUNT
    config_order: ClassVar[tuple[str, ...]] = ("normalizer",)
    normalizer: Any = fields.option(convert=_single)
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()

    @override
    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect; the normalizer has the precision of the dtype."""
        kept = np.asarray(self.normalizer, dtypes.of(self.dtype).numpy).tolist()
        return {**super().get_config(), "normalizer": kept}


class R2Score(Metric):
    """The coefficient of determination."""

    state: ClassVar[tuple[str, ...]] = ("num_samples", "squared_sum", "sum", "residual", "count")
    second_names: ClassVar[Mapping[str, str]] = {"residual": "total_mse"}
    config_order: ClassVar[tuple[str, ...]] = ("class_aggregation", "num_regressors")
    class_aggregation: str | None = fields.choice(
        None, "uniform_average", "variance_weighted_average", default="uniform_average"
    )
    num_regressors: int = 0
    name: Name = metric_name("r2_score")
    dtype: MetricDType = metric_dtype()

    @override
    def validate(self) -> None:
        if self.num_regressors < 0:
            raise self.fail(f"option num_regressors: expected at least 0, got {self.num_regressors}")

    @override
    def variables(self) -> list[Weight]:
        """The number of samples, in any dtype of the metric an int32; the sums follow at the first update."""
        return [variable("num_samples", (), "int32")]


class PearsonCorrelation(MeanOfValues):
    """The mean correlation along `axis`; only Keras 3 has it."""

    facts: ClassVar[KerasFacts] = LATER
    name: Name = metric_name("pearson_correlation")
    axis: int = -1


class ConcordanceCorrelation(MeanOfValues):
    """The mean concordance along `axis`; only Keras 3 has it."""

    facts: ClassVar[KerasFacts] = LATER
    name: Name = metric_name("concordance_correlation")
    axis: int = -1
