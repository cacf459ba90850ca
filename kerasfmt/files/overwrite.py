"""Whether the file or directory at a path may be replaced."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kerasfmt.errors import TargetExistsError
from kerasfmt.printable import printable


def may_write(target: Path, overwrite: bool) -> bool:
    """Whether a path may be written to: nothing exists there, or it may be replaced.

    Args:
      target: the path.
      overwrite: whether to replace an existing file without asking.

    Raises:
      TargetExistsError: something exists there, `overwrite` is False, and there is no terminal to ask.
    """
    return overwrite or not os.path.lexists(target) or _agreed(target)


def _agreed(target: Path) -> bool:
    """Whether the user at the terminal agrees to replace the file or directory.

    Source: tf_keras/src/utils/io_utils.py, ask_to_proceed_with_overwrite
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise TargetExistsError(f"{target}: already exists, and overwrite is False; choose another path")
    question = f"[WARNING] {printable(str(target))} already exists - overwrite? [y/n]"
    while (answer := input(question).strip().lower()) not in ("y", "n"):
        question = 'Enter "y" (overwrite) or "n" (cancel).'
    return answer == "y"
