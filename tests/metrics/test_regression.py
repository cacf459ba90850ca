"""Distances between numbers: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

import numpy as np
import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestRegression(MetricTests):
    classes = (
        metrics.ConcordanceCorrelation,
        metrics.CosineSimilarity,
        metrics.LogCoshError,
        metrics.MeanAbsoluteError,
        metrics.MeanAbsolutePercentageError,
        metrics.MeanRelativeError,
        metrics.MeanSquaredError,
        metrics.MeanSquaredLogarithmicError,
        metrics.PearsonCorrelation,
        metrics.R2Score,
        metrics.RootMeanSquaredError,
    )


def test_normalizers() -> None:
    assert metrics.MeanRelativeError(2).get_config()["normalizer"] == 2.0
    assert metrics.MeanRelativeError(np.array([0.5, 1])).get_config()["normalizer"] == [0.5, 1.0]
    half = metrics.MeanRelativeError([0.1], dtype="float16").get_config()["normalizer"]
    assert half == [float(np.float16(np.float32(0.1)))]
    for wrong in ("x", [float("nan")], None, [[1], [2, 3]]):
        with pytest.raises(kerasfmt.KerasfmtError, match="metric MeanRelativeError: option normalizer: "):
            metrics.MeanRelativeError(wrong)


def test_wrong_options_of_a_score() -> None:
    with pytest.raises(kerasfmt.KerasfmtError, match="option class_aggregation: expected one of"):
        metrics.R2Score("mean")
    with pytest.raises(kerasfmt.KerasfmtError, match="option num_regressors: expected at least 0, got -1"):
        metrics.R2Score(num_regressors=-1)
