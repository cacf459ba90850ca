"""The format of checkpoints: what every format owes its users, for files that a path names by a prefix."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import kerasfmt
from kerasfmt.errors import CorruptFileError, KerasfmtError, UnsupportedFormatError
from kerasfmt.formats import checkpoint
from kerasfmt.ir import Model
from tests.formats.checkpoint.saved import put, small
from tests.formats.format_tests import FormatTests, cuts

DATA = ".data-00000-of-00001"


class TestFormat(FormatTests):
    format = checkpoint.FORMAT
    name = "ckpt"
    holds = "weights"
    save_format = "tf"

    def model(self) -> Model:
        return small()

    @property
    def listing(self) -> list[str]:
        return ["checkpoint", f"ckpt{DATA}", "ckpt.index"]

    def files(self, path: Path) -> dict[str, bytes]:
        found = path.parent.glob(f"{path.name}.*")
        return {file.name.removeprefix(path.name): file.read_bytes() for file in found}

    def rename(self, path: Path, name: str) -> None:
        for suffix in (".index", DATA):
            Path(f"{path}{suffix}").rename(path.with_name(f"{name}{suffix}"))

    def foreign(self, path: Path) -> None:
        put(path, {"notes": "mine", "numbers": np.arange(3)})

    @pytest.mark.parametrize("suffix", [".index", DATA])
    def test_every_truncation_of_each_file_is_refused(self, path: Path, suffix: str) -> None:
        file, empty = Path(f"{self.save(path)}{suffix}"), self.empty()
        whole = file.read_bytes()
        for size in cuts(len(whole)):
            file.write_bytes(whole[:size])
            with pytest.raises(KerasfmtError, match="ckpt"):
                self.load(path, empty)

    def test_every_truncation_is_refused(self, path: Path) -> None:
        """There is no file of that name."""
        assert not self.save(path).exists()

    @pytest.mark.parametrize("junk", [b"\0", b"junk", bytes(5000)], ids=["a zero", "a word", "pages"])
    def test_junk_behind_the_end_changes_nothing(self, path: Path, junk: bytes) -> None:
        self.save(path)
        expected = [weight.tobytes() for weight in self.load(path).get_weights()]
        data, index = (Path(f"{path}{suffix}") for suffix in (DATA, ".index"))
        data.write_bytes(data.read_bytes() + junk)
        assert [weight.tobytes() for weight in self.load(path).get_weights()] == expected
        index.write_bytes(index.read_bytes() + junk)  # whose end tells where everything is
        with pytest.raises(CorruptFileError, match="ckpt"):
            self.load(path)


def test_a_prefix_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kerasfmt.save_weights(small(), "ckpt", save_format="tf")
    kerasfmt.load_weights(small(), "ckpt")
    kerasfmt.load_weights(small(), ".")
    assert kerasfmt.open_checkpoint(".").prefix == "ckpt"


def test_a_prefix_goes_before_a_directory_of_its_name(tmp_path: Path) -> None:
    """As Keras takes it."""
    kerasfmt.save_model(small(units=5), tmp_path / "m")
    kerasfmt.save_weights(small(), tmp_path / "m", save_format="tf")
    kerasfmt.load_weights(small(), tmp_path / "m")
    (tmp_path / "m.index").unlink()
    kerasfmt.load_weights(small(units=5), tmp_path / "m")


def test_a_name_is_needed_or_the_format(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormatError, match='or save_format="tf" for a checkpoint'):
        kerasfmt.save_weights(small(), tmp_path / "ckpt")
    kerasfmt.save_weights(small(), tmp_path / "ckpt", save_format="tf")
    with pytest.raises(UnsupportedFormatError, match="a TensorFlow checkpoint holds weights only"):
        kerasfmt.load_model(tmp_path / "ckpt")
