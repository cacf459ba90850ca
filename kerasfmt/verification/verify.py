"""The verb `verify`: recognizes what is at a path, and runs the checks that it calls for."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from kerasfmt import limits
from kerasfmt.containers.hdf5.opening import opened
from kerasfmt.containers.hdf5.signature import MAGIC, is_hdf5
from kerasfmt.containers.zip.records import END_MAGIC, LOCAL_MAGIC
from kerasfmt.errors import CorruptFileError, MissingFileError, UnsafeFileError
from kerasfmt.formats import architecture, checkpoint, hdf5, keras_archive, npz, saved_model
from kerasfmt.formats.checkpoint.layout import INDEX, STATE
from kerasfmt.formats.checkpoint.prefixes import is_index, is_unnamed
from kerasfmt.formats.keras_archive.layout import MAP_SUFFIX
from kerasfmt.formats.keras_archive.shard_files import names_in, read_map, read_shards
from kerasfmt.formats.saved_model.layout import SAVED_MODEL, SAVED_MODEL_TEXT
from kerasfmt.verification.archive import check_archive
from kerasfmt.verification.checkpoint import check_checkpoint
from kerasfmt.verification.config import check_config
from kerasfmt.verification.files import check_head, check_name, head_of
from kerasfmt.verification.finding import Findings, Report
from kerasfmt.verification.hdf5 import check_hdf5
from kerasfmt.verification.loading import check_loading
from kerasfmt.verification.rules import integrity, reading, unsafe
from kerasfmt.verification.running import check_outputs
from kerasfmt.verification.saved_model import check_saved_model

TOLERANCE: Final = 1e-4
"""The difference of two outputs that counts as none; float32 in another order differs by a tenth of it."""


def verify(
    path: str | os.PathLike[str],
    *,
    inputs: Mapping[str, npt.NDArray[Any]] | None = None,
    against: str | os.PathLike[str] | None = None,
    signature: str | None = None,
    tolerance: float = TOLERANCE,
    seed: int = 0,
    max_expansion: float = limits.MAX_EXPANSION,
) -> Report:
    """What is damaged in a file, what contradicts itself, and what would make its reader do more than compute.

    All bytes are read, and no code of the file is run. RULES.md lists what can be found.

    Args:
      path: a SavedModel, HDF5, `.keras`, `.weights.h5`, `.weights.json` or `.npz` file, or the prefix or directory of a
        checkpoint.
      inputs: arrays by the names of the model's inputs, on which it runs in NumPy.
      against: another model, which runs on the same inputs, or on inputs that are made up.
      signature: the signature of a SavedModel that runs, instead of the model's layers.
      tolerance: the largest difference of two outputs, relative to the larger of 1 and the largest number in them.
      seed: of inputs that are made up.
      max_expansion: how many times its size the file may take in memory, as in `load_model`.

    Example:
      >>> model = kerasfmt.Sequential([kerasfmt.layers.Dense(2, input_shape=(3,))])
      >>> kerasfmt.save_model(model, "saved_model")
      >>> report = kerasfmt.verify("saved_model")
      >>> report.findings, report.fails()
      ((), False)
      >>> with open("saved_model/assets/run.sh", "w") as script:
      ...     print("#!/bin/sh", file=script)
      >>> [finding.rule.code for finding in kerasfmt.verify("saved_model").findings]
      ['KF332', 'KF331']

    Raises:
      ValueError: `tolerance` or `max_expansion` is no number, or negative.
    """
    if not tolerance >= 0:
        raise ValueError(f"tolerance: expected a number of at least 0, got {tolerance!r}")
    findings = Findings(Path(path))
    title, has_model = "", False
    with limits.limited(max_expansion), findings.attempt():
        title, has_model = _check(findings, Path(path))
    if has_model:
        check_loading(findings, Path(path), max_expansion)
    if inputs is not None or against is not None:
        other = None if against is None else Path(against)
        check_outputs(findings, Path(path), inputs, other, signature, tolerance, seed, max_expansion)
    return findings.report(title)


def _check(findings: Findings, path: Path) -> tuple[str, bool]:
    """Checks what is at a path: what it is, and whether it holds a model with layers."""
    check_name(findings, path.name, "")
    if is_unnamed(path) or (not path.is_dir() and is_index(path)):
        check_checkpoint(findings, path)
        return checkpoint.FORMAT.title, False
    if path.name.endswith(INDEX) and path.is_file():
        prefix = path.with_name(path.name.removesuffix(INDEX))
        check_checkpoint(findings, prefix)
        return checkpoint.FORMAT.title, False
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        findings.add(reading.UNREADABLE, f"{getattr(error, 'strerror', None) or error}")
        return "", False
    if stat.S_ISDIR(mode):
        return _check_directory(findings, path)
    if not stat.S_ISREG(mode):
        findings.add(unsafe.SPECIAL_FILE, "is neither a file nor a directory")
        return "", False
    return _check_file(findings, path)


def _check_directory(findings: Findings, path: Path) -> tuple[str, bool]:
    if any((path / name).exists() for name in (SAVED_MODEL, SAVED_MODEL_TEXT)):
        return saved_model.FORMAT.title, check_saved_model(findings, path)
    if (path / STATE).is_file():
        check_checkpoint(findings, path)
        return checkpoint.FORMAT.title, False
    findings.add(reading.UNKNOWN_FORMAT, f"is a directory without {SAVED_MODEL} and without a file {STATE}")
    return "", False


def _check_file(findings: Findings, path: Path) -> tuple[str, bool]:
    head = head_of(path)
    if not path.name.endswith(MAP_SUFFIX) and architecture.is_architecture(path):
        check_config(findings, architecture.parsed(path), "")
        return architecture.FORMAT.title, False
    if path.name.endswith(MAP_SUFFIX) or head[:1] == b"{":
        return _check_shards(findings, path)
    if is_hdf5(path):
        if not head.startswith(MAGIC):
            findings.add(unsafe.BYTES_BETWEEN, "has bytes before its HDF5 header")
            check_head(findings, head, "")
        has_model = False
        with opened(path) as file:
            has_model = check_hdf5(findings, file, "")
        return hdf5.FORMAT.title, has_model
    if head.startswith((LOCAL_MAGIC, END_MAGIC)) or zipfile.is_zipfile(path):
        if not head.startswith((LOCAL_MAGIC, END_MAGIC)):
            check_head(findings, head, "")
        if check_archive(findings, path):
            with findings.attempt():
                _check_arrays(findings, path)
            return npz.FORMAT.title, False
        return keras_archive.FORMAT.title, not findings.has(reading.UNKNOWN_FORMAT)
    check_head(findings, head, "")
    findings.add(reading.UNKNOWN_FORMAT, f"begins with {head[:8]!r}")
    return "", False


def _check_arrays(findings: Findings, path: Path) -> None:
    """The headers of the arrays of an `.npz`; where something was found before, its reader says nothing new."""
    if not findings.fails():
        findings.checked["arrays"] += len(npz.open_arrays(path))


def _check_shards(findings: Findings, path: Path) -> tuple[str, bool]:
    names: set[str] = set()
    with findings.attempt(rules={UnsafeFileError: unsafe.PATH_OUTSIDE}):
        names = names_in(read_map(path), str(path))
    for name in sorted(names):
        shard = path.with_name(name)
        with findings.attempt(name, rules={MissingFileError: integrity.MISSING_BYTES}):
            if shard.is_symlink():
                findings.add(unsafe.LINK, "is a symbolic link", name)
                continue
            with opened(shard) as file:
                check_hdf5(findings, file, name)
    if names and not findings.fails():
        with findings.attempt(rules={CorruptFileError: integrity.HEADERS_DISAGREE}):
            read_shards(path, lambda file: file.check_total())
    return "weights in shards", False
