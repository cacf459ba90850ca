"""Hinge metrics: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestHinge(MetricTests):
    classes = (
        metrics.Hinge,
        metrics.SquaredHinge,
        metrics.CategoricalHinge,
    )
