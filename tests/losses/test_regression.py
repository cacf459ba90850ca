"""Losses between numbers: configs, constructors and facts as Keras has them."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import losses
from tests.losses.keras_golden import ClassTests


class TestRegression(ClassTests):
    room = "losses"
    classes = (
        losses.CosineSimilarity,
        losses.Huber,
        losses.LogCosh,
        losses.MeanAbsoluteError,
        losses.MeanAbsolutePercentageError,
        losses.MeanSquaredError,
        losses.MeanSquaredLogarithmicError,
    )


def test_what_keras_3_leaves_out_of_its_configs_stays() -> None:
    assert losses.Huber(0.5).get_config()["delta"] == 0.5
    assert losses.CosineSimilarity(1).get_config()["axis"] == 1


def test_wrong_options() -> None:
    with pytest.raises(kerasfmt.KerasfmtError, match="loss Huber: option delta: expected a finite number"):
        losses.Huber(delta="wide")  # type: ignore[arg-type]
    with pytest.raises(
        kerasfmt.KerasfmtError, match="loss CosineSimilarity: option axis: expected a whole number"
    ):
        losses.CosineSimilarity(axis=0.5)  # type: ignore[arg-type]
