"""Writes a checkpoint at a prefix, in one step for its readers, whatever stands there.

TensorFlow gives the files their names: prefix, number of the shard, count of the shards. Two checkpoints of the same
count at one prefix want the same names. The index tells the count, so the new data first gets the names of a count
that nothing has, with empty files for the shards that it lacks:

    v.index -> v.data-00000-of-00001                             the old checkpoint
    v.index -> v.data-00000-of-00002, v.data-00001-of-00002      the new one: the index is replaced
    v.index -> v.data-00000-of-00001                             the old data is removed; the new one gets its names,
                                                                 and the index is replaced again

At each step there is a whole checkpoint, and in the end the files are those that TensorFlow writes. Where the last step
is not possible, the second one stays: the file system has no hard links, another write is under way, or somebody else
has a file of such a name.

At the end the data files of the old index are removed, and those that killed writes left.

Source: tensorflow/core/util/tensor_bundle/naming.cc
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.containers.tensorbundle.bundle import data_path, decode_header, index_path
from kerasfmt.containers.tensorbundle.shards import map_file
from kerasfmt.containers.tensorbundle.table import decode_table
from kerasfmt.containers.tensorbundle.writer import write_index, write_new
from kerasfmt.errors import SaveError
from kerasfmt.files.parts import NewParts, is_own_file, replace_parts

_NEW: Final = "new"
_WIDE: Final = "wide"
"""Prefixes in the staging directory: _WIDE has a larger count of shards, which nothing at the target has."""


def write(
    prefix: str | os.PathLike[str],
    items: Iterable[tuple[str, object]],
    num_shards: int = 1,
    progress: Progress = unheard,
    *,
    flush: bool = True,
) -> None:
    """Writes a checkpoint: `prefix.index` and `prefix.data-*`, in the place of an older one or of nothing.

    Tensors are stored in the order in which `items` gives them, each in the shard that is smallest at the
    time. They are read one at a time: at most 32 MiB are held besides what `items` itself holds. Whoever opens the
    checkpoint meanwhile finds the old one or the new one. Whoever has opened the old one before may find its data gone.

    Args:
      prefix: path of the checkpoint, without `.index`; its directory must exist.
      items: names and tensors. A tensor is an array of any library, a memory map, an HDF5 dataset, a
        number, a string, nested lists of them, or a callable without arguments that gives one of these.
        Shape and dtype are stored as they are. An array of objects holds str or bytes; str is stored as
        UTF-8.
      num_shards: number of data files.
      progress: is called with the number of bytes of tensors that have been written, a megabyte or less at a
        time.
      flush: whether to wait until the files are on the disk. A loss of power then leaves the old checkpoint or the new
        one; without it, it may leave a damaged one.

    Example:
      >>> kerasfmt.tensorbundle.write("ckpt", {"w": [[1.0, 2.0]], "step": 3}.items())
      >>> sorted(kerasfmt.tensorbundle.read("ckpt"))
      ['step', 'w']

    Raises:
      SaveError: a name is empty or given twice, a checkpoint cannot hold a tensor, or a file cannot be written.
        The files at `prefix` are then as they were before.
    """
    if num_shards < 1:
        raise SaveError(f"num_shards: expected at least 1, got {num_shards}")
    prefix = os.fspath(prefix)
    if not Path(prefix).parent.is_dir():
        raise SaveError(f"{prefix}: could not be written: No such file or directory: {Path(prefix).parent}")
    with replace_parts(index_path(prefix), _named_by, flush=flush) as parts:
        name = Path(prefix).name
        _remove_older_debris(parts.head.parent, name)
        entries = write_new(parts.directory / _NEW, items, num_shards, progress)
        own = {data_path(_NEW, n, num_shards): data_path(name, n, num_shards) for n in range(num_shards)}
        parts.wait()
        if parts.place(own):
            parts.replace_head(index_path(_NEW))
        else:
            _place_wide(parts, name, entries, num_shards)
            if parts.is_last() and all((parts.directory / member).exists() for member in own):
                parts.remove_old()  # the names are free now, unless somebody else has them
                if parts.place(own):
                    parts.replace_head(index_path(_NEW))


def _place_wide(parts: NewParts, name: str, entries: dict[bytes, bytes], num_shards: int) -> None:
    """Replaces the index by one of more shards, the last of which are empty."""
    members = [data_path(_NEW, number, num_shards) for number in range(num_shards)]
    while True:
        members.append(f"empty-{len(members)}")
        (parts.directory / members[-1]).touch()
        names = [data_path(name, number, len(members)) for number in range(len(members))]
        if parts.place(dict(zip(members, names, strict=True))):
            write_index(str(parts.directory / _WIDE), entries, len(members))
            parts.replace_head(index_path(_WIDE))
            return


def _named_by(index: Path) -> set[str]:
    """The data files of the count of shards that an index tells.

    Raises:
      CorruptFileError: it is damaged.
      OSError: it cannot be read.
    """
    _, header = next(decode_table(map_file(str(index)), str(index)), (b"", b""))
    count = decode_header(header, str(index)).num_shards
    data = re.compile(re.escape(index.name.removesuffix(".index")) + rf"\.data-\d{{5}}-of-{count:05d}")
    return set(filter(data.fullmatch, os.listdir(index.parent)))


def _remove_older_debris(directory: Path, name: str) -> None:
    """Removes what killed writes of older versions left: files whose names end in the number of a process."""
    temporary = re.compile(re.escape(name) + r"\.(?:index|data-\d{5}-of-\d{5})\.tempstate(\d{1,7})")
    for found in os.listdir(directory):
        killed = temporary.fullmatch(found)
        if killed and not _is_alive(int(killed[1])) and is_own_file(directory / found):
            with contextlib.suppress(OSError):
                (directory / found).unlink()


def _is_alive(process: int) -> bool:
    """Whether there is a process of this number, or the system cannot tell."""
    if sys.platform == "win32":
        return True  # os.kill would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    return True
