"""What the command says: every text passes through here, and is made safe to print."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn

from kerasfmt.printable import printable
from kerasfmt.typing import override, record

_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""


@record(frozen=True, eq=False)
class Column:
    """A column of a table.

    Attributes:
      heading: its heading.
      justify: the side on which its texts stand.
    """

    heading: str
    justify: Literal["left", "right"] = "left"


class Parser(argparse.ArgumentParser):
    """A parser of command lines whose errors are safe to print; its subparsers are too."""

    @override
    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def at_least_zero(text: str) -> float:
    """An option that is a number of at least 0.

    Raises:
      ValueError: it is none.
    """
    value = float(text)
    if not value >= 0:
        raise ValueError(text)
    return value


class PrintFile(argparse.Action):
    """An option that prints a file of the package and ends the command, as --help does.

    Args:
      option_strings: its names.
      find: finds the file.
      others: what argparse takes.
    """

    def __init__(self, option_strings: Sequence[str], find: Callable[[], Path], **others: Any) -> None:
        super().__init__(option_strings, **{**others, "nargs": 0, "dest": argparse.SUPPRESS})
        self._find = find

    @override
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(self._find().read_text(encoding="utf-8"), end="")
        parser.exit()


def say(line: str) -> None:
    """Prints one line."""
    print(printable(line))


def say_json(value: object) -> None:
    """Prints a value as JSON; every character beyond ASCII is escaped."""
    print(json.dumps(value, indent=2, allow_nan=False))


def complain(line: str) -> None:
    """Prints one line on stderr, after the name of the command."""
    print(f"kerasfmt: {printable(line)}", file=sys.stderr)


def show_table(columns: Sequence[Column], rows: Sequence[Sequence[Sequence[str]]]) -> None:
    """Prints a table as wide as the terminal.

    Args:
      columns: its columns.
      rows: for each column, the lines of the cell.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    class Output(Console):
        """A console that raises what ends its pipe, as print does."""

        @override
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    table = Table(box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.heading, justify=column.justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text("\n".join(map(printable, lines))) for lines in row))
    Output(width=None if sys.stdout.isatty() else _WIDTH).print(table)


def show_traceback(error: BaseException) -> None:
    """Prints where an error came from on stderr."""
    for lines in traceback.format_exception(error):
        print(*map(printable, lines.split("\n")[:-1]), sep="\n", file=sys.stderr)


@contextlib.contextmanager
def warnings_as_lines() -> Iterator[list[str]]:
    """A context in which each warning is one line on stderr; gives the list of them, which grows."""
    heard: list[str] = []

    def show(message: Warning | str, *_: object, **__: object) -> None:
        heard.append(str(message))
        complain(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        warnings.showwarning = show
        yield heard
