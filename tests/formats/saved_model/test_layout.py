"""The table of a SavedModel's files: what is written is in it, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kerasfmt.formats.saved_model import layout
from tests.formats.saved_model.saved import save, small


def belongs(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in layout.PATTERNS)


def test_every_file_that_is_written_belongs(tmp_path: Path) -> None:
    files = save(small(), tmp_path / "m").files()
    assert all(map(belongs, files))
    assert {layout.SAVED_MODEL, layout.KERAS_METADATA, layout.FINGERPRINT, layout.VARIABLES_INDEX} < set(
        files
    )


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("assets/", True),
        ("assets/vocabulary.txt", False),
        ("variables/variables.data-00003-of-00010", True),
        ("debug/saved_model_debug_info.pb", True),
        ("variables/variables.data-3-of-10", False),
        ("saved_model_pb", False),
        ("notes.txt", False),
    ],
)
def test_what_belongs(path: str, known: bool) -> None:
    assert belongs(path) is known
