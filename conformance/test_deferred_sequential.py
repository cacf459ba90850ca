"""Sequential models that were not given their input shape: Keras states no spec of their input, and kerasfmt none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import kerasfmt
from conformance.installed import keras2
from conformance.structure import compare

tf = pytest.importorskip("tensorflow")
KERAS = keras2()
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(KERAS is None, reason="Keras 3 writes no SavedModel of layers"),
]

CALLED = {"full_save_spec", "save_spec", "build_input_shape"}
"""What Keras states for the arrays that the model was first called on; kerasfmt's models are for any number of rows."""


@pytest.mark.parametrize("how", ["built", "called"])
def test_as_keras_writes_it(how: str, tmp_path: Path) -> None:
    keras: Any = KERAS
    keras.backend.clear_session()
    model = keras.Sequential([keras.layers.Dense(2), keras.layers.ReLU()])
    model.build((None, 3)) if how == "built" else model(tf.zeros((2, 3)))
    model.save(tmp_path / "m", save_format="tf")
    kerasfmt.save_model(model, tmp_path / "live")
    kerasfmt.save_model(kerasfmt.load_model(tmp_path / "m"), tmp_path / "again")
    for written in ("live", "again"):
        found = [d for d in compare(tmp_path / written, tmp_path / "m") if not d.accepted]
        if how == "called":
            assert {re.split(r"[.:\[]", d.what)[1] for d in found} == CALLED
        else:
            assert [str(d) for d in found] == []
