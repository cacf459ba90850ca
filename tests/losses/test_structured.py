"""Losses that only Keras 3 has: configs, constructors and facts."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import losses
from tests.losses.keras_golden import ClassTests


class TestStructured(ClassTests):
    room = "losses"
    classes = (losses.CTC, losses.Circle, losses.Dice, losses.Tversky)


def test_axes() -> None:
    assert losses.Dice(axis=(1, 2)).get_config()["axis"] == [1, 2]
    assert losses.Tversky(axis=1).get_config()["axis"] == 1
    with pytest.raises(kerasfmt.KerasfmtError, match="loss Dice: option axis: expected an axis"):
        losses.Dice(axis="x")  # type: ignore[arg-type]
