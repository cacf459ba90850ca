"""The command kerasfmt: convert a model, or look into one."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import math
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasfmt.errors import KerasfmtError
from kerasfmt.gc_paused import gc_paused

if TYPE_CHECKING:
    from kerasfmt.ir import Model, Weight

_FAILED = 1
_MEGABYTE = 1_000_000
_LONG_WRITE = 50 * _MEGABYTE
"""From this size on, a conversion shows a progress bar."""

_DESCRIPTION = "Write and read Keras models on disk, with no TensorFlow in the process."

_EXAMPLES = """\
examples:
  kerasfmt inspect model.h5                     what a file holds: layers, weights, sizes
  kerasfmt convert model.h5 served/model/1      HDF5 to a SavedModel that TensorFlow Serving takes
  kerasfmt convert model.h5 out --no-optimizer  leave the optimizer's state behind
  kerasfmt convert --help                       every option

exit status: 0 done, 1 failed (one line on stderr says why), 2 the command line is wrong
"""

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

_INSPECT_EXAMPLES = """\
example:
  kerasfmt inspect resnet50.h5
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status of the command: 0 done, 1 failed; a wrong command line exits with 2.

    Args:
      arguments: the command line, without the command's name; by default that of the process.
    """
    options = _parser().parse_args(arguments)
    atexit.register(gc.freeze)  # or else the interpreter walks every object when it ends
    try:
        with gc_paused():
            options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except KeyboardInterrupt:
        print("kerasfmt: interrupted; nothing was changed", file=sys.stderr)
        return _FAILED
    except (KerasfmtError, OSError, ImportError, MemoryError) as error:
        _report(error, options.debug)
        return _FAILED
    except Exception as error:
        _report(error, options.debug, "internal error, please report it: ")
        return _FAILED
    return 0


def _report(error: BaseException, debug: bool, prefix: str = "") -> None:
    """One line on stderr; the traceback before it if `debug`."""
    if debug:
        traceback.print_exception(error)
    text = str(error) or type(error).__name__
    if prefix:
        text = f"{type(error).__name__}: {text} (--debug shows where)"
    print("kerasfmt: " + prefix + " ".join(text.split()), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    from kerasfmt import __version__

    parser = argparse.ArgumentParser(
        prog="kerasfmt",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kerasfmt {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_convert(commands)
    _add_inspect(commands)
    return parser


def _add_convert(commands: Any) -> None:
    parser = commands.add_parser(
        "convert",
        help="read a model and write it in another format",
        description=_CONVERT,
        epilog=_CONVERT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the model to read: HDF5 or .keras")
    parser.add_argument("target", metavar="DST", type=Path, help="where to write it: a directory")
    parser.add_argument(
        "--to",
        metavar="FORMAT",
        choices=("tf", "h5", "keras", "tf_keras"),
        help="format to write: tf (SavedModel), h5, keras (.keras of Keras 3), tf_keras (.keras of Keras 2)",
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
    parser.add_argument("--quiet", action="store_true", help="say nothing unless it fails")
    _add_debug(parser)
    parser.set_defaults(run=_convert)


def _add_inspect(commands: Any) -> None:
    parser = commands.add_parser(
        "inspect",
        help="show what a file holds",
        description="Show format, layers, weights and sizes of the model in SRC. No weight is read.",
        epilog=_INSPECT_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", type=Path, help="the model: HDF5 or .keras")
    _add_debug(parser)
    parser.set_defaults(run=_inspect)


def _add_debug(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")


def _convert(options: argparse.Namespace) -> None:
    from kerasfmt.api import load_model, may_overwrite, save_model

    if not options.overwrite and os.path.lexists(options.target) and not may_overwrite(options.target):
        return
    start = time.perf_counter()
    model = load_model(options.source, compile=not options.no_optimizer)
    with _progress(model, options.quiet):
        save_model(
            model,
            options.target,
            include_optimizer=not options.no_optimizer,
            save_format=options.to,
            save_traces=not options.no_traces,
        )
    if not options.quiet:
        seconds = time.perf_counter() - start
        print(
            f"{options.target}: {len(model.layers):,} layers, {model.count_params():,} parameters, "
            f"{_size(_bytes_below(options.target))}, {seconds:.2f} s"
        )


class _Watched:
    """A weight's value that tells how many of its bytes have been read."""

    def __init__(self, value: Any, advance: Callable[[int], None]) -> None:
        self._value = value
        self._advance = advance
        self.shape = tuple(value.shape)
        self.dtype = value.dtype

    def __getitem__(self, key: Any) -> Any:
        part = self._value[key]
        self._advance(part.nbytes)
        return part

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy as np

        array = np.asarray(self[()])
        return array if dtype is None else array.astype(dtype, copy=False)


@contextlib.contextmanager
def _progress(model: Model, quiet: bool) -> Iterator[None]:
    """A progress bar on stderr for a long write, if stderr is a terminal."""
    weights = [*model.weights, *model.optimizer_variables()]
    total = sum(_nbytes(weight) for weight in weights)
    if quiet or total < _LONG_WRITE or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("writing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("writing", total=total)
        for weight in weights:
            weight.value = _Watched(weight.value, lambda count: progress.advance(task, count))
        yield


def _inspect(options: argparse.Namespace) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from kerasfmt.errors import UnsupportedFormatError
    from kerasfmt.formats.hdf5.stored import open_model
    from kerasfmt.recognition import sniff

    found = sniff(options.source)
    if found == "keras":
        _inspect_archive(options.source)
        return
    if found != "h5":
        raise UnsupportedFormatError(f"{options.source}: SavedModel directories cannot be inspected yet")
    stored = open_model(options.source)
    classes = _layer_classes(stored.model_config)
    groups = [*stored.layers.items(), ("(top level)", stored.top_level)]
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("layer", "class", "weights"):
        table.add_column(heading, overflow="fold")
    for heading in ("parameters", "size"):
        table.add_column(heading, justify="right")
    for name, held in groups:
        if held or name in stored.layers:
            weights = "\n".join(f"{weight} {d.dtype}{list(d.shape)}" for weight, d in held)
            count, size = sum(d.size for _, d in held), sum(d.nbytes for _, d in held)
            table.add_row(Text(name), classes.get(name, ""), Text(weights), f"{count:,}", _size(size))
    everything = [d for _, held in groups for _, d in held]
    config = stored.model_config.get("config")
    name = config.get("name", "") if isinstance(config, dict) else ""
    lines = [
        f"{options.source}: Keras HDF5, {_size(options.source.stat().st_size)}",
        f"model: {stored.model_config.get('class_name')} {name}, "
        f"written by Keras {stored.keras_version or 'of an unknown version'}, "
        f"backend {stored.backend or 'unknown'}",
        f"total: {len(stored.layers):,} layers, {sum(d.size for d in everything):,} parameters, "
        f"{_size(sum(d.nbytes for d in everything))}",
        f"compiled: {'yes' if stored.training_config else 'no'}, "
        f"{len(stored.optimizer_weights):,} optimizer variables",
    ]
    console = Console(width=None if sys.stdout.isatty() else 160)
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    console.print(table)


def _inspect_archive(path: Path) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from kerasfmt.formats.keras_archive.reader import open_archive

    stored = open_archive(path)
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("object", "variables"):
        table.add_column(heading, overflow="fold")
    for heading in ("parameters", "size"):
        table.add_column(heading, justify="right")
    for owner, held in sorted(stored.variables.items()):
        variables = "\n".join(f"{n} {held[n].dtype}{list(held[n].shape)}" for n in sorted(held, key=_numeric))
        count, size = sum(d.size for d in held.values()), sum(d.nbytes for d in held.values())
        table.add_row(Text(owner or "(model)"), Text(variables), f"{count:,}", _size(size))
    name = (
        stored.config.get("config", {}).get("name", "")
        if isinstance(stored.config.get("config"), dict)
        else ""
    )
    console = Console(width=None if sys.stdout.isatty() else 160)
    for line in (
        f"{path}: .keras archive, {_size(path.stat().st_size)}",
        f"model: {stored.config.get('class_name')} {name}, "
        f"written by Keras {stored.keras_version or 'of an unknown version'}",
        f"members: {', '.join(f'{member} ({_size(size)})' for member, size in stored.members.items())}",
        f"compiled: {'yes' if stored.config.get('compile_config') else 'no'}, "
        f"{len(stored.variables.get('optimizer', {})):,} optimizer variables",
    ):
        console.print(Text(line), soft_wrap=True)
    console.print(table)


def _numeric(number: str) -> tuple[int, str]:
    return (int(number) if number.isdecimal() else sys.maxsize, number)


def _layer_classes(config: dict[str, Any]) -> dict[str, str]:
    """Class names by layer name, as far as the config has them."""
    inner = config.get("config")
    layers = inner.get("layers", []) if isinstance(inner, dict) else []
    found: dict[str, str] = {}
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            found[str(layer["config"].get("name"))] = str(layer.get("class_name"))
    return found


def _nbytes(weight: Weight) -> int:
    return math.prod(weight.shape) * weight.dtype.itemsize


def _bytes_below(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(entry.stat().st_size for entry in path.rglob("*") if entry.is_file())


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:,.1f} kB" if count < _MEGABYTE else f"{count / _MEGABYTE:,.1f} MB"
