"""kerasfmt inspect: shows what a file holds."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.cli.output import Column, PrintFile, say, say_json, show_table
from kerasfmt.cli.progress import progress_bar

if TYPE_CHECKING:
    from kerasfmt.formats.described_json import Measure
    from kerasfmt.formats.description import Description
    from kerasfmt.formats.format import Format
    from kerasfmt.formats.statistics import Statistics

_INSPECT = """\
Show what SRC holds: format, who wrote it, signatures, layers, weights, optimizer, sizes. SRC is a SavedModel with or
without a Keras model, HDF5 or .keras, whole or weights alone, .npz, the map of weights in shards, or the prefix or
directory of a checkpoint. No weight is read without --stats.
"""

_INSPECT_EXAMPLES = """\
examples:
  kerasfmt inspect resnet50.h5
  kerasfmt inspect training/ckpt --stats        minimum, maximum, mean, deviation, zeros, NaNs of every weight
  kerasfmt inspect resnet50.h5 --plot resnet50.svg
  kerasfmt inspect serving/1 --ops --json       for programs; --schema prints the JSON Schema of the output
"""


def _schema() -> Path:
    from kerasfmt.formats.described_json import SCHEMA_FILE

    return SCHEMA_FILE


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The parser of the command's arguments.

    Args:
      commands: the subparsers to add it to.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "inspect",
        help="show what a file holds",
        description=_INSPECT,
        epilog=_INSPECT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the model, the weights, or the checkpoint")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--schema", action=PrintFile, find=_schema, help="print the JSON Schema of --json")
    parser.add_argument(
        "--ops",
        action="store_true",
        help="count ops: those of the graph, or of the prediction if there is none",
    )
    parser.add_argument("--stats", action="store_true", help="read every weight, and show what it is like")
    parser.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help="draw the model: .svg for a picture, .dot for Graphviz, .mmd for Mermaid",
    )
    parser.set_defaults(run=_inspect)
    return parser


def _inspect(options: argparse.Namespace) -> None:
    from kerasfmt.drawing.picture import drawer_for
    from kerasfmt.errors import UnsupportedFormatError
    from kerasfmt.formats.described_json import to_json
    from kerasfmt.formats.detect import described_format_at
    from kerasfmt.limits import limited

    found = described_format_at(options.source)
    if found.describe is None:
        raise UnsupportedFormatError(f"{options.source}: {found.title} cannot be inspected")
    if options.plot:
        drawer_for(options.plot)  # a wrong suffix is told before work is done
    with limited(options.max_expansion):
        described = found.describe(options.source)
        ops = None if not options.ops else described.count_ops() if described.count_ops else {}
        measured = _measured(described) if options.stats else None
        if options.plot:
            _plot(options.source, found, options.plot)
    if options.json:
        say_json(to_json(described, ops, measured))
        return
    _show(described, measured)
    if ops is not None:
        _show_ops(ops)


def _plot(source: Path, found: Format, target: Path) -> None:
    from kerasfmt.errors import UnsupportedFormatError

    if found.read is None:
        raise UnsupportedFormatError(
            f"{source}: {found.title} holds weights only; there are no layers to draw"
        )
    found.read(source, None, False).plot(target)


def _measured(described: Description) -> Measure:
    """The statistics of every weight, which is read once."""
    from kerasfmt.formats.statistics import statistics

    weights = [weight for row in described.rows for weight in row.weights]
    weights += described.optimizer.weights if described.optimizer else ()
    found: dict[int, Statistics | None] = {}
    with progress_bar("reading", sum(weight.nbytes for weight in weights)) as progress:
        for weight in weights:
            found[id(weight)] = statistics(weight.array)
            progress(weight.nbytes)
    return lambda weight: found[id(weight)]


def _show(described: Description, measured: Measure | None) -> None:
    from kerasfmt.formats.described_text import lines

    for line in lines(described):
        say(line)
    if measured is None:
        _show_owners(described)
    else:
        _show_weights(described, measured)


def _show_owners(described: Description) -> None:
    """A row for each owner."""
    from kerasfmt.printable import byte_size

    kinds = any(row.kind for row in described.rows)
    headings = (described.owners, *(["class"] if kinds else []), described.weights)
    rows = [
        [
            [row.owner],
            *([[row.kind]] if kinds else []),
            [str(weight) for weight in row.weights],
            [f"{row.size:,}"],
            [byte_size(row.nbytes)],
        ]
        for row in described.rows
    ]
    show_table([*map(Column, headings), Column("elements", "right"), Column("size", "right")], rows)


def _show_weights(described: Description, measured: Measure) -> None:
    """A row for each weight, those of the optimizer last."""
    from kerasfmt.formats.described_text import STATISTICS, statistics_texts
    from kerasfmt.formats.description import Row

    owners = list(described.rows)
    if described.optimizer:
        owners.append(Row("(optimizer)", described.optimizer.kind, described.optimizer.weights))
    rows = [
        [[owner.owner], [str(weight)], *([text] for text in statistics_texts(measured(weight)))]
        for owner in owners
        for weight in owner.weights
    ]
    columns = [Column(described.owners), Column(described.weights)]
    show_table([*columns, *(Column(heading, "right") for heading in STATISTICS)], rows)


def _show_ops(ops: Mapping[str, int]) -> None:
    if not ops:
        say("ops: none; the file holds no graph")
        return
    show_table(
        [Column("op"), Column("nodes", "right")],
        [[[op], [f"{count:,}"]] for op, count in sorted(ops.items(), key=lambda item: (-item[1], item[0]))],
    )
