"""What is told of an archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from kerasfmt.dialects.versions import KERAS2, KERAS3
from kerasfmt.formats.keras_archive import writer
from kerasfmt.formats.keras_archive.description import describe
from tests.formats.keras_archive.build import small, write


@pytest.mark.parametrize(("dialect", "version", "count"), [("keras3", KERAS3, 14), ("tf_keras", KERAS2, 13)])
def test_lines(tmp_path: Path, dialect: str, version: str, count: int) -> None:
    path = write(tmp_path / "m.keras", dialect=dialect)
    file, model, members, compiled = describe(path).lines
    assert file.startswith(f"{path}: .keras archive, ")
    assert model == f"model: Sequential small, written by Keras {version}"
    assert [name in members for name in ("metadata.json", "config.json", "model.weights.h5")] == [True] * 3
    assert compiled == f"compiled: yes, {count} optimizer variables"


def test_rows_are_objects_by_their_paths(tmp_path: Path) -> None:
    found = describe(write(tmp_path / "m.keras"))
    assert (found.owners, found.weights) == ("object", "variables")
    rows = {row.owner: row for row in found.rows}
    assert list(rows) == ["layers/batch_normalization", "layers/dense", "layers/dense_1", "optimizer"]
    assert list(map(str, rows["layers/dense"].weights)) == ["0 float32[3, 4]", "1 float32[4]"]
    # In the order of their numbers, not of their digits.
    assert [weight.name for weight in rows["optimizer"].weights] == [str(number) for number in range(14)]


def test_a_model_that_is_not_compiled(tmp_path: Path) -> None:
    writer.write(small(), tmp_path / "m.keras", include_optimizer=False)
    assert describe(tmp_path / "m.keras").lines[-1] == "compiled: no, 0 optimizer variables"
