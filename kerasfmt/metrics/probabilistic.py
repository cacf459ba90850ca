"""Mean distances between distributions.

Source: tf_keras/src/metrics/probabilistic_metrics.py; keras/src/metrics/probabilistic_metrics.py (3.x)
"""

from __future__ import annotations

from kerasfmt.ir import fields
from kerasfmt.metrics.metric import MeanOfValues, Name, metric_name


class Poisson(MeanOfValues):
    """The mean of y_pred - y_true * log(y_pred)."""

    name: Name = metric_name("poisson")


class KLDivergence(MeanOfValues):
    """The mean Kullback-Leibler divergence."""

    name: Name = metric_name("kullback_leibler_divergence")


class BinaryCrossentropy(MeanOfValues):
    """The mean cross-entropy of labels 0 and 1."""

    name: Name = metric_name("binary_crossentropy")
    from_logits: bool = False
    label_smoothing: float = 0


class CategoricalCrossentropy(MeanOfValues):
    """The mean cross-entropy of one-hot labels."""

    name: Name = metric_name("categorical_crossentropy")
    from_logits: bool = False
    label_smoothing: float = 0
    axis: int = -1


class SparseCategoricalCrossentropy(MeanOfValues):
    """The mean cross-entropy of labels that are class numbers."""

    name: Name = metric_name("sparse_categorical_crossentropy")
    from_logits: bool = False
    ignore_class: int | None = fields.integer(default=None, optional=True)
    axis: int = -1
