"""Looking at a model; tables and pictures are tested in `test_summary.py` and `test_diagram.py`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kerasfmt import Input
from kerasfmt.ir import Model
from kerasfmt.layers import Dense


def test_get_layer() -> None:
    x = Input((3,), name="x")
    model = Model(x, Dense(2, name="d")(x))
    assert model.get_layer("d") is model.get_layer(index=1) is model.get_layer(index=-1)
    with pytest.raises(ValueError, match="no layer 'e'; the model has x, d"):
        model.get_layer("e")
    for index in (2, -3):
        with pytest.raises(ValueError, match=f"layer index {index}: the model has 2 layers"):
            model.get_layer(index=index)


def test_what_shows_a_model_is_imported_when_it_is_asked_for() -> None:
    program = """
import sys
import kerasfmt
model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")])
for look in (lambda: model.get_layer("dense"), lambda: model.plot(), lambda: model.predict([[1, 2, 3]])):
    look()
    print("kerasfmt.ir.diagram" in sys.modules, "kerasfmt.ir.predict" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False", "True", "False", "True", "True"]
