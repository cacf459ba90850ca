"""Zip archives, `.keras` and `.npz`: names, checksums, what is twice, what is between; then what the members hold."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

from kerasfmt.containers.checked_json import decode, parse_object
from kerasfmt.containers.hdf5.opening import opened_stream
from kerasfmt.containers.hdf5.signature import MAGIC
from kerasfmt.containers.zip import records
from kerasfmt.containers.zip.reader import MAX_JSON_SIZE
from kerasfmt.containers.zip.survey import DEFLATED, Member, Survey, survey, unpacked
from kerasfmt.containers.zip.window import Window
from kerasfmt.errors import CorruptFileError, UnsafeFileError
from kerasfmt.formats.keras_archive import layout
from kerasfmt.formats.keras_archive.shard_files import names_in
from kerasfmt.limits import Allowance, allowance_for
from kerasfmt.verification.config import check_config
from kerasfmt.verification.files import check_head, check_name
from kerasfmt.verification.finding import Findings
from kerasfmt.verification.hdf5 import check_hdf5
from kerasfmt.verification.magic import HEAD
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import consistency, integrity, reading, unsafe

_DESCRIPTOR: Final = 24
"""Bytes of the longest record that may follow the bytes of a member."""
_HAS_DESCRIPTOR: Final = 8
_OF_KERAS: Final = re.compile(
    r"metadata\.json|config\.json|model[\w.]*\.weights\.(h5|json)|assets/.*", re.DOTALL
)
_OF_NPZ: Final = re.compile(r".*\.npy", re.DOTALL)
_JSON: Final = (layout.CONFIG, layout.METADATA, layout.SHARDS)
_OBJECTS: Final = re.compile(rb"'descr':\s*'\|O|'descr':\s*\[.*'\|?O")
_RULES: Final[dict[type[BaseException], Rule]] = {
    CorruptFileError: integrity.MEMBER_CHECKSUM,
    UnsafeFileError: unsafe.BOMB,
}


def check_archive(findings: Findings, path: Path) -> bool:
    """Checks an archive; whether it is one of arrays, `.npz`.

    Args:
      findings: what was found.
      path: the archive.
    """
    with path.open("rb") as stream:
        size = path.stat().st_size
        allowance = allowance_for(size)
        found = None
        with findings.attempt():
            found = survey(stream, size, str(path))
        if found is None:
            return path.suffix == ".npz"
        is_arrays = _is_arrays(found, path)
        _check_layout(findings, found)
        expected = _OF_NPZ if is_arrays else _OF_KERAS
        seen: set[str] = set()
        for member in found.members:
            findings.checked["members"] += 1
            _check_entry(findings, member, seen)
            if not expected.fullmatch(member.name):
                findings.add(unsafe.UNEXPECTED_FILE, "is no member that the format has", "", member.name)
            if member.begin is not None and not member.is_link:
                with findings.attempt("", member.name, _RULES):
                    _check_content(findings, stream, path, member, allowance)
        if not is_arrays:
            _check_parts(findings, seen)
        return is_arrays


def _is_arrays(found: Survey, path: Path) -> bool:
    names = {member.name for member in found.members}
    if names & {layout.CONFIG, layout.METADATA}:
        return False
    return path.suffix.lower() == ".npz" or any(name.endswith(".npy") for name in names)


def _check_parts(findings: Findings, names: set[str]) -> None:
    if layout.CONFIG not in names:
        findings.add(reading.UNKNOWN_FORMAT, f"expected a member {layout.CONFIG}, got none")
    elif not names & {layout.WEIGHTS, layout.SHARDS}:
        findings.add(consistency.WEIGHTS, f"expected a member {layout.WEIGHTS}, got none")


def _check_layout(findings: Findings, found: Survey) -> None:
    """The bytes of the file that members claim twice, or not at all."""
    end = between = 0
    by_offset = {member.offset: member for member in found.members}
    for begin, stop in found.spans():
        if begin < end:
            findings.add(integrity.SHARED_BYTES, "claims bytes of another member", "", by_offset[begin].name)
        between += max(0, begin - end)
        end = max(end, stop + (_DESCRIPTOR if by_offset[begin].flags & _HAS_DESCRIPTOR else 0))
    if end > found.directory.begin + _DESCRIPTOR:
        findings.add(integrity.DAMAGED, f"its members end at byte {end}, after its directory begins")
    between += max(0, found.directory.begin - end)
    behind = found.size - found.directory.end
    if between or behind or found.directory.comment:
        findings.add(
            unsafe.BYTES_BETWEEN,
            f"{between} bytes are between members or before them, {found.directory.comment} in the comment, and "
            f"{behind} behind",
        )


def _check_entry(findings: Findings, member: Member, seen: set[str]) -> None:
    """Checks what the directory says of a member."""
    name = member.name
    check_name(findings, name, "", name)
    if name in seen:
        findings.add(unsafe.MEMBER_TWICE, "is there twice", "", name)
    seen.add(name)
    if not records.is_safe_name(name):
        findings.add(unsafe.PATH_OUTSIDE, "leads out of the archive, or is no name", "", name)
    if member.is_link:
        findings.add(unsafe.LINK, "is a symbolic link", "", name)
    if member.differs:
        findings.add(integrity.HEADERS_DISAGREE, member.differs, "", name)


def _check_content(
    findings: Findings, stream: BinaryIO, path: Path, member: Member, allowance: Allowance
) -> None:
    """Unpacks a member, piece by piece, and looks at what it holds."""
    where = f"{path}: {member.name}"
    pieces = _counted(unpacked(stream, member, where), member, allowance, where)
    first = next(pieces, b"")
    if first.startswith(MAGIC):
        with tempfile.TemporaryFile() as copy:
            _keep(first, pieces, copy, member)
            packed = member.method == DEFLATED
            source: Any = copy if packed else path.open("rb")
            window = Window(source, 0 if packed else member.begin or 0, member.size)
            with opened_stream(window, where, member.size, allowance) as opened:
                check_hdf5(findings, opened, "", member.name)
        return
    if member.name in _JSON:
        _check_json(findings, _whole(first, pieces, where), member.name)
        return
    check_head(findings, first[:HEAD], "", member.name)
    if member.name.endswith(".npy") and _OBJECTS.search(first[:HEAD]):
        findings.add(unsafe.PICKLE, "holds pickled objects in place of numbers", "", member.name)
    for _ in pieces:
        pass


def _check_json(findings: Findings, data: bytes, name: str) -> None:
    with findings.attempt("", name):
        content = parse_object(decode(data, name), name)
        check_config(findings, content, "", name)
        if name == layout.SHARDS:
            with findings.attempt("", name, {UnsafeFileError: unsafe.PATH_OUTSIDE}):
                names_in(content, name)


def _counted(pieces: Iterator[bytes], member: Member, allowance: Allowance, where: str) -> Iterator[bytes]:
    for piece in pieces:
        if member.method == DEFLATED:
            allowance.spend(len(piece), where)
        yield piece


def _keep(first: bytes, pieces: Iterator[bytes], copy: IO[bytes], member: Member) -> None:
    """Writes a packed member to a file, and reads any other one to its end."""
    for piece in itertools.chain([first], pieces):
        if member.method == DEFLATED:
            copy.write(piece)


def _whole(first: bytes, pieces: Iterator[bytes], where: str) -> bytes:
    found = bytearray(first)
    for piece in pieces:
        found += piece
        if len(found) > MAX_JSON_SIZE:
            raise UnsafeFileError(f"{where}: more than {MAX_JSON_SIZE} bytes of JSON are not read")
    return bytes(found)
