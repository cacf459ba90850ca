"""The compile state of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import pytest

import kerasfmt
from kerasfmt.errors import InvalidModelError
from kerasfmt.ir import TrainingConfig


def test_class_and_options() -> None:
    found = TrainingConfig({"optimizer_config": {"class_name": "Custom>Adam", "config": {"beta_1": 0.5}}})
    assert (found.optimizer_class, found.optimizer_config) == ("Adam", {"beta_1": 0.5})
    for nothing in ({}, {"optimizer_config": None}, {"optimizer_config": {"class_name": "", "config": None}}):
        assert (TrainingConfig(nothing).optimizer_class, TrainingConfig(nothing).optimizer_config) == ("", {})


@pytest.mark.parametrize(
    "optimizer", [5, "adam", {"class_name": "Adam", "config": 5}, {"config": ["beta_1"]}]
)
def test_an_optimizer_without_options_is_refused(optimizer: Any) -> None:
    with pytest.raises(InvalidModelError, match="expected an optimizer and its options, got "):
        TrainingConfig({"optimizer_config": optimizer})


@pytest.mark.parametrize("version", ["2.15.0", "3.15.1"])
def test_a_file_with_such_an_optimizer_is_refused(tmp_path: Path, version: str) -> None:
    kerasfmt.save_model(kerasfmt.Sequential([kerasfmt.layers.Dense(1, input_shape=(1,))]), tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["keras_version"] = version
        file.attrs["training_config"] = b'{"optimizer_config": {"class_name": "Adam", "config": 5}}'
    with pytest.raises(InvalidModelError, match="expected an optimizer and its options"):
        kerasfmt.load_model(tmp_path / "m.h5")
    kerasfmt.load_model(tmp_path / "m.h5", compile=False)
