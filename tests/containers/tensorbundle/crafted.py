"""Checkpoints whose bytes are given."""

from __future__ import annotations

from pathlib import Path

from kerasfmt.containers.tensorbundle import bundle as layout
from kerasfmt.containers.tensorbundle.bundle import Entry, Header
from kerasfmt.containers.tensorbundle.table import encode_table
from tests.containers.tensorbundle.golden import Case


def put(directory: Path, case: Case) -> Path:
    """Write the bytes of a case; gives its prefix."""
    prefix = directory / "v"
    Path(layout.index_path(str(prefix))).write_bytes(case.index)
    for number, data in enumerate(case.data):
        Path(layout.data_path(str(prefix), number, len(case.data))).write_bytes(data)
    return prefix


def craft(directory: Path, entries: dict[bytes, Entry], data: bytes, header: Header | None = None) -> Path:
    """Write an index that says whatever `entries` say; gives its prefix."""
    items = {key: layout.encode_entry(entry) for key, entry in entries.items()}
    items[b""] = layout.encode_header(header or Header(1))
    case = Case("crafted", [], b"".join(encode_table(sorted(items.items()))), [data])
    return put(directory, case)
