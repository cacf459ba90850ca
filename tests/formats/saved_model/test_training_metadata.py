"""keras_metadata.pb: what is said of each layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt.ir import TrainingConfig
from tests.formats.saved_model.saved import compiled, save


def test_the_training_config(tmp_path: Path) -> None:
    saved = save(compiled(), tmp_path / "m")
    assert saved.metadata["root"]["training_config"]["loss"] == "mse"
    without = save(compiled(), tmp_path / "without", include_optimizer=False)
    assert "training_config" not in without.metadata["root"]
    assert "optimizer" not in without.children()


@pytest.mark.parametrize("name", [["mae"], {"mae": 1}, None, 5])
def test_metrics_that_are_stored_as_they_were_given_may_have_any_name(tmp_path: Path, name: object) -> None:
    model = compiled()
    given = [{"class_name": "Mystery", "config": {"name": name}}] * 2
    model.training_config = TrainingConfig({"loss": "mse", "metrics": given}, restored=True)
    with pytest.warns(UserWarning, match="stored as they were given"):
        found = save(model, tmp_path / "m").metadata["root"]["training_config"]["metrics"]
    assert [metric["config"] for metric in found] == [{"name": name}] * 2
