"""SavedModels that are written as they were read, with what their tables hold now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from kerasfmt.formats.saved_model.captured import Captured, decoder_of
from kerasfmt.formats.saved_model.graph_writer import write_again
from kerasfmt.formats.saved_model.stored import open_saved_model
from tests.formats.format_tests import files
from tests.formats.saved_model.saved import save


def _saved(tmp_path: Path) -> Path:
    kerasfmt.clear_session()
    layer = kerasfmt.layers.StringLookup(name="words")
    layer.adapt(np.array([["a"], ["b"]], object))
    x = kerasfmt.Input((1,), dtype="string", name="x")
    return save(kerasfmt.Model(x, layer(x), name="m"), tmp_path / "m").directory


def _counts(directory: Path) -> Any:
    stored = open_saved_model(directory)
    captured = Captured(stored, decoder_of(stored))
    counts = stored.root.child("layer-1").child("token_counts")  # type: ignore[union-attr]
    assert counts is not None
    return captured, captured.table(counts.number).first_content()


def test_the_same_files(tmp_path: Path) -> None:
    directory = _saved(tmp_path)
    (tmp_path / "again").mkdir()
    write_again(open_saved_model(directory), {}, {}, tmp_path / "again")
    assert files(tmp_path / "again") == files(directory)


def test_tables_with_what_they_hold_now(tmp_path: Path) -> None:
    directory = _saved(tmp_path)
    captured, content = _counts(directory)
    content.insert(np.array([b"x", b"y"], object), np.array([3, 4]))
    (key,) = captured.tables
    (tmp_path / "again").mkdir()
    write_again(captured.stored, captured.by_key, {key: content}, tmp_path / "again")
    _, again = _counts(tmp_path / "again")
    assert [part.tolist() for part in again.export()] == [[b"x", b"y"], [3, 4]]
