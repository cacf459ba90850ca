"""kerasfmt convert --target-tf: a SavedModel for an older TensorFlow."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from kerasfmt.cli.output import say

TARGETS: Final = ("2.15",)
"""The lines of TensorFlow that --target-tf takes."""


def retarget(options: argparse.Namespace, check: Callable[[], None] | None = None) -> None:
    """Writes the SavedModel in SRC for an older TensorFlow to DST.

    Args:
      options: of `kerasfmt convert`.
      check: is called when all is written, before it takes the place of DST; its error leaves DST as it was.

    Raises:
      KerasfmtError: SRC is no SavedModel, or the older TensorFlow cannot run it.
      ImportError: jaxlib is needed and not installed.
    """
    from kerasfmt.errors import UnsupportedFormatError
    from kerasfmt.files.commit import replace_directory
    from kerasfmt.files.overwrite import may_write
    from kerasfmt.formats import saved_model
    from kerasfmt.formats.detect import format_at
    from kerasfmt.formats.saved_model.retarget import retarget
    from kerasfmt.limits import limited

    found = format_at(options.source)
    if found is not saved_model.FORMAT or options.to not in (None, found.name):
        raise UnsupportedFormatError(
            f"{options.source}: --target-tf turns a SavedModel into a SavedModel; this is {found.title}"
        )
    contents = found.contents
    assert contents is not None
    if not may_write(options.target, options.overwrite):
        return
    with (
        limited(options.max_expansion),
        replace_directory(options.target, contents, flush=not options.no_flush) as directory,
    ):
        done = retarget(options.source, directory, options.target_tf)
        if check is not None:
            check()
    if not options.quiet:
        removed = ", ".join(f"{name} ({number:,})" for name, number in sorted(done.removed.items())) or "none"
        say(
            f"{options.target}: for TensorFlow {options.target_tf}; {done.modules:,} StableHLO modules written again; "
            f"attributes left out: {removed}"
        )
