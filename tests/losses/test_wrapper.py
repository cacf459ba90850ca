"""Losses made of functions, whose options they take."""

from __future__ import annotations

import pytest

import kerasfmt
from kerasfmt import losses
from tests.losses.keras_golden import ClassTests


class TestLossFunctionWrapper(ClassTests):
    room = "losses"
    classes = (losses.LossFunctionWrapper,)
    not_exported = classes


def test_a_function_is_a_name_or_a_description() -> None:
    described = {
        "module": "builtins",
        "class_name": "function",
        "config": "huber",
        "registered_name": "huber",
    }
    assert losses.LossFunctionWrapper(described) == losses.LossFunctionWrapper("huber")  # type: ignore[arg-type]
    for wrong in (None, "", 3, {"class_name": "Huber"}):
        with pytest.raises(kerasfmt.KerasfmtError, match="option fn: expected the name of a function"):
            losses.LossFunctionWrapper(wrong)  # type: ignore[arg-type]


def test_options_of_the_function() -> None:
    one = losses.LossFunctionWrapper("huber", delta=2.0)  # type: ignore[call-arg]
    assert one == losses.LossFunctionWrapper("huber", fn_options={"delta": 2.0})
    assert one.fn_options == {"delta": 2.0}
    assert one != losses.LossFunctionWrapper("huber")
