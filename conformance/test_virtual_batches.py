"""What Keras 2 itself cannot read: batch normalization over virtual batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow")

import kerasfmt
from conformance.installed import keras2
from kerasfmt.errors import UnsupportedLayerError

KERAS2: Any = keras2()
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("axis", [-1, 1])
def test_virtual_batches_are_refused_as_keras_2_cannot_read_them(axis: int, tmp_path: Path) -> None:
    given = KERAS2.Input((4, 3))
    model = KERAS2.Model(
        given, KERAS2.layers.BatchNormalization(axis, virtual_batch_size=2, name="norm")(given)
    )
    model.save(tmp_path / "model.h5")
    model.save(tmp_path / "saved")
    for path in (tmp_path / "model.h5", tmp_path / "saved"):
        with pytest.raises(ValueError, match=r"axis|hape"):
            KERAS2.models.load_model(path)
    with pytest.raises(
        UnsupportedLayerError, match=r"layer norm .*option virtual_batch_size: expected None, got 2"
    ):
        kerasfmt.load_model(tmp_path / "model.h5")
    with pytest.raises(UnsupportedLayerError, match="option virtual_batch_size"):
        kerasfmt.from_keras(model)
