"""What every metric has: its place in the table, its name and its dtype."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import kerasfmt
from kerasfmt import metrics
from kerasfmt.metrics.metric import METRIC_CLASSES, find_metric
from tests.losses.keras_golden import FILES


def test_public_names_are_the_classes_of_every_keras() -> None:
    assert sorted(metrics.__all__) == sorted(["Metric", *METRIC_CLASSES.names()])
    assert kerasfmt.metrics is metrics
    exported = {name for (room, _), file in FILES.items() if room == "metrics" for name in file["exported"]}
    assert exported - {"Metric"} == set(METRIC_CLASSES.names()) - {"SumOverBatchSize"}


def test_names() -> None:
    kerasfmt.clear_session()
    assert find_metric("AUC") is metrics.AUC
    assert find_metric("Metric") is find_metric("NamedMetric") is find_metric("mae") is None
    assert [metrics.MeanAbsoluteError(name=None).name for _ in range(2)] == [
        "mean_absolute_error",
        "mean_absolute_error_1",
    ]
    with pytest.raises(kerasfmt.KerasfmtError, match="metric AUC: option name: expected a text, got 3"):
        metrics.AUC(name=3)  # type: ignore[arg-type]


def test_dtypes() -> None:
    assert metrics.Mean(dtype=None).dtype == "float32"
    assert metrics.Mean(dtype=kerasfmt.dtypes.float64) == metrics.Mean(dtype="float64")
    assert metrics.Mean(dtype=np.float16).dtype == "float16"  # type: ignore[arg-type]
    assert {weight.dtype.name for weight in metrics.Mean(dtype="float64").variables()} == {"float64"}
    with pytest.raises(kerasfmt.KerasfmtError):
        metrics.Mean(dtype="float31")
    with pytest.raises(kerasfmt.KerasfmtError, match="option dtype: expected a dtype of numbers, got string"):
        metrics.Mean(dtype="string")


def test_each_call_makes_fresh_variables() -> None:
    made = metrics.Mean()
    first, second = made.variables(), made.variables()
    assert not set(first) & set(second)


def test_options_that_are_none() -> None:
    with pytest.raises(
        kerasfmt.KerasfmtError, match="metric AUC: unknown option thresholdz=1; did you mean 'thresholds'"
    ):
        metrics.AUC(thresholdz=1)  # type: ignore[call-arg]


@pytest.fixture
def own() -> Iterator[type[metrics.Metric]]:
    class Own(metrics.Mean):
        state = ("seen",)
        factor: int = 3

    yield Own
    del METRIC_CLASSES._entries["Own"]


def test_a_class_of_the_user(own: type[metrics.Metric]) -> None:
    assert find_metric("Own") is own
    made = own(factor=2, name="o")  # type: ignore[call-arg]
    assert made.entry() == {"class_name": "Own", "config": {"name": "o", "dtype": "float32", "factor": 2}}
    assert [weight.name for weight in made.variables()] == ["seen"]
