"""What every format owes a user, as classes to inherit.

A format's test declares its record, a name and a small model, and gets the tests; what is the format's own comes beside
them. A format that is only written inherits `WritingTests`, others `FormatTests`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import KerasfmtError, MissingFileError, TargetExistsError
from kerasfmt.formats.described_json import to_json
from kerasfmt.formats.described_text import lines
from kerasfmt.formats.detect import (
    described_format_at,
    format_at,
    format_for,
    weights_format_at,
    weights_format_for,
)
from kerasfmt.formats.format import Format
from kerasfmt.ir import Model
from tests.formats.schema import measure, validate

EVERY = 4096
"""Bytes up to which a file is cut at each of them; a longer one is cut at some."""
CUTS = 100
UNREADABLE = property(lambda weight: 1 / 0, lambda weight, value: None)
"""In place of a weight's value."""


class WritingTests(ABC):
    """What every format does when it is written.

    Attributes:
      format: the format.
      name: the name of a file or directory.
      holds: whether models are written, or weights alone.
      save_format: what to name the format by, where the name of the file means another one.
      read_by: the format that reads what is written, where it is another one.
    """

    format: ClassVar[Format]
    name: ClassVar[str]
    holds: ClassVar[Literal["model", "weights"]] = "model"
    save_format: ClassVar[str | None] = None
    read_by: ClassVar[Format | None] = None

    @abstractmethod
    def model(self) -> Model:
        """A small model, always the same, whose weights differ from each other."""

    def save(self, path: Path, model: Model | None = None, **options: Any) -> Path:
        """The path of what is written."""
        write = kerasfmt.save_model if self.holds == "model" else kerasfmt.save_weights
        write(model or self.model(), path, save_format=self.save_format, **options)
        return path

    @property
    def listing(self) -> list[str]:
        """What stands in the directory after a save, sorted."""
        return [self.name]

    def files(self, path: Path) -> dict[str, bytes]:
        """The bytes of what is written, by names that do not tell the path."""
        return files(path)

    def rename(self, path: Path, name: str) -> None:
        """Gives what is written another name."""
        path.rename(path.with_name(name))

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """A path of the name, at which there is nothing."""
        return tmp_path / self.name

    def test_the_name_chooses_the_format(self, path: Path) -> None:
        choose = format_for if self.holds == "model" else weights_format_for
        assert choose(path, self.save_format) is self.format
        for name in (self.format.name, *self.format.aliases, self.format.name.upper()):
            assert choose(path, name) is self.format

    def test_what_is_written_is_recognized(self, path: Path) -> None:
        recognize = format_at if self.holds == "model" else weights_format_at
        assert recognize(self.save(path)) is (self.read_by or self.format)
        self.rename(path, "renamed")
        assert recognize(path.with_name("renamed")) is (self.read_by or self.format)

    def test_the_same_model_gives_the_same_bytes(self, path: Path) -> None:
        first = self.files(self.save(path))
        assert first
        assert self.files(self.save(path.with_name(f"again_{self.name}"))) == first
        model = self.model()
        for name in ("first", "second"):
            assert self.files(self.save(path.with_name(f"{name}_{self.name}"), model)) == first

    def test_what_is_there_is_replaced_as_a_whole(self, path: Path) -> None:
        first = self.files(self.save(path))
        assert self.files(self.save(path)) == first
        assert sorted(entry.name for entry in path.parent.iterdir()) == self.listing

    def test_overwrite_false(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", None)
        before = self.files(self.save(path, overwrite=False))
        model = self.model()
        model.weights[0].value = model.weights[0].numpy() + 1
        with pytest.raises(TargetExistsError, match="already exists"):
            self.save(path, model, overwrite=False)
        assert self.files(path) == before

    def test_a_save_that_fails_leaves_what_was_there(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = self.model()
        monkeypatch.setattr(type(model.weights[0]), "value", UNREADABLE)
        with pytest.raises(ZeroDivisionError):
            self.save(path, model)
        assert list(path.parent.iterdir()) == []
        monkeypatch.undo()
        before = self.files(self.save(path))
        monkeypatch.setattr(type(model.weights[0]), "value", UNREADABLE)
        with pytest.raises(ZeroDivisionError):
            self.save(path, model)
        assert self.files(path) == before
        assert sorted(entry.name for entry in path.parent.iterdir()) == self.listing


class FormatTests(WritingTests):
    """What every format does that is one file, and is written and read."""

    @abstractmethod
    def foreign(self, path: Path) -> None:
        """Writes a file that is sound, of the format's container, and made by nothing like Keras."""

    def empty(self) -> Model:
        """The model without its weights."""
        model = self.model()
        model.set_weights([np.zeros(weight.shape, weight.dtype.numpy) for weight in model.weights])
        return model

    def load(self, path: Path, empty: Model | None = None) -> Model:
        """What is read, with every weight; weights alone into a model that lacks them."""
        if self.holds == "model":
            model = kerasfmt.load_model(path)
        else:
            kerasfmt.load_weights(model := empty or self.empty(), path)
        for weight in model.weights:
            weight.numpy()
        return model

    def test_round_trip(self, path: Path) -> None:
        model, again = self.model(), self.load(self.save(path))
        assert [weight.name for weight in again.weights] == [weight.name for weight in model.weights]
        for ours, theirs in zip(again.weights, model.weights, strict=True):
            assert ours.numpy().dtype == theirs.numpy().dtype
            assert ours.numpy().shape == theirs.numpy().shape
            assert ours.numpy().tobytes() == theirs.numpy().tobytes()
        assert again.get_config() == model.get_config()

    def test_what_is_read_is_written_as_it_was(self, path: Path) -> None:
        first = self.files(self.save(path))
        again = self.load(path)
        assert self.files(self.save(path.with_name(f"again_{self.name}"), again)) == first
        assert self.files(self.save(path, again)) == first  # the weights lie in the file that is replaced

    def test_every_truncation_is_refused(self, path: Path) -> None:
        whole, empty = self.save(path).read_bytes(), self.empty()
        for size in cuts(len(whole)):
            path.write_bytes(whole[:size])
            with pytest.raises(KerasfmtError) as caught:
                self.load(path, empty)
            assert str(path) in str(caught.value)

    @pytest.mark.parametrize("junk", [b"\0", b"junk", bytes(5000)], ids=["a zero", "a word", "pages"])
    def test_junk_behind_the_end_changes_nothing(self, path: Path, junk: bytes) -> None:
        self.save(path)
        expected = [weight.tobytes() for weight in self.load(path).get_weights()]
        path.write_bytes(path.read_bytes() + junk)
        assert [weight.tobytes() for weight in self.load(path).get_weights()] == expected

    @pytest.mark.parametrize("content", [b"", b"\0", b"hello", b"\x89PNG\r\n\x1a\n", bytes(3000)])
    def test_other_content_under_the_name_is_refused(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(KerasfmtError, match=self.name):
            self.load(path)

    def test_a_foreign_file_is_refused(self, path: Path) -> None:
        self.foreign(path)
        with pytest.raises(KerasfmtError, match=self.name):
            self.load(path)

    def test_nothing_and_a_directory_are_refused(self, path: Path) -> None:
        with pytest.raises(MissingFileError, match=self.name):
            self.load(path)
        path.mkdir()
        with pytest.raises(KerasfmtError, match=self.name):
            self.load(path)

    def test_description(self, path: Path) -> None:
        describe = (self.read_by or self.format).describe
        assert describe is not None
        self.save(path)
        found = describe(path)
        assert next(lines(found)).startswith(f"{path}: ")
        told = {weight.shape for row in found.rows for weight in row.weights}
        assert told >= {weight.shape for weight in self.model().weights}
        assert described_format_at(path) is (self.read_by or self.format)
        validate(to_json(found, found.count_ops and found.count_ops(), measure))


def files(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of every file below a directory."""
    found = path.rglob("*") if path.is_dir() else [path]
    return {str(file.relative_to(path)): file.read_bytes() for file in found if file.is_file()}


def cuts(size: int) -> Iterator[int]:
    """Sizes to cut a file of a size to."""
    if size <= EVERY:
        return iter(range(size))
    ends = [*range(16), *range(size - 32, size)]
    return iter(sorted({*ends, *range(0, size, max(1, size // CUTS))}))
