"""The command kerasfmt: converts a model, shows what is in one, compares two, or checks one."""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Sequence

from kerasfmt.cli import convert, diff, inspect, status, verify
from kerasfmt.cli.output import Parser, complain, show_traceback, warnings_as_lines
from kerasfmt.errors import KerasfmtError
from kerasfmt.gc_paused import gc_paused
from kerasfmt.limits import FLOOR, MAX_EXPANSION

_DESCRIPTION = "Write and read Keras models on disk, with no TensorFlow in the process."

_EXAMPLES = """\
examples:
  kerasfmt inspect model.h5                     what a file holds: layers, weights, sizes
  kerasfmt convert model.h5 served/model/1      HDF5 to a SavedModel that TensorFlow Serving takes
  kerasfmt convert model.h5 out --no-optimizer  leave the optimizer's state behind
  kerasfmt diff model.h5 served/model/1         what differs between two models
  kerasfmt verify model.keras                   is it whole, and safe to load
  kerasfmt convert --help                       every option

"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command, as `kerasfmt.cli.status` lists them.

    A command's `run` gives None for DONE, or its status.

    Args:
      arguments: the command line, without the command's name; by default that of the process.
    """
    options = _parser().parse_args(arguments)
    atexit.register(gc.freeze)  # without this, the interpreter visits every object when it ends
    try:
        with gc_paused(), warnings_as_lines():
            answer: int | None = options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return status.FAILED
    except KeyboardInterrupt:
        complain("interrupted; nothing was changed")
        return status.FAILED
    except (KerasfmtError, OSError, ImportError, MemoryError) as error:
        _report(error, options.debug)
        return status.FAILED
    except Exception as error:
        _report(error, options.debug, "internal error, please report it: ")
        return status.FAILED
    return status.DONE if answer is None else answer


def _report(error: BaseException, debug: bool, prefix: str = "") -> None:
    """Prints one line on stderr, after the traceback if `debug`."""
    if debug:
        show_traceback(error)
    text = str(error) or type(error).__name__
    if prefix:
        text = f"{type(error).__name__}: {text} (--debug shows where)"
    complain(prefix + " ".join(text.split()))


def _parser() -> argparse.ArgumentParser:
    from kerasfmt import __version__

    parser = Parser(
        prog="kerasfmt",
        description=_DESCRIPTION,
        epilog=_EXAMPLES + status.HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kerasfmt {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (convert, inspect, diff, verify):
        _add_common(command.add_parser(commands))
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.epilog = f"{parser.epilog}\n{status.HELP}"
    parser.add_argument(
        "--max-expansion",
        metavar="N",
        type=float,
        default=MAX_EXPANSION,
        help="how many times its size SRC may take in memory, beyond %s MiB (%%(default)g; inf for no limit)"
        % (FLOOR >> 20),
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
