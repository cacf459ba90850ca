"""Published attacks on these formats, and on the libraries that read them: each file is refused, or is harmless.

A file is read in a process of its own, under limits on time and memory. A hook of Python's interpreter notes what no
reader does: running code, starting processes, opening connections, opening files elsewhere.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

import kerasfmt
from conformance.attack.hostile import archives, arrays, checkpoints, configs, hdf5_bytes, hdf5_files
from conformance.attack.hostile.case import SECRET, Hostile, Place
from conformance.attack.result import Result
from conformance.fuzz import run
from kerasfmt import cli, layers
from kerasfmt.containers import tensorbundle
from kerasfmt.layers import Dense

CASES: Final[tuple[Hostile, ...]] = tuple(
    case
    for module in (configs, archives, hdf5_files, hdf5_bytes, arrays, checkpoints)
    for case in module.CASES
)
"""Every published attack."""

_FORBIDDEN: Final = (
    "ctypes.", "ftplib.", "http.client.", "marshal.loads", "os.chdir", "os.exec", "os.fork", "os.link",
    "os.posix_spawn", "os.spawn", "os.symlink", "os.system", "pickle.", "socket.", "subprocess.", "urllib.",
    "webbrowser.",
)  # fmt: skip
"""What no reader does, as the names of the interpreter's audit events begin."""
_ELSEWHERE: Final = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "shutil.")
"""What a reader does in the folder for temporary files only."""


def attack(long: bool) -> Iterator[Result]:
    """A result for each published attack; there is no longer form."""
    warm()
    for case in CASES:
        yield Result(f"published: {case}", 1, tuple(findings(case)))


def warm() -> None:
    """Reads a healthy file of each kind, so that nothing is imported while a hostile one is read."""
    for public in layers.__all__:
        getattr(layers, public)
    with tempfile.TemporaryDirectory() as name:
        healthy = _target()
        healthy.compile("adam", "mse", ["mae"])  # its modules are imported when a file names such things
        for suffix in ("npz", "weights.h5", "keras", "h5"):
            path = Path(name) / f"healthy.{suffix}"
            (kerasfmt.save_model if suffix in ("keras", "h5") else kerasfmt.save_weights)(healthy, path)
            _read(path, healthy=True)
        directory = Path(name) / "healthy"
        kerasfmt.save_model(healthy, directory)
        _read(directory, healthy=True)
        prefix = Path(name) / "checkpoint"
        kerasfmt.save_weights(healthy, prefix, save_format="tf")
        _read(prefix, healthy=True)


def findings(case: Hostile) -> Iterator[str]:
    """What a reader did with a hostile file that it must not do."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        place = Place(root / "a" / "b" / "folder", root / "canary", root / "secret")
        place.folder.mkdir(parents=True)
        place.secret.write_bytes(SECRET)
        temporary = root / "temporary"
        temporary.mkdir()
        path = case.make(place)
        before = _tree(root)
        outcome = run.limited(partial(_watched, path, root, temporary))
        if outcome.result != case.expected:
            yield f"{case}: expected {case.expected}, got {outcome.result}: {outcome.detail}"
        for changed in sorted(_tree(root) ^ before):
            if not changed.startswith("temporary"):
                yield f"{case}: {changed} was made or removed"


def _tree(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


class HookError(BaseException):
    """A reader did what no reader does; nothing catches it."""


def _watched(path: Path, root: Path, temporary: Path) -> None:
    """Reads a file; raises what the reader raises, or the error of the hook."""
    seen: list[str] = []
    tempfile.tempdir = str(temporary)
    sys.addaudithook(partial(note, seen, path, temporary))
    try:
        _read(path)
    finally:
        if seen:
            raise HookError("; ".join(seen))


def note(seen: list[str], path: Path, temporary: Path, event: str, arguments: tuple[Any, ...]) -> None:
    """The hook: notes what no reader does."""
    if event.startswith(_FORBIDDEN) or (event == "exec" and not _is_installed(arguments[0].co_filename)):
        seen.append(f"{event} {arguments!r:.200}")
    elif event.startswith(_ELSEWHERE) and isinstance(arguments[0], str | bytes | os.PathLike):
        opened = os.path.abspath(os.fsdecode(arguments[0]))
        own = opened.startswith((str(path), str(temporary)))
        writes = event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if not own and (
            writes or not (_is_installed(opened) or opened.startswith(("/proc", "/dev", "/sys")))
        ):
            seen.append(f"{event} {opened}")


def _is_installed(path: str) -> bool:
    """Whether a file is of this Python, of an installed package, or of this project."""
    roots = (sys.prefix, sys.base_prefix, str(Path(kerasfmt.__file__).parents[1]))
    return path.startswith((*roots, "<frozen"))


def _target() -> kerasfmt.Model:
    """The model that takes weights of hostile files."""
    kerasfmt.clear_session()
    return kerasfmt.Sequential([Dense(7, input_shape=(16,), name="layer")], name="model")


def _read(path: Path, healthy: bool = False) -> None:
    """Everything that a reader does with a file; raises the error that refuses it.

    A file is refused if the verb that it is for refuses it. The other verbs have to end in an error of ours.
    """
    report = kerasfmt.verify(path)
    if report.fails() is healthy:
        raise HookError(f"verify: {report}")
    if path.with_name(f"{path.name}.index").exists():
        bundle = tensorbundle.read(path)
        bundle.verify()
        for tensor in bundle.values():
            _show(np.asarray(tensor))
        return
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert cli.main(["inspect", str(path)]) in (0, 3)
        atexit.unregister(gc.freeze)  # the command expects to be the last thing that its process does
    target = _target()
    refusals: list[kerasfmt.KerasfmtError | None] = []
    for verb in (kerasfmt.load_model, partial(kerasfmt.load_weights, target)):
        refusals.append(None)
        try:
            model = verb(path) or target
            for weight in model.weights:
                _show(np.asarray(weight.value))
            model.predict([np.ones([2, *(d or 7 for d in t.shape[1:])], t.dtype.numpy) for t in model.inputs])
        except kerasfmt.KerasfmtError as error:
            refusals[-1] = error
    refusal = refusals[path.name.endswith((".npz", ".weights.json", ".weights.h5"))]
    if refusal is not None:
        raise refusal


def _show(array: np.ndarray[Any, Any]) -> None:
    if SECRET[:32] in array.tobytes():
        raise HookError("a weight shows a file of the victim")
