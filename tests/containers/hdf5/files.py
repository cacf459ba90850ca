"""Small HDF5 files of one group and one dataset, and what opening them gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kerasfmt.containers.hdf5.dataset import LazyDataset
from kerasfmt.containers.hdf5.opening import opened

ARRAY = np.arange(6, dtype=np.float32).reshape(3, 2)
Edit = Callable[[h5py.File], None]


def write_file(path: Path, edit: Edit | None = None, **options: Any) -> Path:
    """A file with an array "g/w", beside "g/other", and a list of names; `edit` may spoil it."""
    with h5py.File(path, "w", **options) as file:
        group = file.create_group("g")
        group.attrs["names"] = [b"w", b"other"]
        group["w"] = ARRAY
        group["other"] = ARRAY[0]
        if edit is not None:
            edit(file)
    return path


def without_array(file: h5py.File) -> h5py.Group:
    """The group, with its array taken out."""
    del file["g/w"]
    return file["g"]


def read_array(path: Path) -> LazyDataset:
    """The array of a file, as it is admitted."""
    with opened(path) as file:
        node = file.root.group("g").find("w")
        assert node is not None
        return file.dataset(node)
