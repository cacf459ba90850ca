"""Sums and means: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestReduction(MetricTests):
    classes = (
        metrics.Mean,
        metrics.MeanMetricWrapper,
        metrics.MeanTensor,
        metrics.Sum,
        metrics.SumOverBatchSize,
    )
    not_exported = (metrics.SumOverBatchSize,)


def test_a_wrapper_takes_functions_by_name_or_description_and_losses() -> None:
    described = {
        "module": "builtins",
        "class_name": "function",
        "config": "hinge",
        "registered_name": "hinge",
    }
    assert metrics.MeanMetricWrapper(described, "h") == metrics.MeanMetricWrapper("hinge", "h")
    huber = {"class_name": "Huber", "config": {"delta": 0.5}}
    assert metrics.MeanMetricWrapper(huber, "h").get_config()["fn"] == huber
    for wrong in (None, {"class_name": "Huber"}, 3):
        with pytest.raises(kerasfmt.KerasfmtError, match="metric MeanMetricWrapper: option fn: expected"):
            metrics.MeanMetricWrapper(wrong)  # type: ignore[arg-type]


def test_options_of_the_function_stand_before_it() -> None:
    made = metrics.MeanMetricWrapper("binary_accuracy", "wide", threshold=0.25)  # type: ignore[call-arg]
    assert made == metrics.MeanMetricWrapper("binary_accuracy", "wide", fn_options={"threshold": 0.25})
    assert list(made.get_config()) == ["name", "dtype", "threshold", "fn"]


def test_the_shape_of_a_mean_of_tensors() -> None:
    assert metrics.MeanTensor().variables() == []
    assert [weight.shape for weight in metrics.MeanTensor(shape=[2]).variables()] == [(2,), (2,)]
    with pytest.raises(
        kerasfmt.KerasfmtError, match="metric MeanTensor: option shape: expected a list of integers"
    ):
        metrics.MeanTensor(shape=3)  # type: ignore[arg-type]
