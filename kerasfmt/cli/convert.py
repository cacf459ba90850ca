"""kerasfmt convert: reads a model and writes it in another format."""

from __future__ import annotations

import argparse
import contextlib
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.cli.output import say
from kerasfmt.cli.retarget import TARGETS, retarget
from kerasfmt.containers.progress import Progress, unheard
from kerasfmt.formats import FORMATS

if TYPE_CHECKING:
    from kerasfmt.ir import Model, Weight

_LONG_WRITE = 50_000_000
"""From this many bytes of weights on, a conversion shows a progress bar."""

_CONVERT = """\
Read the model in SRC and write it to DST. The format of SRC is found from its content, that of DST from its
suffix: .h5, .keras, and none for a SavedModel directory. DST is replaced in one step when everything is written; if
anything fails, it stays as it was. A directory that holds files of another kind is never replaced.
"""

_CONVERT_EXAMPLES = """\
examples:
  kerasfmt convert resnet50.h5 resnet50
  kerasfmt convert resnet50.h5 serving/resnet50/1 --no-optimizer --quiet
  kerasfmt convert resnet50.h5 resnet50.keras
  kerasfmt convert old.keras new.keras --to tf_keras   a .keras file that tf_keras and Keras 2 open
  kerasfmt convert resnet50.h5 small --no-traces    smaller and faster; Keras then needs the layers' classes
"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The parser of the command's arguments.

    Args:
      commands: the subparsers to add it to.
    """
    written = {found.name: found for found in FORMATS if found.write}
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert",
        help="read a model and write it in another format",
        description=_CONVERT,
        epilog=_CONVERT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the model to read: HDF5 or .keras")
    parser.add_argument("target", metavar="DST", type=Path, help="where to write it: a file or a directory")
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=tuple(written),
        help=f"format to write: {', '.join(f'{name} ({found.title})' for name, found in written.items())}",
    )
    parser.add_argument(
        "--no-traces", action="store_true", help="leave out the traced functions of the layers"
    )
    parser.add_argument("--no-optimizer", action="store_true", help="leave out the optimizer and its state")
    parser.add_argument(
        "--overwrite",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="replace DST if it exists (the default); with --no-overwrite a terminal is asked, else it fails",
    )
    parser.add_argument(
        "--no-flush",
        action="store_true",
        help="do not wait until DST is on the disk: faster, but a loss of power may damage it",
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")
    parser.add_argument(
        "--target-tf", choices=TARGETS, help="write the SavedModel in SRC for an older TensorFlow"
    )
    parser.set_defaults(run=_convert)
    return parser


def _convert(options: argparse.Namespace) -> None:
    if options.target_tf:
        retarget(options)
        return
    from kerasfmt.api import load_model, write_model
    from kerasfmt.files.overwrite import may_write
    from kerasfmt.formats.description import byte_size
    from kerasfmt.formats.detect import format_for
    from kerasfmt.formats.format import WriteArguments

    if not may_write(options.target, options.overwrite):
        return
    start = time.perf_counter()
    model = load_model(options.source, compile=not options.no_optimizer, max_expansion=options.max_expansion)
    with _progress(model, options.quiet) as progress:
        arguments = WriteArguments(
            include_optimizer=not options.no_optimizer,
            save_traces=not options.no_traces,
            progress=progress,
        )
        found = format_for(options.target, options.to)
        write_model(model, options.target, found, arguments, flush=not options.no_flush)
    if not options.quiet:
        seconds = time.perf_counter() - start
        say(
            f"{options.target}: {len(model.layers):,} layers, {model.count_params():,} parameters, "
            f"{byte_size(_bytes_below(options.target))}, {seconds:.2f} s"
        )


@contextlib.contextmanager
def _progress(model: Model, quiet: bool) -> Iterator[Progress]:
    """The progress of a write: a bar on stderr for a long write, if stderr is a terminal."""
    total = sum(_nbytes(weight) for weight in (*model.weights, *model.optimizer_variables()))
    if quiet or total < _LONG_WRITE or not sys.stderr.isatty():
        yield unheard
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress as Bar, TextColumn, TimeRemainingColumn

    columns = (TextColumn("writing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("writing", total=total)
        yield lambda count: bar.advance(task, count)


def _nbytes(weight: Weight) -> int:
    return math.prod(weight.shape) * weight.dtype.itemsize


def _bytes_below(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
