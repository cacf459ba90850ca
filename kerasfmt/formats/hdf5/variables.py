"""The variables of a model without layers in HDF5: each is the dataset at the path that its name is.

    /dense/kernel    the variable dense/kernel, in the group dense

Nothing else is in the file, so Keras reads it by hand alone: `file["dense/kernel"][...]`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from kerasfmt.containers.hdf5 import writing
from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.errors import InvalidModelError
from kerasfmt.formats import matching
from kerasfmt.formats.matching import Weighted, keyed_weights
from kerasfmt.gc_paused import gc_paused

if TYPE_CHECKING:
    from kerasfmt.containers.hdf5.dataset import LazyDataset


@gc_paused()
def write_variables(model: Weighted, target: str | os.PathLike[str] | Any) -> None:
    """Writes the variables of a model.

    Args:
      model: the model.
      target: a path at which there is no file yet, or an open h5py.File or group, which is left open.

    Raises:
      InvalidModelError: names collide in the file, or HDF5 cannot hold them. Nothing is written.
      UnsupportedFormatError: HDF5 has no such dtype as a variable's. Nothing is written.
      SaveError: the group holds something at these paths already, or cannot be written. It is as it was.
      ImportError: h5py is not installed.
    """
    tree = WritePlan(f"model {model.name}")
    for key, weight in keyed_weights(model).items():
        tree.dataset(key, weight, f"variable {weight.name}")
    writing.write(tree, target)


def read_variables(
    model: Weighted, source: str | os.PathLike[str] | Any, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Gives a model the variables in a file, all of them or, if anything fails, none.

    Args:
      model: the model.
      source: a path, or an open h5py.File or group. Keep the file: variables are read when they are used.
      by_name: whether variables whose names are not there stay as they are.
      skip_mismatch: by name, whether to leave out, with a warning, arrays that do not fit.

    Raises:
      KerasfmtError: as `kerasfmt.formats.hdf5.weights.load_weights` does.
      InvalidModelError: the arrays do not fit the model.
      ValueError: `skip_mismatch` without `by_name`.
    """
    mismatch = matching.mismatch_by_key(by_name, skip_mismatch)
    keys = keyed_weights(model)
    found: dict[str, LazyDataset] = {}
    with opened(source) as file:
        where = f"{file.root.file}: model {model.name}"
        for key in keys:
            path, _, leaf = key.rpartition("/")
            parent = file.root.find(path) if path else file.root
            node = parent.find(leaf) if parent is not None else None
            if node is not None:
                found[key] = file.dataset(node)
        file.check_total()
    missing = [key for key in keys if key not in found]
    if missing and not by_name:
        raise InvalidModelError(
            f"{where}: expected a dataset at the path of each variable, got none for {', '.join(missing[:5])}; "
            "by_name=True takes those that are there"
        )
    matching.assign_by_key(keys, found, where, mismatch)
