"""The paths by which a checkpoint is named: the prefixes of its files."""

from __future__ import annotations

import os
from pathlib import Path

from kerasfmt.formats.checkpoint import layout


def is_index(prefix: Path) -> bool:
    """Whether there is the index of a checkpoint with this prefix."""
    return bool(prefix.name) and Path(f"{prefix}{layout.INDEX}").is_file()


def is_unnamed(path: Path) -> bool:
    """Whether a path is the index of a checkpoint whose prefix has no name: `run/.index` of the prefix `run/`."""
    return path.name == layout.INDEX and path.is_file()


def unnamed_prefix(index: Path) -> str:
    """The prefix whose index this is: its directory, with a separator at the end."""
    return os.path.join(index.parent, "")


def is_prefix(path: Path) -> bool:
    """Whether a path names one checkpoint: by its prefix, or by the index of a prefix without a name."""
    return is_unnamed(path) or is_index(path)
