"""Which paths name a checkpoint."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kerasfmt.formats.checkpoint.prefixes import is_index, is_prefix, is_unnamed, unnamed_prefix


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for name in ("ckpt.index", ".index", "index"):
        (tmp_path / name).touch()
    (tmp_path / "dir.index").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "index", "unnamed"),
    [
        ("ckpt", True, False),
        ("ckpt.index", False, False),
        (".index", False, True),
        ("index", False, False),
        ("dir", False, False),
        ("other", False, False),
    ],
)
def test_what_a_path_names(run: Path, name: str, index: bool, unnamed: bool) -> None:
    assert (is_index(run / name), is_unnamed(run / name)) == (index, unnamed)
    assert is_prefix(run / name) == (index or unnamed)


def test_the_prefix_of_an_index_without_a_name_is_its_directory(run: Path) -> None:
    assert unnamed_prefix(run / ".index") == f"{run}{os.sep}"
