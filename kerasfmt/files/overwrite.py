"""Whether what stands at a path may be replaced."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kerasfmt.errors import TargetExistsError


def may_write(target: Path, overwrite: bool) -> bool:
    """Whether a path may be written to: there is nothing, or it may be replaced.

    Args:
      target: the path.
      overwrite: whether to replace what is there without asking.

    Raises:
      TargetExistsError: there is something, it is not to be replaced, and there is no terminal to ask at.
    """
    return overwrite or not os.path.lexists(target) or _agreed(target)


def _agreed(target: Path) -> bool:
    """Whether the person at the terminal agrees to replace what is at a path.

    Source: tf_keras/src/utils/io_utils.py, ask_to_proceed_with_overwrite
    """
    if not sys.stdin or not sys.stdin.isatty():
        raise TargetExistsError(f"{target}: already exists, and overwrite is False; choose another path")
    question = f"[WARNING] {target} already exists - overwrite? [y/n]"
    while (answer := input(question).strip().lower()) not in ("y", "n"):
        question = 'Enter "y" (overwrite) or "n" (cancel).'
    return answer == "y"
