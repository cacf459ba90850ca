"""kerasfmt inspect: shows what a file holds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description

_INSPECT_EXAMPLES = """\
example:
  kerasfmt inspect resnet50.h5
"""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The parser of the command's arguments.

    Args:
      commands: the subparsers to add it to.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "inspect",
        help="show what a file holds",
        description="Show format, layers, weights and sizes of the model in SRC. No weight is read.",
        epilog=_INSPECT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the model: HDF5 or .keras")
    parser.set_defaults(run=_inspect)
    return parser


def _inspect(options: argparse.Namespace) -> None:
    from kerasfmt.errors import UnsupportedFormatError
    from kerasfmt.formats.detect import format_at

    found = format_at(options.source)
    if found.describe is None:
        raise UnsupportedFormatError(f"{options.source}: {found.title} cannot be inspected")
    _show(found.describe(options.source))


def _show(description: Description) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from kerasfmt.formats.description import byte_size

    kinds = any(row.kind for row in description.rows)
    table = Table(box=box.SIMPLE_HEAD)
    for heading in (description.owners, *(["class"] if kinds else []), description.weights):
        table.add_column(heading, overflow="fold")
    for heading in ("parameters", "size"):
        table.add_column(heading, justify="right")
    for row in description.rows:
        weights = "\n".join(map(str, row.weights))
        texts = (row.owner, *([row.kind] if kinds else []), weights, f"{row.size:,}", byte_size(row.nbytes))
        table.add_row(*map(Text, texts))
    console = Console(width=None if sys.stdout.isatty() else 160)
    for line in description.lines:
        console.print(Text(line), soft_wrap=True)
    console.print(table)
