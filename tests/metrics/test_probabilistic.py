"""Distances between distributions: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestProbabilistic(MetricTests):
    classes = (
        metrics.BinaryCrossentropy,
        metrics.CategoricalCrossentropy,
        metrics.KLDivergence,
        metrics.Poisson,
        metrics.SparseCategoricalCrossentropy,
    )
