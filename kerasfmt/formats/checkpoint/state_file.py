"""The file `checkpoint` of a directory: which checkpoints there are, and which one is the latest.

    model_checkpoint_path: "ckpt-2"               the latest one
    all_model_checkpoint_paths: "ckpt-1"          every one that is still there, oldest first
    all_model_checkpoint_paths: "ckpt-2"
    all_model_checkpoint_timestamps: 1700000000.5 when each was saved, in seconds since 1970; not always there
    last_preserved_timestamp: 1699999000.0        when the last one was saved that is kept for good

It is a CheckpointState in protobuf's text format. Paths are prefixes of checkpoints, relative to the directory. A
`tf.compat.v1.train.Saver` writes absolute paths too. A path that leads out of the directory is never followed.

Source: tensorflow/python/training/checkpoint_state.proto; tensorflow/python/checkpoint/checkpoint_management.py
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final, cast

from google.protobuf import text_format

from kerasfmt import protos
from kerasfmt.containers.checked_json import decode
from kerasfmt.errors import CorruptFileError, SaveError, UnsafeFileError
from kerasfmt.files import commit
from kerasfmt.formats.checkpoint import layout

MAX_SIZE: Final = 1 << 20
"""Bytes of a state file; a thousand checkpoints take a tenth."""


@dataclass(frozen=True)
class CheckpointState:
    """The checkpoints of a directory.

    Attributes:
      latest: the prefix of the latest checkpoint.
      all: the prefixes of all checkpoints, oldest first.
      timestamps: when each was saved, in seconds since 1970; empty if the file does not say.
    """

    latest: str
    all: tuple[str, ...]
    timestamps: tuple[float, ...] = ()


def read_state(directory: str | os.PathLike[str]) -> CheckpointState:
    """What the state file of a directory says. Prefixes are paths below the directory.

    Raises:
      FileNotFoundError: the directory has no state file.
      CorruptFileError: it is not a state file.
      UnsafeFileError: it names a checkpoint outside of the directory, or is too large.
    """
    path = Path(directory, layout.STATE)
    with path.open("rb") as stream:
        data = stream.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise UnsafeFileError(f"{path}: a state file of more than {MAX_SIZE:,} bytes is not read")
    message = _parse(decode(data, str(path)), str(path))
    if not message.model_checkpoint_path:
        raise CorruptFileError(
            f"{path}: expected a model_checkpoint_path, got none; open a checkpoint by its prefix"
        )
    return CheckpointState(
        _below(path, message.model_checkpoint_path),
        tuple(_below(path, name) for name in message.all_model_checkpoint_paths),
        tuple(message.all_model_checkpoint_timestamps),
    )


def _parse(text: str, where: str) -> protos.CheckpointState:
    message = protos.CheckpointState()
    try:
        text_format.Parse(text, cast(Any, message))
    except (text_format.ParseError, ValueError, RecursionError) as error:
        raise CorruptFileError(
            f"{where}: expected a CheckpointState in protobuf's text format: {error!s:.200}; the file is damaged"
        ) from error
    return message


def _below(path: Path, name: str) -> str:
    """The prefix that a name in a state file stands for.

    Raises:
      CorruptFileError: it cannot be a path.
      UnsafeFileError: it leads out of the directory.
    """
    if "\0" in name:
        raise CorruptFileError(f"{path}: {name!r:.80} is not a path; the file is damaged")
    within = name
    if os.path.isabs(name) and Path(name).parent == Path(os.path.abspath(path.parent)):
        within = Path(name).name
    pure = PurePosixPath(within), PureWindowsPath(within)
    if any(part.is_absolute() or part.drive or ".." in part.parts or part.root for part in pure):
        raise UnsafeFileError(
            f"{path}: names the checkpoint {name!r:.200}, which is not in its directory; it is not followed; "
            "open a checkpoint by its prefix"
        )
    if not pure[0].name:
        raise CorruptFileError(f"{path}: {name!r:.80} is not the prefix of a checkpoint; the file is damaged")
    return str(path.parent / pure[0])


def require_replaceable(directory: Path) -> None:
    """Refuses to replace a file `checkpoint` that is not a state file.

    Raises:
      SaveError: there is such a file.
    """
    path = directory / layout.STATE
    if not os.path.lexists(path):
        return
    try:
        if not path.is_file() or path.stat().st_size > MAX_SIZE:
            raise CorruptFileError(f"{path}: not a state file")
        _parse(decode(path.read_bytes(), str(path)), str(path))
    except (OSError, CorruptFileError) as error:
        raise SaveError(
            f"{path}: is not the state file of checkpoints, which a save would write here; choose another directory"
        ) from error


def write_state(directory: Path, name: str, *, flush: bool = True) -> None:
    """Makes a checkpoint the latest one of its directory, and the only one, as Keras's `save_weights` does.

    Args:
      directory: the directory.
      name: the prefix of the checkpoint, relative to the directory.
      flush: whether to wait until the file is on the disk.

    Raises:
      SaveError: it cannot be written.
    """
    message = protos.CheckpointState(model_checkpoint_path=name, all_model_checkpoint_paths=[name])
    with commit.replace_file(directory / layout.STATE, flush=flush) as path:
        path.write_text(text_format.MessageToString(cast(Any, message)), encoding="utf-8")
