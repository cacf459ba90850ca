"""Intersection over union: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestIoU(MetricTests):
    classes = (
        metrics.BinaryIoU,
        metrics.IoU,
        metrics.MeanIoU,
        metrics.OneHotIoU,
        metrics.OneHotMeanIoU,
    )


def test_classes_are_among_those_there_are() -> None:
    for made in (
        lambda: metrics.IoU(2, [0, 2]),
        lambda: metrics.BinaryIoU([2]),
        lambda: metrics.OneHotIoU(1, [1]),
    ):
        with pytest.raises(kerasfmt.KerasfmtError, match="option target_class_ids: expected numbers below"):
            made()
    with pytest.raises(
        kerasfmt.KerasfmtError, match="option num_classes: expected a whole number of at least 1"
    ):
        metrics.MeanIoU(0)
