"""kerasfmt convert: reads a model and writes it in another format."""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.cli.output import say, warnings_as_lines
from kerasfmt.cli.progress import progress_bar
from kerasfmt.cli.retarget import TARGETS, retarget
from kerasfmt.errors import InvalidModelError, MissingFileError, SaveError, UnsupportedFormatError
from kerasfmt.formats import FORMATS
from kerasfmt.limits import limited
from kerasfmt.printable import printable

if TYPE_CHECKING:
    from kerasfmt.formats.format import Format
    from kerasfmt.ir import Model, Weight

_CONVERT = """\
Read the model in SRC and write it to DST: a SavedModel, HDF5, or a .keras archive of Keras 3 or of tf_keras, each
from each; SRC may also be an architecture as JSON, with --weights. Predictions are equal. The state of the optimizer
is kept where DST can hold it; a warning names what it cannot hold. The format of SRC is found from its content, that
of DST from its suffix: .h5, .keras, and none for a SavedModel directory, whose name may have dots (model.v2). Suffixes
of other kinds of files (.onnx) and URLs are refused. DST is replaced in one step when everything is written; if
anything fails, it stays as it was. A directory that holds files of another kind is never replaced.
"""

_CONVERT_EXAMPLES = """\
examples:
  kerasfmt convert resnet50.h5 resnet50
  kerasfmt convert resnet50.h5 serving/resnet50/1 --no-optimizer --quiet
  kerasfmt convert resnet50.h5 resnet50.keras
  kerasfmt convert serving/resnet50/1 resnet50.keras --strict    nothing may be lost
  kerasfmt convert old.keras new.keras --to tf_keras   a .keras file that tf_keras and Keras 2 open
  kerasfmt convert model.json model.keras --weights weights.h5    what to_json and save_weights of Keras wrote
  kerasfmt convert weights.h5 model.keras --architecture model.json    the same
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
    parser.add_argument(
        "source", metavar="SRC", type=Path, help="the model to read: a SavedModel, HDF5 or .keras"
    )
    parser.add_argument("target", metavar="DST", type=Path, help="where to write it: a file or a directory")
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=tuple(written),
        help=f"format to write: {', '.join(f'{name} ({found.title})' for name, found in written.items())}",
    )
    parser.add_argument(
        "--weights",
        metavar="FILE",
        type=Path,
        help="give the model these weights; SRC may be its architecture as JSON",
    )
    parser.add_argument(
        "--architecture",
        metavar="FILE",
        type=Path,
        help="SRC holds the weights of this architecture, as JSON",
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
    parser.add_argument(
        "--strict", action="store_true", help="fail on any warning, and write nothing: all of SRC is in DST"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")
    parser.add_argument(
        "--target-tf", choices=TARGETS, help="write the SavedModel in SRC for an older TensorFlow"
    )
    parser.set_defaults(run=_convert)
    return parser


def _convert(options: argparse.Namespace) -> None:
    if options.target_tf:
        with warnings_as_lines() as heard:
            retarget(options, _refusing(heard, options.target) if options.strict else None)
        return
    from kerasfmt.api import write_model
    from kerasfmt.files.overwrite import may_write
    from kerasfmt.formats.detect import format_at, format_for
    from kerasfmt.formats.format import WriteArguments
    from kerasfmt.printable import byte_size

    source, target = options.source, options.target
    found = format_for(target, options.to)
    if not may_write(target, options.overwrite):
        return
    start = time.perf_counter()
    with warnings_as_lines() as heard:
        model = _model(options)
        with limited(options.max_expansion):
            _warn_of_losses(model, source, format_at(source), found)
        check = _refusing(heard, target) if options.strict else None
        if check is not None:
            check()
        total = sum(map(_nbytes, (*model.weights, *model.optimizer_variables())))
        with progress_bar("writing", total, options.quiet) as progress:
            arguments = WriteArguments(
                include_optimizer=not options.no_optimizer,
                save_traces=not options.no_traces,
                progress=progress,
            )
            write_model(model, target, found, arguments, flush=not options.no_flush, check=check)
    if not options.quiet:
        seconds = time.perf_counter() - start
        say(
            f"{target}: {len(model.layers):,} layers, {model.count_params():,} parameters, "
            f"{byte_size(_bytes_below(target))}, {seconds:.2f} s"
        )


def _model(options: argparse.Namespace) -> Model:
    """The model in SRC, with the weights that are given beside it."""
    from kerasfmt.api import load_model, load_weights
    from kerasfmt.formats.detect import format_at

    source, limit, compiled = options.source, options.max_expansion, not options.no_optimizer
    if options.architecture is not None:
        return _of_architecture(options)
    if options.weights is None:
        return load_model(source, compile=compiled, max_expansion=limit)
    read = format_at(source).read_architecture
    if read is None:
        model = load_model(source, compile=compiled, max_expansion=limit)
    else:
        with limited(limit):
            model = read(source, None)
    load_weights(model, options.weights, max_expansion=limit)
    return model


def _of_architecture(options: argparse.Namespace) -> Model:
    """The model of `--architecture`, with the weights in SRC."""
    from kerasfmt.api import load_weights
    from kerasfmt.formats.detect import format_at

    source, file = options.source, options.architecture
    if options.weights is not None:
        raise InvalidModelError(
            f"--architecture {file}: SRC, {source}, holds its weights; leave out --weights {options.weights}"
        )
    if not file.suffix and not file.exists():
        name = file.name if file.name.isidentifier() else "NAME"
        make = f"import keras; print(keras.applications.{name}(weights=None).to_json())"
        raise MissingFileError(
            f"--architecture {file}: no such file; kerasfmt builds no architecture by its name. Make its JSON once, "
            f'where Keras is: python -c "{make}" > {name}.json (with include_top=False, if {source} is without the '
            f"top); then pass --architecture {name}.json"
        )
    given = format_at(file)
    read = given.read_architecture
    if read is None:
        raise UnsupportedFormatError(
            f"--architecture {file}: expected the architecture of a model as JSON, got {given.title}"
        )
    with limited(options.max_expansion):
        model = read(file, None)
    load_weights(model, source, max_expansion=options.max_expansion)
    return model


def _warn_of_losses(model: Model, source: Path, read: Format, written: Format) -> None:
    """Warns of what the source holds that the target will not."""
    sentences = [*(read.unread(source) if read.unread else ())]
    sentences += written.unheld(model) if written.unheld else ()
    for sentence in sentences:
        warnings.warn(printable(sentence), stacklevel=2)


def _refusing(heard: Sequence[str], target: Path) -> Callable[[], None]:
    """A function that raises an error if there was a warning."""

    def check() -> None:
        if heard:
            count = f"{len(heard)} warning{'' if len(heard) == 1 else 's'}"
            raise SaveError(f"{target}: {count}, and --strict allows none; nothing was written")

    return check


def _nbytes(weight: Weight) -> int:
    return math.prod(weight.shape) * weight.dtype.itemsize


def _bytes_below(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())
