"""Writes what a plan holds: to a path, into a stream, or into a group that is open already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kerasfmt.containers.hdf5.guard import import_h5py
from kerasfmt.containers.hdf5.room import room_for
from kerasfmt.containers.hdf5.sink import created
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.errors import KerasfmtError, SaveError


def write(
    plan: WritePlan, target: str | os.PathLike[str] | BinaryIO | Any, progress: Progress = unheard
) -> str:
    """Writes a file, or writes into an open group what a file would hold at its root.

    Args:
      plan: what to write.
      target: a path at which there is no file yet; an empty stream that can be read too; or an open h5py.File
        or group, which is left open.
      progress: is called with the number of bytes of weights that have been written, slab by slab.

    Returns:
      The checksum of the plan, "" if it has none.

    Raises:
      InvalidModelError: the value of a weight does not have its declared shape, or a name holds a zero byte.
      SaveError: the group holds something of these names already, or cannot be written. It stays as it was.
      ImportError: h5py is not installed.
    """
    h5py = import_h5py()
    if isinstance(target, str | os.PathLike):
        with Path(target).open("xb+", buffering=0) as stream:
            return _write_file(plan, stream, progress)
    if isinstance(target, h5py.Group):
        return _write_into(plan, target, progress)
    return _write_file(plan, target, progress)


def _write_file(plan: WritePlan, stream: BinaryIO, progress: Progress) -> str:
    with created(stream) as (file, sink):

        def written(size: int) -> None:
            sink.check()  # a full disk ends the write at once
            progress(size)

        return plan.write_to(file, written)


def _write_into(plan: WritePlan, group: Any, progress: Progress) -> str:
    _refuse_occupied(plan, group)
    try:
        with _undone_if_it_fails(plan, group), room_for(plan, group.file):
            checksum = plan.write_to(group, progress)
            _flush(group.file)
            return checksum
    except OSError as error:
        if isinstance(error, KerasfmtError):
            raise
        raise SaveError(
            f"{group.file.filename}: {group.name}: could not be written: {error.strerror or error}; "
            "it is as it was before"
        ) from error


def _flush(file: Any) -> None:
    try:
        file.flush()
    except RuntimeError as error:  # h5py's, for some of the failures of the disk
        raise OSError(str(error)) from error


def _refuse_occupied(plan: WritePlan, group: Any) -> None:
    where = f"{group.file.filename}: {group.name}"
    if group.file.mode == "r":
        raise SaveError(
            f"{where}: expected a file open for writing, got one open for reading; open it with 'a'"
        )
    wanted = {path.partition("/")[0] for path in plan.attributes if path}
    taken = sorted(wanted & set(group))
    if taken:
        raise SaveError(
            f"{where}: holds {', '.join(taken[:5])} already; write to another group, or delete them first"
        )


@contextlib.contextmanager
def _undone_if_it_fails(plan: WritePlan, group: Any) -> Iterator[None]:
    """Removes from an open group what was written into it, if the write fails half-way."""
    before = {key: group.attrs[key] for key in plan.attributes[""] if key in group.attrs}
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, RuntimeError, KeyError, ValueError):
            for name in {path.partition("/")[0] for path in (*plan.attributes, *plan.datasets) if path}:
                if name in group:
                    del group[name]
            for key in plan.attributes[""]:
                if key in before:
                    group.attrs[key] = before[key]
                elif key in group.attrs:
                    del group.attrs[key]
        raise
