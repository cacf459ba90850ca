"""Checkpoints: the checksum of every tensor, the bytes of the data files, and the object graph against the tensors."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from kerasfmt import limits
from kerasfmt.containers import tensorbundle
from kerasfmt.containers.tensorbundle.bundle import data_path
from kerasfmt.containers.tensorbundle.reader import Bundle
from kerasfmt.errors import CorruptFileError, UnsafeFileError
from kerasfmt.formats.checkpoint.layout import INDEX, OBJECT_GRAPH_KEY, TABLE_ATTRIBUTE, TABLE_PARTS
from kerasfmt.formats.checkpoint.object_records import ObjectRecord, read_records
from kerasfmt.formats.checkpoint.prefixes import is_unnamed, unnamed_prefix
from kerasfmt.formats.checkpoint.state_file import read_state
from kerasfmt.verification.files import check_name
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rules import consistency, integrity, unsafe

_MAX_READS: Final = 2
"""Checksums are verified over at most this many times the bytes of the data files."""


def check_checkpoint(findings: Findings, path: Path) -> None:
    """Checks the checkpoint at a prefix, or the latest one of a directory.

    Args:
      findings: what was found.
      path: the prefix, or the index where the prefix has no name, or a directory with a file `checkpoint`.
    """
    if is_unnamed(path):
        _check(findings, unnamed_prefix(path), "")
        return
    prefix = path
    if path.is_dir():
        with findings.attempt("checkpoint", rules={UnsafeFileError: unsafe.PATH_OUTSIDE}):
            prefix = Path(read_state(path).latest)
        if prefix == path:
            return
    _check(findings, str(prefix), prefix.name)


def _check(findings: Findings, prefix: str, name: str) -> None:
    bundle = check_bundle(findings, prefix, name)
    if bundle is not None:
        with findings.attempt(f"{name}{INDEX}", OBJECT_GRAPH_KEY, {CorruptFileError: consistency.OBJECTS}):
            objects = read_records(bundle)
            if objects is not None:
                check_values(findings, bundle, objects, f"{name}{INDEX}")


def check_bundle(findings: Findings, prefix: str | Path, name: str) -> Bundle | None:
    """Checks every tensor of a TensorBundle; the bundle, if it could be opened.

    Args:
      findings: what was found.
      prefix: the prefix of its files.
      name: what findings call it.
    """
    bundle = None
    with findings.attempt(f"{name}{INDEX}"):
        limits.allowance_for(os.path.getsize(f"{prefix}{INDEX}"))
        bundle = tensorbundle.read(prefix)
    if bundle is None:
        return None
    sizes = {
        shard: _size(data_path(str(prefix), shard, bundle.num_shards))
        for shard in {place[0] for tensor in bundle.values() for place in tensor.extents}
    }
    for tensor_name in bundle:
        check_name(findings, tensor_name, f"{name}{INDEX}", tensor_name)
    findings.checked["tensors"] += len(bundle)
    findings.checked["bytes of tensors"] += sum(size for size in sizes.values() if size)
    _check_extents(findings, bundle, sizes, name)
    left = _MAX_READS * sum(size or 0 for size in sizes.values())
    for tensor in bundle.values():
        left -= sum(size for _, _, size in tensor.extents)
        if left < 0:
            return bundle  # tensors share bytes, which is a finding already
        if all(offset + size <= (sizes[shard] or 0) for shard, offset, size in tensor.extents):
            with findings.attempt(name, tensor.name, {CorruptFileError: integrity.CHECKSUM}):
                tensor.verify()
    return bundle


def _size(path: str) -> int | None:
    return os.path.getsize(path) if os.path.isfile(path) else None


def _check_extents(findings: Findings, bundle: Bundle, sizes: dict[int, int | None], name: str) -> None:
    """Which bytes of the data files the tensors claim."""
    claimed: dict[int, list[tuple[int, int, str]]] = {shard: [] for shard in sizes}
    for tensor in bundle.values():
        for shard, offset, size in tensor.extents:
            if offset + size > (sizes[shard] or 0):
                file = os.path.basename(data_path(name, shard, bundle.num_shards))
                fault = (
                    "the file is not there" if sizes[shard] is None else f"the file has {sizes[shard]} bytes"
                )
                text = f"tensor {tensor.name} ends at byte {offset + size}, and {fault}"
                findings.add(integrity.MISSING_BYTES, text, file, tensor.name)
            elif size:
                claimed[shard].append((offset, offset + size, tensor.name))
    for shard, spans in claimed.items():
        file = os.path.basename(data_path(name, shard, bundle.num_shards))
        unclaimed, shared = _gaps(sorted(spans), sizes[shard] or 0)
        if unclaimed:
            findings.add(integrity.UNCLAIMED_BYTES, f"{unclaimed:,} bytes belong to no tensor", file)
        for tensor_name in shared:
            findings.add(integrity.SHARED_BYTES, "claims bytes of another tensor", file, tensor_name)


def _gaps(spans: Sequence[tuple[int, int, str]], size: int) -> tuple[int, list[str]]:
    """The number of bytes that nothing claims, and the names of those that claim bytes of others."""
    end = unclaimed = 0
    shared = []
    for begin, stop, name in spans:
        unclaimed += max(0, begin - end)
        if begin < end:
            shared.append(name)
        end = max(end, stop)
    return unclaimed + max(0, size - end), shared


def check_values(findings: Findings, bundle: Bundle, objects: Iterable[ObjectRecord], file: str) -> None:
    """Checks that the objects of a checkpoint and its tensors name each other.

    Args:
      findings: what was found.
      bundle: the tensors.
      objects: the objects.
      file: the file, for findings.
    """
    named = {OBJECT_GRAPH_KEY}
    for each in objects:
        for attribute, key in _keys(each):
            held = {f"{key}{end}" for end in TABLE_PARTS} if attribute == TABLE_ATTRIBUTE else {key}
            named |= held
            if not held <= bundle.keys():
                text = f"its {attribute} is the tensor {key!r}, which is not there"
                findings.add(consistency.VALUE_MISSING, text, file, f"object {each.number}")
    for key in bundle:
        if key not in named:
            findings.add(consistency.VALUE_LEFT_OVER, "belongs to no object", file, key)


def _keys(each: ObjectRecord) -> Iterator[tuple[str, str]]:
    """The names of the tensors of an object, by attribute."""
    for name, key in each.keys.items():
        if key:
            yield name, key
