"""How often predictions are right.

Source: tf_keras/src/metrics/accuracy_metrics.py; keras/src/metrics/accuracy_metrics.py (3.x)
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from kerasfmt.ir import fields
from kerasfmt.ir.keras_facts import KerasFacts
from kerasfmt.metrics.metric import (
    OF_FUNCTION,
    TOTAL_AND_COUNT,
    MeanOfValues,
    Metric,
    MetricDType,
    Name,
    metric_dtype,
    metric_name,
)


class Accuracy(MeanOfValues):
    """How often predictions equal labels."""

    name: Name = metric_name("accuracy")


class BinaryAccuracy(MeanOfValues):
    """How often predictions are on the side of `threshold` that labels 0 and 1 say."""

    name: Name = metric_name("binary_accuracy")
    threshold: float = 0.5


class CategoricalAccuracy(MeanOfValues):
    """How often the likeliest class is that of one-hot labels."""

    name: Name = metric_name("categorical_accuracy")


class SparseCategoricalAccuracy(MeanOfValues):
    """How often the likeliest class is the label, a class number."""

    name: Name = metric_name("sparse_categorical_accuracy")


class TopKCategoricalAccuracy(Metric):
    """How often the class of one-hot labels is among the `k` likeliest."""

    state: ClassVar[tuple[str, ...]] = TOTAL_AND_COUNT
    also_tracked: ClassVar[tuple[str, ...]] = OF_FUNCTION
    config_order: ClassVar[tuple[str, ...]] = ("k",)
    k: int = fields.positive_integer(default=5)
    name: Name = metric_name("top_k_categorical_accuracy")
    dtype: MetricDType = metric_dtype()


class SparseTopKCategoricalAccuracy(Metric):
    """How often the label, a class number, is among the `k` likeliest.

    In Keras 3, predictions may be class numbers, sorted by probability: `from_sorted_ids`.
    """

    facts: ClassVar[KerasFacts] = replace(Metric.facts, implied_by_keras2={"from_sorted_ids": (False,)})
    state: ClassVar[tuple[str, ...]] = TOTAL_AND_COUNT
    also_tracked: ClassVar[tuple[str, ...]] = OF_FUNCTION
    config_order: ClassVar[tuple[str, ...]] = ("k", "from_sorted_ids")
    k: int = fields.positive_integer(default=5)
    name: Name = metric_name("sparse_top_k_categorical_accuracy")
    dtype: MetricDType = metric_dtype()
    from_sorted_ids: bool = fields.boolean(default=False, implied=True)
