"""kerasfmt verify: says whether a file is whole, fits together, and only computes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.cli import status
from kerasfmt.cli.output import at_least_zero, say
from kerasfmt.printable import printable

if TYPE_CHECKING:
    import numpy.typing as npt

_VERIFY = """\
Check PATH and report what is damaged, what contradicts itself, and what would make a reader do more than compute:
Python calls, file ops, marshalled code, links, programs, pickles, names that lead elsewhere. All bytes are read, and no
code of the file runs. PATH is a SavedModel, HDF5, .keras, .weights.h5, .weights.json or .npz file, or the prefix or the
directory of a checkpoint.
"""

_VERIFY_EXAMPLES = """\
examples:
  kerasfmt verify model.keras
  kerasfmt verify serving/model/1 --sarif > findings.sarif
  kerasfmt verify model.h5 --fail-on warning --json
  kerasfmt verify model.keras --inputs x.npz              NaN and infinities in the outputs
  kerasfmt verify serving/model/1 --against model.h5      the same outputs, on inputs that are made up

Each finding has a code, KF and three digits, that stays the same in every version; RULES.md lists them.
"""

_NEVER = "never"


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """The parser of the command's arguments.

    Args:
      commands: the subparsers to add it to.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="check whether a file is whole and safe",
        description=_VERIFY,
        epilog=_VERIFY_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="PATH", type=Path, help="what to check")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the report as JSON")
    form.add_argument("--sarif", action="store_true", help="print the report as SARIF 2.1.0")
    parser.add_argument(
        "--fail-on",
        choices=("error", "warning", "note", _NEVER),
        default="error",
        help="the least severity that makes the status 1 (%(default)s)",
    )
    parser.add_argument(
        "--inputs",
        metavar="X.npz",
        type=Path,
        help="arrays by the names of the model's inputs; the model runs on them",
    )
    parser.add_argument(
        "--against", metavar="OTHER", type=Path, help="another model, whose outputs have to be the same"
    )
    parser.add_argument(
        "--signature", metavar="NAME", help="the signature of a SavedModel that runs, instead of its layers"
    )
    parser.add_argument(
        "--tolerance",
        metavar="T",
        type=at_least_zero,
        help="largest difference of outputs, relative to the larger of 1 and the largest number in them (1e-4)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=int, default=0, help="of the inputs that are made up (%(default)s)"
    )
    parser.set_defaults(run=_verify)
    return parser


def _verify(options: argparse.Namespace) -> int:
    from kerasfmt import __version__
    from kerasfmt.verification.rule import Severity
    from kerasfmt.verification.sarif import to_sarif
    from kerasfmt.verification.verify import TOLERANCE, verify

    report = verify(
        options.source,
        inputs=None if options.inputs is None else _arrays(options.inputs, options.max_expansion),
        against=options.against,
        signature=options.signature,
        tolerance=TOLERANCE if options.tolerance is None else options.tolerance,
        seed=options.seed,
        max_expansion=options.max_expansion,
    )
    text = str(report)
    if options.json or options.sarif:
        text = json.dumps(to_sarif(report, __version__) if options.sarif else report.to_json(), indent=2)
    for line in text.split("\n"):
        say(line)
    fails = options.fail_on != _NEVER and report.fails(Severity(options.fail_on))
    return status.NO if fails else status.DONE


def _arrays(path: Path, max_expansion: float) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an `.npz`, texts too."""
    import numpy as np

    from kerasfmt.errors import CorruptFileError, MissingFileError
    from kerasfmt.limits import limited

    with limited(max_expansion):
        try:
            with np.load(path, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except FileNotFoundError as error:
            raise MissingFileError(f"{path}: expected an .npz archive, got nothing: no such file") from error
        except (OSError, ValueError, AttributeError, KeyError, EOFError) as error:
            raise CorruptFileError(
                printable(f"{path}: expected an .npz archive of inputs: {error}")
            ) from error
