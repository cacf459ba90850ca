"""Live compiled models of Keras 2 are saved as Keras saves them: SavedModel, HDF5, compile states of archives."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import kerasfmt
from conformance.case import Case, Keras
from conformance.cases import compiled
from conformance.cases.models import MODELS
from conformance.installed import kerases
from conformance.structure import compare

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.filterwarnings("ignore")

KERAS2 = [keras for keras in kerases() if keras.__version__.startswith("2.")]
CASES = [*compiled.MODELS, *(case for case in MODELS if case.name.startswith("mlp") and not case.save)]
EXPERIMENTAL = "keras.optimizers.experimental"
"""What Keras 2.15 calls the module of some of its optimizers; it finds all of them in keras.optimizers."""

of_keras = pytest.mark.parametrize("keras", KERAS2, ids=lambda keras: f"{keras.__name__}-{keras.__version__}")
of_cases = pytest.mark.parametrize("case", CASES, ids=str)


def built(keras: Keras, case: Case) -> Any:
    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    return case.build(keras)


@of_keras
@of_cases
def test_saved_model(keras: Keras, case: Case, tmp_path: Path) -> None:
    model = built(keras, case)
    kerasfmt.save_model(model, tmp_path / "ours", save_format="tf")
    model.save(tmp_path / "theirs", save_format="tf")
    assert [found for found in compare(tmp_path / "ours", tmp_path / "theirs") if not found.accepted] == []


@of_keras
@of_cases
def test_hdf5(keras: Keras, case: Case, tmp_path: Path) -> None:
    model = built(keras, case)
    kerasfmt.save_model(model, tmp_path / "ours.h5")
    model.save(tmp_path / "theirs.h5")
    with h5py.File(tmp_path / "ours.h5") as ours, h5py.File(tmp_path / "theirs.h5") as theirs:
        assert content(ours) == content(theirs)


@of_keras
@of_cases
def test_compile_state_of_an_archive(keras: Keras, case: Case, tmp_path: Path) -> None:
    model = built(keras, case)
    kerasfmt.save_model(model, tmp_path / "ours.keras", save_format="tf_keras")
    model.save(tmp_path / "theirs.keras")
    ours, theirs = (compile_config(tmp_path / f"{whose}.keras") for whose in ("ours", "theirs"))
    if isinstance(theirs["optimizer"], str):  # Keras then makes one with default options
        assert ours.pop("optimizer")["class_name"].lower() == theirs.pop("optimizer")
    elif theirs["optimizer"]["module"] == EXPERIMENTAL:
        theirs["optimizer"]["module"] = "keras.optimizers"
    else:  # tf_keras finds what is below keras.src as its own
        theirs["optimizer"]["module"] = theirs["optimizer"]["module"].removeprefix("tf_")
    assert ours == theirs


def compile_config(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("config.json"))["compile_config"]
    return found


def content(file: h5py.File) -> dict[str, Any]:
    """Every attribute and every array of an HDF5 file, by path."""
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        for key, value in item.attrs.items():
            plain = np.asarray(value).tolist()
            is_json = key in ("model_config", "training_config")
            found[f"{name}@{key}"] = json.loads(plain) if is_json else plain
        if isinstance(item, h5py.Dataset):
            array = np.asarray(item)
            found[name] = (array.shape, array.dtype.name, array.tobytes())

    visit("/", file)
    file.visititems(visit)
    return found
