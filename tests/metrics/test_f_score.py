"""F-scores: configs, constructors, variables and facts as Keras has them."""

from __future__ import annotations

from typing import Any

import pytest

import kerasfmt
from kerasfmt import metrics
from tests.metrics.metric_tests import MetricTests


class TestFScore(MetricTests):
    classes = (
        metrics.F1Score,
        metrics.FBetaScore,
    )


@pytest.mark.parametrize(
    "wrong", [{"beta": 0.0}, {"beta": 2}, {"threshold": 0.0}, {"threshold": 1}, {"average": "all"}]
)
def test_what_keras_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(
        kerasfmt.KerasfmtError, match=f"metric FBetaScore: option {next(iter(wrong))}: expected"
    ):
        metrics.FBetaScore(**wrong)
