"""Architectures as JSON text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import CorruptFileError, InvalidModelError, UnsupportedFormatError, UnsupportedLayerError
from tests.dialects.test_architecture import CASES
from tests.formats.hdf5.build import BIAS, KERNEL, dense_config, write_model

YAML = "backend: tensorflow\nclass_name: Sequential\nconfig:\n- class_name: Dense\n  config: {units: 2}\n"


@pytest.mark.parametrize("name", CASES)
def test_every_version_is_read(name: str) -> None:
    assert kerasfmt.model_from_json(json.dumps(CASES[name][0])).count_params() == 6


def test_it_takes_weights(tmp_path: Path) -> None:
    model = kerasfmt.model_from_json(json.dumps(dense_config()))
    kerasfmt.load_weights(model, write_model(tmp_path / "w.h5"))
    x = np.ones((1, 3), np.float32)
    np.testing.assert_allclose(model.predict(x), x @ KERNEL + BIAS)


def test_custom_objects() -> None:
    text = json.dumps(dense_config(activation="mine"))
    model = kerasfmt.model_from_json(text, {"mine": lambda x: x + 1.0})
    assert model.layers[0].get_config()["activation"] == "mine"
    with pytest.raises(
        UnsupportedLayerError, match=r"the architecture: .*option activation: .*custom_objects"
    ):
        kerasfmt.model_from_json(text)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (YAML, UnsupportedFormatError, "is YAML, .*model_from_config"),
        ("[]", CorruptFileError, "expected a JSON object"),
        ("{", CorruptFileError, "expected JSON"),
        ("{}", InvalidModelError, "the architecture: "),
        ('{"class_name": "Sequential", "config": 3}', InvalidModelError, "the architecture: "),
    ],
)
def test_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        kerasfmt.model_from_json(text)
