"""Reads one input in a process of its own: what came of it, how long it took, how much memory it took."""

from __future__ import annotations

import contextlib
import faulthandler
import json
import math
import os
import resource
import select
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

import kerasfmt
from conformance.fuzz.corpus import branches, corpus, stack
from conformance.fuzz.spoil import BYTES
from conformance.fuzz.spoil_checkpoint import CHECKPOINT, put as put_checkpoint
from conformance.fuzz.spoil_hdf5 import HDF5, Spoil
from conformance.fuzz.spoil_npz import NPZ
from conformance.fuzz.spoil_saved_model import SAVED_MODEL, put as put_saved_model
from conformance.fuzz.spoil_zip import ZIP
from kerasfmt import ir
from kerasfmt.errors import KerasfmtError
from kerasfmt.formats.described_json import to_json
from kerasfmt.formats.described_text import lines
from kerasfmt.formats.detect import described_format_at
from kerasfmt.formats.statistics import statistics
from kerasfmt.verification.rules import reading

KINDS: dict[str, dict[str, Spoil]] = {
    "hdf5": {**BYTES, **HDF5},
    "keras": {**BYTES, **ZIP},
    "npz": {**BYTES, **NPZ},
    "checkpoint": CHECKPOINT,
    "saved_model": SAVED_MODEL,
}
SUFFIXES = {"hdf5": ".h5", "keras": ".keras", "npz": ".npz", "checkpoint": "", "saved_model": ".saved_model"}
MEMORY = 1 << 30
"""Bytes of address space that an input may take beside what the process has."""
_LARGE_INPUT = 1 << 20
"""Elements of an input from which on a model does not predict here."""
SECONDS = 20.0
"""Time of the processor that an input may take."""
_PATIENCE = 10
"""What an input may take by the clock, as a multiple: other processes use the processor too."""
FINDINGS = ("crash", "hang", "memory", "foreign error")


@dataclass(frozen=True)
class Outcome:
    """What came of an input.

    Attributes:
      result: "loaded", the name of the error's class, or one of FINDINGS.
      detail: the error's message, or the traceback of one that is not ours.
      seconds: how long it took.
      memory: bytes of resident memory that it took beside those that the process had.
    """

    result: str
    detail: str
    seconds: float
    memory: int

    @property
    def is_finding(self) -> bool:
        """Whether the reader did what it must not do."""
        return self.result in FINDINGS


def make(reader: str, seed: int, number: int, scratch: Path) -> tuple[str, bytes]:
    """The kind and the bytes of an input."""
    random = Random(f"{reader}/{seed}/{number}")
    files = corpus(reader, scratch)
    kinds = list(KINDS[reader])
    kind = kinds[number % len(kinds)]
    return kind, KINDS[reader][kind](random, random.choice(files), files)


COPIES = {"copy.h5": "h5", "copy.keras": "keras", "copy2.keras": "tf_keras", "copy": "tf"}
"""The files that a model is saved to once it is read: name and format."""


def put(reader: str, data: bytes, path: Path) -> None:
    """Writes an input: a file, or the files of a checkpoint or of a SavedModel."""
    if reader == "checkpoint":
        put_checkpoint(data, path)
    elif reader == "saved_model":
        put_saved_model(data, path)
    else:
        path.write_bytes(data)


def use(path: Path) -> None:
    """Everything that a reader does with a file, to the last weight; raises the error of `load_model`.

    A file that is no model may still hold weights: it is one that can be used if a model takes them. One that is
    a model predicts, and is saved in every format; both may refuse it. So may what shows and compares it. No check
    of `verify` fails.
    """
    for look in (_inspect, _compare):
        with contextlib.suppress(KerasfmtError):
            look(path)
    assert reading.CHECK_FAILED not in {found.rule for found in kerasfmt.verify(path).findings}
    if not path.suffix:
        _use_checkpoint(path)
        return
    if path.is_dir():
        with contextlib.suppress(KerasfmtError):
            _use_graph(path)
    try:
        model = kerasfmt.load_model(path)
    except KerasfmtError:
        taken = [_takes(model, path, by_name) for model in _targets() for by_name in (False, True)]
        if not any(taken):
            if path.suffix == ".npz":  # which is no model: what counts is the error of its weights
                kerasfmt.load_weights(_targets()[0], path)
            raise
        return
    for weight in model.weights:
        np.asarray(weight.value)
    if model.training_config is not None:
        for weight in model.training_config.variables:
            np.asarray(weight.value)
    model.get_config()
    _predict(model)
    with tempfile.TemporaryDirectory() as scratch, contextlib.suppress(KerasfmtError):
        model.plot(Path(scratch) / "picture.svg")
    for name, save_format in COPIES.items():
        with tempfile.TemporaryDirectory() as scratch, contextlib.suppress(KerasfmtError):
            kerasfmt.save_model(model, Path(scratch) / name, save_format=save_format, flush=False)
            if name == "copy.h5":
                kerasfmt.diff(path, Path(scratch) / name)
    kerasfmt.load_weights(model, path)


def _inspect(path: Path) -> None:
    """Shows the file as a person and as a program see it, with its ops and what its weights are like."""
    found = described_format_at(path)
    assert found.describe is not None
    described = found.describe(path)
    "".join(lines(described))
    json.dumps(to_json(described, None, lambda weight: statistics(weight.array)))
    if described.count_ops is not None:
        described.count_ops()


def _compare(path: Path) -> None:
    kerasfmt.diff(path, path)


def _use_checkpoint(prefix: Path) -> None:
    """A checkpoint need not be that of a model: what counts is the error of opening it, and of its arrays."""
    checkpoint = kerasfmt.open_checkpoint(prefix)
    repr((checkpoint, checkpoint.objects, list(checkpoint.root.walk()) if checkpoint.root else ()))
    for model in _targets():
        for by_name in (False, True):
            _takes(model, prefix, by_name)
    for tensor in checkpoint.values():
        array = np.asarray(tensor)
        if array.ndim:
            np.testing.assert_array_equal(tensor[:1], array[:1])
    checkpoint.verify()


def _use_graph(path: Path) -> None:
    """Runs every signature of a SavedModel on a small batch, and writes the graph again."""
    graph = kerasfmt.load_graph_model(path)
    graph.missing_ops()
    for signature in graph.signatures.values():
        shapes = {name: [size or 3 for size in spec.shape or ()] for name, spec in signature.inputs.items()}
        if all(math.prod(shape) <= _LARGE_INPUT for shape in shapes.values()):
            arrays = {
                name: np.ones(shape, signature.inputs[name].dtype.numpy) for name, shape in shapes.items()
            }
            with contextlib.suppress(KerasfmtError):
                signature(**arrays)
    with tempfile.TemporaryDirectory() as scratch:
        kerasfmt.save_model(graph, Path(scratch) / "copy", flush=False)


def _predict(model: ir.Model) -> None:
    """Predicts on a small batch, where the inputs of the model are small; it may say that it needs too much."""
    shapes = [[3 if size is None else size for size in tensor.shape or ()] for tensor in model.inputs]
    if any(math.prod(shape) > _LARGE_INPUT for shape in shapes):
        return
    arrays = [np.ones(shape, t.dtype.numpy) for shape, t in zip(shapes, model.inputs, strict=True)]
    with contextlib.suppress(KerasfmtError):
        model.predict(arrays if len(arrays) > 1 else arrays[0])


@lru_cache
def _targets() -> tuple[ir.Model, ...]:
    """Models to load weights into; made once, as each child of this process has them for its own."""
    return stack(), branches()


def _takes(model: ir.Model, path: Path, by_name: bool) -> bool:
    try:
        kerasfmt.load_weights(model, path, by_name=by_name)
    except KerasfmtError:
        return False
    except ValueError as error:
        if "by_name=True is for" not in str(error):
            raise
        return False
    for weight in model.weights:
        np.asarray(weight.value)
    return not by_name


def warm(scratch: Path) -> None:
    """Imports what a reader imports when it is first used: that is no input's time and memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for reader in KINDS:
            for number, data in enumerate(corpus(reader, scratch)):
                # The HDF5 library keeps open what a weight still lies in: each file has a name of its own.
                path = scratch / f"valid{number}{SUFFIXES[reader]}"
                put(reader, data, path)
                use(path)
        _targets()


def read(path: Path, seconds: float = SECONDS, memory: int = MEMORY) -> Outcome:
    """What comes of a file, read by a child of this process under limits."""
    return limited(lambda: use(path), seconds, memory)


def limited(action: Callable[[], None], seconds: float = SECONDS, memory: int = MEMORY) -> Outcome:
    """What comes of an action in a child of this process."""
    source, sink = os.pipe()
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os.close(source)
        _act(action, sink, seconds, memory)
    os.close(sink)
    answer = b""
    try:
        while select.select([source], [], [], max(0.0, began + _PATIENCE * seconds - time.perf_counter()))[0]:
            piece = os.read(source, 1 << 16)
            if not piece:
                break
            answer += piece
        else:
            os.kill(child, signal.SIGKILL)
    finally:
        os.close(source)
        _, status, _ = os.wait4(child, 0)
    took = time.perf_counter() - began
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL):
        return Outcome("hang", f"stopped after {took:.0f} s", took, 0)
    if status or not answer:
        return Outcome("crash", f"wait status {status}", took, 0)
    found = json.loads(answer)
    return Outcome(found["result"], found["detail"], took, found["memory"])


def _act(action: Callable[[], None], sink: int, seconds: float, memory: int) -> None:
    """In the child: acts, says how it went, and ends."""
    resident, address_space = _pages()
    limit = address_space + memory
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    result, detail = "loaded", ""
    warnings.simplefilter("ignore")
    faulthandler.disable()
    try:
        action()
    except MemoryError:
        result, detail = "memory", traceback.format_exc()
    except KerasfmtError as error:
        result, detail = type(error).__name__, str(error)
        if _ran_out(error):
            result = "memory"
    except BaseException:
        result, detail = "foreign error", traceback.format_exc()
    peak = max(0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - resident)
    answer: dict[str, Any] = {"result": result, "detail": detail[-4000:], "memory": peak}
    os.write(sink, json.dumps(answer).encode())
    os._exit(0)


def _pages() -> tuple[int, int]:
    """Resident bytes and address space of this process."""
    size, resident = Path("/proc/self/statm").read_text().split()[:2]
    page = resource.getpagesize()
    return int(resident) * page, int(size) * page


def _ran_out(error: BaseException | None) -> bool:
    """Whether an error of ours stands for memory that could not be had."""
    while error is not None:
        text = str(error).lower()
        if isinstance(error, MemoryError) or "memory alloc" in text or "unable to alloc" in text:
            return True
        error = error.__cause__
    return False


def versions() -> str:
    """What the inputs were read with."""
    return f"h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}, NumPy {np.__version__}"
