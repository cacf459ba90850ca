"""Rules about damage: a file for each."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from kerasfmt.containers.tensorbundle.table import decode_table, encode_table
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import integrity
from kerasfmt.verification.verify import verify
from tests.verification.making import (
    Make,
    archive,
    changed_hdf5,
    check_case,
    checkpoint,
    data_of,
    hdf5,
    rules_of,
    saved,
)


def _cut(folder: Path) -> Path:
    path = hdf5(folder)
    path.write_bytes(path.read_bytes()[:600])
    return path


def _other_bytes(folder: Path) -> Path:
    prefix = checkpoint(folder)
    data = bytearray(data_of(prefix).read_bytes())
    data[3] ^= 1
    data_of(prefix).write_bytes(data)
    return prefix


def _short(folder: Path) -> Path:
    prefix = checkpoint(folder)
    data_of(prefix).write_bytes(data_of(prefix).read_bytes()[:-1])
    return prefix


def _longer(folder: Path) -> Path:
    prefix = checkpoint(folder)
    with data_of(prefix).open("ab") as file:
        file.write(b"hidden")
    return prefix


def _shared(folder: Path) -> Path:
    """The second tensor has the place of the first one."""
    prefix = checkpoint(folder, {"a": np.arange(4.0), "b": np.arange(4.0)})
    index = prefix.with_name("ckpt.index")
    items = dict(decode_table(memoryview(index.read_bytes()), str(index)))
    items[b"b"] = items[b"a"]
    index.write_bytes(b"".join(encode_table(sorted(items.items()))))
    return prefix


def _other_member(folder: Path) -> Path:
    path = archive(folder)
    data = path.read_bytes()
    at = data.index(b'"Dense"')
    path.write_bytes(data[:at] + b'"Dence"' + data[at + 7 :])
    return path


def _other_header(folder: Path) -> Path:
    path = archive(folder)
    path.write_bytes(path.read_bytes().replace(b"config.json", b"cOnfig.json", 1))
    return path


def _other_chunk(folder: Path) -> Path:
    packed = np.zeros((64, 64), np.float32)
    places: list[tuple[int, int]] = []

    def add(file: object) -> None:
        found = file.create_dataset("packed", data=packed, compression="gzip")  # type: ignore[attr-defined]
        info = found.id.get_chunk_info(0)
        places.append((info.byte_offset, info.size))

    path = changed_hdf5(add)(folder)
    data = bytearray(path.read_bytes())
    at, size = places[0]
    data[at + size // 2] ^= 0xFF
    path.write_bytes(data)
    return path


def _other_graph(folder: Path) -> Path:
    directory = saved(folder)
    path = directory / "saved_model.pb"
    path.write_bytes(path.read_bytes().replace(b"serving_default", b"serving_defauIt"))
    return directory


CASES: dict[Rule, Make] = {
    integrity.DAMAGED: _cut,
    integrity.CHECKSUM: _other_bytes,
    integrity.MISSING_BYTES: _short,
    integrity.UNCLAIMED_BYTES: _longer,
    integrity.SHARED_BYTES: _shared,
    integrity.MEMBER_CHECKSUM: _other_member,
    integrity.HEADERS_DISAGREE: _other_header,
    integrity.UNREADABLE_DATASET: _other_chunk,
    integrity.FINGERPRINT: _other_graph,
}


@pytest.mark.parametrize("rule", CASES, ids=str)
def test_a_file_for_the_rule(rule: Rule, tmp_path: Path) -> None:
    check_case(rule, CASES[rule], tmp_path)


def test_a_data_file_that_is_not_there(tmp_path: Path) -> None:
    prefix = checkpoint(tmp_path)
    data_of(prefix).unlink()
    report = verify(prefix)
    assert rules_of(report) == {integrity.MISSING_BYTES}
    assert "the file is not there" in report.findings[0].message


@pytest.mark.parametrize("name", ["variables/variables.index", "saved_model.pb", "fingerprint.pb"])
def test_a_part_of_a_saved_model_that_is_no_message(tmp_path: Path, name: str) -> None:
    directory = saved(tmp_path)
    (directory / name).write_bytes(b"\xff" * 64)
    assert integrity.DAMAGED in rules_of(verify(directory))


def test_every_truncation_of_an_archive_is_found(tmp_path: Path) -> None:
    path = archive(tmp_path, None, compression=zipfile.ZIP_DEFLATED)
    assert verify(path).findings == ()
    data = path.read_bytes()
    for size in range(0, len(data), 257):
        path.write_bytes(data[:size])
        assert verify(path).fails(), size


def test_every_truncation_of_a_checkpoint_is_found(tmp_path: Path) -> None:
    prefix = checkpoint(tmp_path)
    for path in (prefix.with_name("ckpt.index"), data_of(prefix)):
        data = path.read_bytes()
        for size in range(len(data)):
            path.write_bytes(data[:size])
            assert verify(prefix).fails(), (path.name, size)
        path.write_bytes(data)
    assert verify(prefix).findings == ()
