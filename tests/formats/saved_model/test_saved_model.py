"""SavedModels as a format: written, and not read yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
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

    def test_its_weights_are_read(self, path: Path) -> None:
        """As those of the checkpoint that it holds."""
        model, saved = self.model(), self.model()
        self.save(path, saved)
        model.set_weights([np.zeros_like(value) for value in model.get_weights()])
        kerasfmt.load_weights(model, path)
        for weight, expected in zip(model.weights, saved.weights, strict=True):
            np.testing.assert_array_equal(weight.numpy(), expected.numpy())

    def test_it_is_not_read_yet(self, path: Path) -> None:
        self.save(path)
        with pytest.raises(
            UnsupportedFormatError, match="reading SavedModel directories is not supported yet"
        ):
            kerasfmt.load_model(path)
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
