"""SavedModels as a format: written, read, described; damaged in every place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import KerasfmtError, SaveError
from kerasfmt.formats import saved_model
from kerasfmt.formats.described_json import to_json
from kerasfmt.ir import Model
from tests.formats.format_tests import WritingTests, cuts, files
from tests.formats.saved_model.saved import compiled
from tests.formats.schema import measure, validate

FILES = (
    "saved_model.pb",
    "keras_metadata.pb",
    "variables/variables.index",
    "variables/variables.data-00000-of-00001",
)


class TestSavedModels(WritingTests):
    format = saved_model.FORMAT
    name = "m"

    def model(self) -> Model:
        return compiled()

    def load(self, path: Path) -> Model:
        model = kerasfmt.load_model(path)
        for weight in model.weights:
            weight.numpy()
        return model

    def test_round_trip(self, path: Path) -> None:
        model, again = self.model(), self.load(self.save(path))
        assert [weight.name for weight in again.weights] == [weight.name for weight in model.weights]
        for ours, theirs in zip(again.weights, model.weights, strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), strict=True)
        assert again.get_config() == model.get_config()

    def test_what_is_read_is_written_as_it_was(self, path: Path) -> None:
        first = files(self.save(path))
        again = self.load(path)
        assert files(self.save(path.with_name("again"), again)) == first
        assert files(self.save(path, again)) == first  # the weights lie in the files that are replaced

    def test_weights_are_loaded_into_a_model(self, path: Path) -> None:
        model = self.model()
        self.save(path, model)
        expected = [weight.numpy() for weight in model.weights]
        for by_name in (False, True):
            empty = self.model()
            empty.set_weights([np.zeros(weight.shape, weight.dtype.numpy) for weight in empty.weights])
            kerasfmt.load_weights(empty, path, by_name=by_name)
            for weight, array in zip(empty.weights, expected, strict=True):
                np.testing.assert_array_equal(weight.numpy(), array)

    def test_description(self, path: Path) -> None:
        self.save(path)
        assert self.format.describe is not None
        found = self.format.describe(path)
        assert found.title == "SavedModel"
        assert found.count_ops is not None
        validate(to_json(found, found.count_ops(), measure))
        told = {weight.shape for row in found.rows for weight in row.weights}
        assert told >= {weight.shape for weight in self.model().weights}

    @pytest.mark.parametrize("name", FILES)
    def test_every_truncation_is_refused_or_changes_nothing(self, path: Path, name: str) -> None:
        self.save(path)
        expected = [weight.tobytes() for weight in self.load(path).get_weights()]
        whole = (path / name).read_bytes()
        refused = 0
        sizes = list(cuts(len(whole)))
        for size in sizes[:: max(1, len(sizes) // 60)]:
            (path / name).write_bytes(whole[:size])
            try:
                # A message that ends between two of its fields is a message; then a part is missing.
                assert [weight.tobytes() for weight in self.load(path).get_weights()] == expected
            except KerasfmtError as error:
                refused += 1
                assert str(path) in str(error)
        assert refused > 50

    @pytest.mark.parametrize("name", FILES)
    def test_junk_behind_the_end_is_refused_or_changes_nothing(self, path: Path, name: str) -> None:
        self.save(path)
        expected = [weight.tobytes() for weight in self.load(path).get_weights()]
        for junk in (b"\0", b"junk", bytes(5000)):
            with (path / name).open("ab") as file:
                file.write(junk)
            try:
                assert [weight.tobytes() for weight in self.load(path).get_weights()] == expected
            except KerasfmtError as error:
                assert str(path) in str(error)

    @pytest.mark.parametrize("name", FILES)
    @pytest.mark.parametrize("content", [None, b"", b"hello", bytes(3000)])
    def test_other_content_is_refused(self, path: Path, name: str, content: bytes | None) -> None:
        self.save(path)
        if content is None:
            (path / name).unlink()
        else:
            (path / name).write_bytes(content)
        with pytest.raises(KerasfmtError, match="m"):
            self.load(path)

    def test_a_file_of_something_else_is_kept(self, path: Path) -> None:
        self.save(path)
        (path / "notes.txt").write_text("mine")
        before = files(path)
        with pytest.raises(SaveError, match=r"not part of a SavedModel: notes\.txt"):
            self.save(path)
        assert files(path) == before


def test_load_weights_takes_the_state_of_the_optimizer_too(tmp_path: Path) -> None:
    def build() -> Model:
        model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,), name="a")])
        model.compile(kerasfmt.optimizers.Adam(), "mse")
        return model

    model, other = build(), build()
    assert model.training_config is not None
    model.training_config.variables[0].value = np.asarray(7, np.int64)
    kerasfmt.save_model(model, tmp_path / "m")
    kerasfmt.load_weights(other, tmp_path / "m")
    assert other.training_config is not None
    assert other.training_config.variables[0].numpy() == 7
