"""kerasfmt inspect: shows what a file holds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.cli.output import Column, say, show_table

if TYPE_CHECKING:
    from kerasfmt.formats.description import Description

_INSPECT_EXAMPLES = """\
examples:
  kerasfmt inspect resnet50.h5
  kerasfmt inspect training/ckpt
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
    parser.add_argument(
        "source",
        metavar="SRC",
        type=Path,
        help="the model or the weights: HDF5, .keras, .npz, or the prefix or directory of a checkpoint",
    )
    parser.set_defaults(run=_inspect)
    return parser


def _inspect(options: argparse.Namespace) -> None:
    from kerasfmt.errors import UnsupportedFormatError
    from kerasfmt.formats.detect import format_at
    from kerasfmt.limits import limited

    found = format_at(options.source)
    if found.describe is None:
        raise UnsupportedFormatError(f"{options.source}: {found.title} cannot be inspected")
    with limited(options.max_expansion):
        description = found.describe(options.source)
    _show(description)


def _show(description: Description) -> None:
    from kerasfmt.formats.description import byte_size

    kinds = any(row.kind for row in description.rows)
    headings = (description.owners, *(["class"] if kinds else []), description.weights)
    columns = [*map(Column, headings), Column("parameters", "right"), Column("size", "right")]
    rows = [
        [
            [row.owner],
            *([[row.kind]] if kinds else []),
            [str(weight) for weight in row.weights],
            [f"{row.size:,}"],
            [byte_size(row.nbytes)],
        ]
        for row in description.rows
    ]
    for line in description.lines:
        say(line)
    show_table(columns, rows)
