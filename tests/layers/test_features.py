"""Features, crosses, and the two layers that only a FeatureSpace has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.layers import FeatureSpace, TFDConcat, TFDIdentity
from kerasfmt.layers.features import Cross


@pytest.mark.parametrize(
    ("save_format", "kinds"),
    [
        ("keras", ("TFDIdentity", "TFDConcat")),
        ("h5", ("Identity", "Concatenate")),
        ("tf_keras", ("Identity", "Concatenate")),
        ("tf", ("Identity", "Concatenate")),
    ],
)
def test_its_layers_are_plain_ones_in_keras_2(
    tmp_path: Path, save_format: str, kinds: tuple[str, str]
) -> None:
    x = kerasfmt.Input((3,))
    model = kerasfmt.Model(x, TFDConcat(axis=-1)([TFDIdentity()(x), x]))
    kerasfmt.save_model(model, tmp_path / "m", save_format=save_format)
    again = kerasfmt.load_model(tmp_path / "m")
    assert tuple(type(layer).__name__ for layer in again.layers[1:]) == kinds
    data = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert again.predict(data).tolist() == np.concatenate([data, data], 1).tolist()


def test_modes_of_features_and_crosses() -> None:
    with pytest.raises(ValueError, match="output_mode: expected one of"):
        FeatureSpace.feature("float32", TFDIdentity(), "hot")
    with pytest.raises(ValueError, match="output_mode: expected one of"):
        FeatureSpace.cross(("a", "b"), 3, "float")
    assert Cross(("a", "b"), 3).name == "a_X_b"
