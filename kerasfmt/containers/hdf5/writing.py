"""Writes what a plan holds: to a path, into a stream, or into a group that is open already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kerasfmt.containers.hdf5.guard import import_h5py
from kerasfmt.containers.hdf5.write_plan import WritePlan
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.errors import SaveError


def write(
    plan: WritePlan, target: str | os.PathLike[str] | BinaryIO | Any, progress: Progress = unheard
) -> None:
    """Writes a file, or writes into an open group what a file would hold at its root.

    Args:
      plan: what to write.
      target: a path at which there is no file yet; an empty stream that can be read too; or an open h5py.File
        or group, which is left open.
      progress: is called with the number of bytes of weights that have been written, slab by slab.

    Raises:
      InvalidModelError: the value of a weight does not have its declared shape, or a name holds a zero byte.
      SaveError: the group holds something of these names already, or cannot be written. It stays as it was.
      ImportError: h5py is not installed.
    """
    h5py = import_h5py()
    if not isinstance(target, h5py.Group):
        with h5py.File(Path(target) if isinstance(target, str | os.PathLike) else target, "w") as file:
            plan.write_to(file, progress)
        return
    _refuse_occupied(plan, target)
    with _undone_if_it_fails(plan, target):
        plan.write_to(target, progress)
        target.file.flush()


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
