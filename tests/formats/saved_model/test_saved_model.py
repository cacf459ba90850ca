"""SavedModels as a format: written, and not read yet."""

from __future__ import annotations

from pathlib import Path

import pytest

import kerasfmt
from kerasfmt.errors import SaveError, UnsupportedFormatError
from kerasfmt.formats import saved_model
from kerasfmt.ir import Model
from tests.formats.format_tests import WritingTests, files
from tests.formats.saved_model.saved import compiled


class TestSavedModels(WritingTests):
    format = saved_model.FORMAT
    name = "m"

    def model(self) -> Model:
        return compiled()

    def test_it_is_not_read_yet(self, path: Path) -> None:
        self.save(path)
        with pytest.raises(
            UnsupportedFormatError, match="reading SavedModel directories is not supported yet"
        ):
            kerasfmt.load_model(path)
        with pytest.raises(UnsupportedFormatError, match="a directory, which holds no weights"):
            kerasfmt.load_weights(self.model(), path)
        assert self.format.describe is not None
        with pytest.raises(UnsupportedFormatError, match="SavedModel directories cannot be inspected yet"):
            self.format.describe(path)

    def test_a_file_of_something_else_is_kept(self, path: Path) -> None:
        self.save(path)
        (path / "notes.txt").write_text("mine")
        before = files(path)
        with pytest.raises(SaveError, match=r"not part of a SavedModel: notes\.txt"):
            self.save(path)
        assert files(path) == before
