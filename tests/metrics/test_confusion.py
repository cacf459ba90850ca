"""Counts at thresholds: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestConfusion(MetricTests):
    classes = (
        metrics.FalseNegatives,
        metrics.FalsePositives,
        metrics.Precision,
        metrics.PrecisionAtRecall,
        metrics.Recall,
        metrics.RecallAtPrecision,
        metrics.SensitivityAtSpecificity,
        metrics.SpecificityAtSensitivity,
        metrics.TrueNegatives,
        metrics.TruePositives,
    )


def test_what_lies_outside_of_0_and_1_is_refused() -> None:
    for made in (
        lambda: metrics.Precision(1.5),
        lambda: metrics.TruePositives([0.5, -1]),
        lambda: metrics.PrecisionAtRecall(2),
        lambda: metrics.SensitivityAtSpecificity(-0.1),
    ):
        with pytest.raises(kerasfmt.KerasfmtError, match=r"expected a value in \[0, 1\]"):
            made()
    with pytest.raises(
        kerasfmt.KerasfmtError, match="option num_thresholds: expected a whole number of at least 1"
    ):
        metrics.RecallAtPrecision(0.5, num_thresholds=0)


def test_a_tuple_of_thresholds_is_a_list() -> None:
    assert metrics.Recall((0.1, 0.2)).get_config()["thresholds"] == [0.1, 0.2]
