"""A progress bar for long work, on stderr."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from kerasfmt.containers.progress import Progress, unheard

LONG = 50_000_000
"""From this many bytes on, work is long."""


@contextlib.contextmanager
def progress_bar(verb: str, total: int, quiet: bool = False) -> Iterator[Progress]:
    """A context with what is told the bytes that are done: a bar for long work, if stderr is a terminal.

    Args:
      verb: what is done: "writing".
      total: the bytes that are to be done.
      quiet: whether to show nothing.
    """
    if quiet or total < LONG or not sys.stderr.isatty():
        yield unheard
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress as Bar, TextColumn, TimeRemainingColumn

    columns = (TextColumn(verb), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(verb, total=total)
        yield lambda count: bar.advance(task, count)
