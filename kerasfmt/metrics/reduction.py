"""Sums and means, of values or of what a function makes of labels and predictions.

Source: tf_keras/src/metrics/base_metric.py; keras/src/metrics/reduction_metrics.py (3.x)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.losses.wrapper import function_name, function_options, with_function_options
from kerasfmt.metrics.metric import (
    EARLIER,
    OF_FUNCTION,
    TOTAL_AND_COUNT,
    MeanOfValues,
    Metric,
    MetricDType,
    Name,
    NamedMetric,
    metric_dtype,
    metric_name,
)
from kerasfmt.typing import override


class Sum(NamedMetric):
    """The sum of values."""

    state: ClassVar[tuple[str, ...]] = ("total",)
    name: Name = metric_name("sum")


class Mean(MeanOfValues):
    """The mean of values."""

    also_tracked: ClassVar[tuple[str, ...]] = ()

    name: Name = metric_name("mean")


class SumOverBatchSize(MeanOfValues):
    """The sum of values over the number of rows; only Keras 2 has it."""

    also_tracked: ClassVar[tuple[str, ...]] = ()

    facts: ClassVar[KerasFacts] = EARLIER
    name: Name = metric_name("sum_over_batch_size")


def _sizes(value: Any) -> tuple[int, ...] | None:
    return None if value is None else tuple(fields.integers(minimum=0).convert(value))


class MeanTensor(NamedMetric):
    """The mean of tensors, element by element; only Keras 2 has it, whose config does not state the shape."""

    facts: ClassVar[KerasFacts] = EARLIER
    state: ClassVar[tuple[str, ...]] = TOTAL_AND_COUNT
    name: Name = metric_name("mean_tensor")
    shape: tuple[int, ...] | None = fields.option(default=None, convert=_sizes, stored=False)

    @override
    def state_shape(self) -> tuple[int, ...] | None:
        return self.shape


LOSS_KEYS = ("class_name", "config")


def _function(value: Any) -> Any:
    """The name of a function, or a loss as config: losses can be called too."""
    if isinstance(value, Mapping) and value.get("class_name") != "function":
        if not all(key in value for key in LOSS_KEYS):
            raise ValueError(f"expected a function or a loss, got {value!r:.80}")
        return dict(value)
    return function_name(value)


class MeanMetricWrapper(Metric):
    """The mean of what the function `fn` makes of labels and predictions, with `fn_options` as its arguments."""

    state: ClassVar[tuple[str, ...]] = TOTAL_AND_COUNT
    also_tracked: ClassVar[tuple[str, ...]] = OF_FUNCTION
    fn: str | Mapping[str, Any] = fields.option(convert=_function, stored=False)
    name: Name = metric_name()
    dtype: MetricDType = metric_dtype()
    fn_options: Mapping[str, Any] | None = function_options()

    @override
    def complete(self, given: dict[str, Any]) -> dict[str, Any]:
        """The options, with further ones as those of the function."""
        return super().complete(with_function_options(type(self), given))

    @override
    def get_config(self) -> dict[str, Any]:
        """The config in Keras 2's dialect, the function last."""
        return {**super().get_config(), **(self.fn_options or {}), "fn": self.fn}
