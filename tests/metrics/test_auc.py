"""The area under a curve: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestAUC(MetricTests):
    classes = (metrics.AUC,)


@pytest.mark.parametrize(
    ("given", "config"), [("pr", "PR"), ("roc", "ROC"), ("prgain", "PR_GAIN"), ("PR_GAIN", "PR_GAIN")]
)
def test_spellings_of_curves(given: str, config: str) -> None:
    assert metrics.AUC(curve=given).get_config()["curve"] == config


def test_thresholds_say_how_many_there_are() -> None:
    made = metrics.AUC(num_thresholds=7, thresholds=[0.75, 0.5, 0.25])
    assert made.num_thresholds == 5
    assert made.get_config()["thresholds"] == [0.25, 0.5, 0.75]
    assert [weight.shape for weight in made.variables()] == [(5,)] * 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"curve": "LIFT"}, "option curve: expected one of roc, ROC, pr"),
        ({"summation_method": "middle"}, "option summation_method: expected one of"),
        ({"num_thresholds": 1}, "option num_thresholds: expected at least 2, got 1"),
        ({"num_labels": 3}, "option num_labels: it has a meaning only where multi_label is True"),
        ({"thresholds": 0.5}, "option thresholds: expected a list of numbers from 0 to 1"),
        ({"thresholds": [0.5, 2]}, "option thresholds: expected a value in"),
        ({"label_weights": [1, -1]}, "option label_weights: expected numbers of at least 0"),
        ({"label_weights": "ab"}, "option label_weights: expected numbers of at least 0"),
    ],
)
def test_what_keras_refuses(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(kerasfmt.KerasfmtError, match=said):
        metrics.AUC(**wrong)
