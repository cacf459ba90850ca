"""The disk has room for a plan before HDF5 writes it, and the file is no longer than HDF5 made it in the end."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt import dtypes
from kerasfmt.containers.hdf5.room import room_for
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.ir import Weight

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system cannot take space")


def plan(groups: int, elements: int) -> WritePlan:
    found = WritePlan("model m")
    for number in range(groups):
        found.group(f"layer_{number}", "a layer")["weight_names"] = np.array([b"kernel:0"] * 20)
        weight = Weight(f"layer_{number}/kernel", (elements,), dtypes.float32)
        weight.value = np.ones(elements, np.float32)
        found.dataset(f"layer_{number}/kernel", weight, "a weight")
    return found


@pytest.mark.parametrize(("groups", "elements"), [(0, 0), (1, 1), (300, 1), (1, 100_000), (20, 0)])
def test_it_is_more_than_is_written(tmp_path: Path, groups: int, elements: int) -> None:
    made = plan(groups, elements)
    with h5py.File(tmp_path / "f.h5", "w") as file:
        with room_for(made, file):
            room = (tmp_path / "f.h5").stat().st_size
            made.write_to(file)
            file.flush()
            written = file.id.get_filesize()
        assert room > written == (tmp_path / "f.h5").stat().st_size


def test_the_file_is_as_it_was_if_nothing_is_written(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["mine"] = np.arange(1000)
        file.flush()
        before = (tmp_path / "f.h5").read_bytes()
        with room_for(plan(1, 1), file):
            pass
        assert (tmp_path / "f.h5").read_bytes() == before


@pytest.mark.parametrize(
    ("number", "goes_on"), [(errno.EOPNOTSUPP, True), (errno.ENOSPC, False), (errno.EDQUOT, False)]
)
def test_what_the_file_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, goes_on: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    entered = False
    with h5py.File(tmp_path / "f.h5", "w") as file:
        try:
            with room_for(plan(1, 1), file):
                entered = True
        except OSError as error:
            assert error.errno == number
    assert entered == goes_on


def test_a_file_that_is_not_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("asked for space")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    with h5py.File("memory", "w", driver="core", backing_store=False) as file, room_for(plan(1, 1), file):
        pass
