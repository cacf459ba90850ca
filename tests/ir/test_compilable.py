"""A model without the room that compiles it says where that is."""

from __future__ import annotations

import pytest

from kerasfmt.families import FamilyTable
from kerasfmt.ir import Sequential
from kerasfmt.layers import Dense


def test_a_model_of_the_room_below_says_where_compile_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kerasfmt.ir.compilable.MODEL_METHODS", FamilyTable())
    model = Sequential([Dense(2, input_shape=(3,))])
    with pytest.raises(RuntimeError, match="cannot be compiled; make it with"):
        model.compile("adam")
    with pytest.raises(RuntimeError, match="cannot be compiled; make it with"):
        _ = model.optimizer
