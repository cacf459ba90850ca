"""kerasfmt diff: compares two models."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kerasfmt.cli import status
from kerasfmt.cli.output import Column, PrintFile, at_least_zero, say, say_json, show_table
from kerasfmt.cli.progress import progress_bar

if TYPE_CHECKING:
    from kerasfmt.comparison.records import ArrayComparison, Change, Comparison, FunctionChange

_DIFF: Final = """\
Compare two models, or two files of weights, of any formats: configs in the same words whatever the dialects, weights,
what they are compiled with, the state of the optimizer; of two SavedModels also signatures and functions, node by
node. Weights alone are compared in the model of the other file, if they fit it. What only one of them can hold is
named, and is no difference.
"""

_DIFF_EXAMPLES: Final = """\
examples:
  kerasfmt diff model.h5 serving/model/1            is the one that is served the one that was trained?
  kerasfmt diff model.keras epoch7.weights.h5 --tolerance 1e-6
  kerasfmt diff serving/model/1 serving/model/2 --json
"""

_SHOWN: Final = 40
"""Differences of a kind that are shown; --json has all."""


def _schema() -> Path:
    from kerasfmt.comparison.compared_json import SCHEMA_FILE

    return SCHEMA_FILE


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The parser of the command's arguments.

    Args:
      commands: the subparsers to add it to.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        help="compare two models",
        description=_DIFF,
        epilog=_DIFF_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("a", metavar="A", type=Path, help="a model, weights, or a checkpoint")
    parser.add_argument("b", metavar="B", type=Path, help="another one")
    parser.add_argument(
        "--tolerance",
        metavar="T",
        type=at_least_zero,
        default=0.0,
        help="elements of weights differ if |a - b| > T * max(1, |a|, |b|) (%(default)g)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    parser.add_argument("--schema", action=PrintFile, find=_schema, help="print the JSON Schema of --json")
    parser.set_defaults(run=_diff)
    return parser


def _diff(options: argparse.Namespace) -> int:
    from kerasfmt.comparison.compared_json import to_json
    from kerasfmt.comparison.diff import compare, open_both

    one, two = open_both(options.a, options.b, options.max_expansion)
    with progress_bar("comparing", one.nbytes + two.nbytes) as progress:
        found = compare(one, two, options.tolerance, options.max_expansion, progress)
    if options.json:
        say_json(to_json(found))
    else:
        _show(found)
    return status.DONE if found.same else status.NO


def _show(found: Comparison) -> None:
    verdict = "the same" if found.same else "they differ"
    say(f"{found.a} ({found.formats[0]}) and {found.b} ({found.formats[1]}): {verdict}")
    _show_changes("config", found.config)
    _show_arrays("weights", found.weights)
    _show_changes("optimizer", found.optimizer)
    _show_arrays("optimizer variables", found.optimizer_weights)
    _show_changes("signatures", found.signatures)
    if found.functions:
        say(f"functions: {_count(len(found.functions))}")
        groups = [(function, len(list(equal))) for function, equal in groupby(found.functions)]
        for function, times in groups[:_SHOWN]:
            _show_function(function, times)
        _show_rest(len(groups))
    for sentence in found.not_compared:
        say(f"not compared: {sentence}")


def _show_changes(title: str, changes: Sequence[Change]) -> None:
    if changes:
        say(f"{title}: {_count(len(changes))}")
        for change in changes[:_SHOWN]:
            say(f"  {_change(change)}")
        _show_rest(len(changes))


def _change(change: Change) -> str:
    if change.kind != "changed":
        value = change.b if change.a is None else change.a
        return f"{change.where}: {change.kind}: {_short(value)}"
    return f"{change.where}: {_short(change.a)}, {_short(change.b)}"


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:80]}..." if len(text) > 80 else text


def _show_arrays(title: str, found: ArrayComparison) -> None:
    if not found.changes:
        if found.count:
            say(f"{title}: {found.count:,} of {found.count:,} are the same")
        return
    say(f"{title}: {len(found.changes):,} of {found.count:,} differ")
    columns = [Column(heading) for heading in ("name", "a", "b")]
    columns += [Column(heading, "right") for heading in ("elements", "largest", "relative")]
    rows = [
        [
            [change.name],
            [change.a or "-"],
            [change.b or "-"],
            *(
                [f"{change.elements:,}"],
                [_number(change.largest_absolute)],
                [_number(change.largest_relative)],
            ),
        ]
        for change in found.changes[:_SHOWN]
    ]
    show_table(columns, rows)
    _show_rest(len(found.changes))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _show_function(found: FunctionChange, times: int) -> None:
    """Shows a difference that so many functions of one name have."""
    ops = ", ".join(f"{op} -{a} +{b}" for op, (a, b) in found.ops.items())
    rewired = f"{found.rewired:,} nodes with other inputs" if found.rewired else ""
    kind = "" if found.kind == "changed" else found.kind
    name = found.name if times == 1 else f"{found.name} ({times:,} times)"
    say(f"  {name}: {'; '.join(part for part in (kind, ops, rewired) if part) or 'attributes'}")
    for change in found.attributes[:_SHOWN]:
        say(f"    {_change(change)}")
    _show_rest(len(found.attributes))


def _show_rest(count: int) -> None:
    if count > _SHOWN:
        say(f"  and {count - _SHOWN:,} more; --json shows all")


def _count(number: int) -> str:
    return f"{number:,} difference{'' if number == 1 else 's'}"
