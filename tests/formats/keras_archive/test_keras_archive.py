"""`.keras` archives and `.weights.h5` as formats, in both dialects."""

from __future__ import annotations

import zipfile
from pathlib import Path

import h5py

from kerasfmt.formats import keras_archive
from kerasfmt.ir import Model
from tests.formats.format_tests import FormatTests
from tests.formats.keras_archive.build import small


class ArchiveTests(FormatTests):
    format = keras_archive.FORMAT
    name = "m.keras"

    def model(self) -> Model:
        return small()

    def foreign(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("notes.txt", b"mine")


class WeightsTests(FormatTests):
    format = keras_archive.FORMAT
    name = "w.weights.h5"
    holds = "weights"

    def model(self) -> Model:
        return small()

    def foreign(self, path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["images"] = [[1, 2], [3, 4]]


class ForKeras2:
    format = keras_archive.TF_KERAS
    save_format = "tf_keras"
    read_by = keras_archive.FORMAT


class TestArchives(ArchiveTests):
    pass


class TestArchivesForKeras2(ForKeras2, ArchiveTests):
    pass


class TestWeights(WeightsTests):
    pass


class TestWeightsForKeras2(ForKeras2, WeightsTests):
    pass
