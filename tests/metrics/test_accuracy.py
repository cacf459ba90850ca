"""Accuracies: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestAccuracy(MetricTests):
    classes = (
        metrics.Accuracy,
        metrics.BinaryAccuracy,
        metrics.CategoricalAccuracy,
        metrics.SparseCategoricalAccuracy,
        metrics.SparseTopKCategoricalAccuracy,
        metrics.TopKCategoricalAccuracy,
    )


def test_sorted_ids_are_stated_where_they_are_asked_for() -> None:
    assert "from_sorted_ids" not in metrics.SparseTopKCategoricalAccuracy().get_config()
    assert metrics.SparseTopKCategoricalAccuracy(from_sorted_ids=True).get_config()["from_sorted_ids"] is True


def test_k_is_at_least_1() -> None:
    with pytest.raises(
        kerasfmt.KerasfmtError, match="option k: expected a whole number of at least 1, got 0"
    ):
        metrics.TopKCategoricalAccuracy(0)
