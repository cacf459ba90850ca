"""HDF5 files: links, storage and filters of every dataset, the chunks of those that are packed, the configs."""

from __future__ import annotations

import math
from typing import Any, Final

from kerasfmt.containers.checked_json import parse_object
from kerasfmt.containers.hdf5.chunks import FLETCHER32, GZIP, SHUFFLE
from kerasfmt.containers.hdf5.guard import MAX_DEPTH, Node
from kerasfmt.containers.hdf5.opening import OpenFile
from kerasfmt.containers.hdf5.survey import Entry, dataset_facts, walk
from kerasfmt.containers.slabs import SLAB_SIZE
from kerasfmt.errors import CorruptFileError, UnsafeFileError, UnsupportedFormatError
from kerasfmt.formats.hdf5 import layout
from kerasfmt.verification.config import check_config
from kerasfmt.verification.files import check_name
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.rules import integrity, reading, unsafe

_LZF: Final = 32000
_FILTERS: Final = frozenset({GZIP, SHUFFLE, FLETCHER32, _LZF})
_LINKS: Final = {
    "soft": (unsafe.SOFT_LINK, "is a soft link"),
    "external": (unsafe.EXTERNAL_LINK, "is a link to another file"),
    "user-defined": (unsafe.SOFT_LINK, "is a link of a kind that a plugin defines"),
}
_DATASET_RULES: Final[dict[type[BaseException], Any]] = {
    CorruptFileError: integrity.UNREADABLE_DATASET,
    UnsafeFileError: unsafe.BOMB,
    UnsupportedFormatError: reading.UNKNOWN_FORMAT,
}


def check_hdf5(findings: Findings, opened: OpenFile, file: str, inside: str = "") -> bool:
    """Checks an HDF5 file; whether it holds the config of a model.

    Args:
      findings: what was found.
      opened: the file.
      file: what findings call it.
      inside: the member of an archive that it is.
    """
    addresses = {opened.root.address}
    for entry in walk(opened.root):
        where = f"{inside}{entry.path}"
        check_name(findings, entry.path, file, where)
        if entry.kind in _LINKS:
            findings.add(*_LINKS[entry.kind], file, where)
        elif entry.kind == "unreadable":
            _add_unreadable(findings, entry, file, where)
        elif entry.kind == "named type":
            findings.add(unsafe.NO_NUMBERS, "is a type, and neither a group nor a dataset", file, where)
        if entry.path.count("/") > MAX_DEPTH:
            text = f"lies more than {MAX_DEPTH} groups deep; what is below was not checked"
            findings.add(reading.BEYOND_LIMITS, text, file, where)
            break
        if entry.node is None:
            continue
        if entry.node.address in addresses:
            findings.add(integrity.SHARED_BYTES, "is reached by two paths", file, where)
            continue
        addresses.add(entry.node.address)
        if entry.kind == "dataset":
            with findings.attempt(file, where, _DATASET_RULES):
                _check_dataset(findings, opened, entry.node, file, where)
    with findings.attempt(file, inside, {CorruptFileError: integrity.SHARED_BYTES}):
        opened.check_total()
    has_config = False
    for name in (layout.MODEL_CONFIG, layout.TRAINING_CONFIG):
        where = f"{inside}/{name}" if inside else name
        with findings.attempt(file, where):
            config = opened.root.text(name)
            if config is not None:
                has_config = has_config or name == layout.MODEL_CONFIG
                check_config(findings, parse_object(config, where), file, where)
    return has_config


def _add_unreadable(findings: Findings, entry: Entry, file: str, where: str) -> None:
    with findings.attempt(file, where):
        raise entry.error or CorruptFileError("its name is no text; the file is damaged")


def _check_dataset(findings: Findings, opened: OpenFile, node: Node, file: str, where: str) -> None:
    facts = dataset_facts(node)
    findings.checked["datasets"] += 1
    unknown = sorted({*facts.filters} - _FILTERS)
    if facts.is_virtual:
        findings.add(unsafe.VIRTUAL_DATASET, "is put together from other files", file, where)
    elif facts.external:
        findings.add(unsafe.EXTERNAL_STORAGE, f"has its bytes in {facts.external} other files", file, where)
    elif facts.elements != "numbers":
        findings.add(unsafe.NO_NUMBERS, f"holds {facts.elements}", file, where)
    elif unknown:
        findings.add(unsafe.FILTER, f"is packed by filter {unknown[0]}", file, where)
    else:
        dataset = opened.dataset(node)
        findings.checked["bytes of datasets"] += dataset.stored_size
        if facts.is_chunked and dataset.size:
            row = math.prod(dataset.shape[1:]) * dataset.dtype.itemsize
            step = max(1, SLAB_SIZE // max(1, row))
            for begin in range(0, len(dataset), step):
                dataset[begin : begin + step]
