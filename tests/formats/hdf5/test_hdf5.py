"""HDF5 files as a format: models, and weights alone."""

from __future__ import annotations

from pathlib import Path

import h5py

from kerasfmt.formats import hdf5
from kerasfmt.ir import Model
from tests.formats.format_tests import FormatTests
from tests.formats.hdf5.build import compiled


class HDF5Tests(FormatTests):
    format = hdf5.FORMAT

    def model(self) -> Model:
        return compiled()

    def foreign(self, path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["images"] = [[1, 2], [3, 4]]


class TestModels(HDF5Tests):
    name = "m.h5"


class TestModelsOfAnotherSuffix(HDF5Tests):
    name = "m.HDF5"


class TestWeights(HDF5Tests):
    name = "w.h5"
    holds = "weights"


class TestWeightsOfAnyName(HDF5Tests):
    name = "w"
    holds = "weights"
    save_format = "h5"
