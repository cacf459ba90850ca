"""Hinge metrics.

Source: tf_keras/src/metrics/hinge_metrics.py; keras/src/metrics/hinge_metrics.py (3.x)
"""

from __future__ import annotations

from kerasfmt.metrics.metric import MeanOfValues, Name, metric_name


class Hinge(MeanOfValues):
    """The mean hinge loss."""

    name: Name = metric_name("hinge")


class SquaredHinge(MeanOfValues):
    """The mean of squared hinge losses."""

    name: Name = metric_name("squared_hinge")


class CategoricalHinge(MeanOfValues):
    """The mean hinge loss between the right class and the best wrong one."""

    name: Name = metric_name("categorical_hinge")
