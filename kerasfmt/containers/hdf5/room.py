"""Space on the disk for what is to be written into an HDF5 file that somebody else has opened.

HDF5 writes such a file itself, and does not survive a full disk. The space is taken before HDF5 needs it, or nothing
is written. This needs `posix_fallocate` and a file that HDF5 keeps on the disk itself, as it does by default. Other
files are written as they are.
"""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from kerasfmt.containers.hdf5.write_plan import WritePlan

_DISK_DRIVER: Final = "sec2"
_NOT_SUPPORTED: Final = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS)
"""What file systems say that cannot take space without writing."""
_GROUP, _DATASET, _FILE = 4096, 2048, 1 << 16
"""More bytes than HDF5 takes for the headers of each, and for its blocks of small objects."""


@contextmanager
def room_for(plan: WritePlan, file: Any) -> Iterator[None]:
    """A context in which the disk has room for a plan.

    Args:
      plan: what is written in the context.
      file: the open h5py.File that it is written to.

    Raises:
      OSError: there is no such room. The file is as it was.
    """
    if file.driver != _DISK_DRIVER or not hasattr(os, "posix_fallocate"):
        yield
        return
    descriptor = file.id.get_vfd_handle()
    before = os.fstat(descriptor).st_size
    allocated = file.id.get_filesize()  # may be more: HDF5 has not written everything yet
    try:
        os.posix_fallocate(descriptor, before, max(0, allocated - before) + _most(plan))
    except OSError as error:
        os.ftruncate(descriptor, before)
        if error.errno not in _NOT_SUPPORTED:
            raise
    try:
        yield
    finally:
        os.ftruncate(descriptor, max(before, file.id.get_filesize()))


def _most(plan: WritePlan) -> int:
    """More bytes than a plan takes in a file."""
    datasets = [math.prod(weight.shape) * weight.dtype.itemsize for weight in plan.datasets.values()]
    attributes = [np.asarray(value).nbytes for group in plan.attributes.values() for value in group.values()]
    headers = _GROUP * len(plan.attributes) + _DATASET * (len(datasets) + len(attributes))
    return sum(datasets) + 2 * sum(attributes) + headers + _FILE
