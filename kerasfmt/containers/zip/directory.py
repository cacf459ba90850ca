"""Where the directory of a zip archive lies, found from the end of the file; see `records` for the layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Final

from kerasfmt.containers.zip import records
from kerasfmt.errors import CorruptFileError, UnsafeFileError, UnsupportedFormatError

MAX_DIRECTORY_SIZE: Final = 1 << 22
"""The largest directory that is read, in bytes: some 40,000 members."""


@dataclass(frozen=True)
class Directory:
    """What the end of an archive says of its directory.

    Attributes:
      begin: offset of its first byte in the file.
      size: its bytes.
      entries: the number of members that are stated.
      stated: the offset that is stated; less than `begin` where there are bytes before the archive.
      end: offset of the first byte behind the archive, with its comment.
      comment: bytes of the comment.
    """

    begin: int
    size: int
    entries: int
    stated: int
    end: int
    comment: int


def find_directory(stream: BinaryIO, size: int, file: str, title: str) -> Directory:
    """The directory of an archive.

    Its size is checked here, because Python's zipfile makes an object for each entry at once.

    Args:
      stream: the file.
      size: its bytes.
      file: what errors begin with.
      title: what errors say was expected.

    Raises:
      UnsupportedFormatError: there is no end of an archive.
      CorruptFileError: the directory does not fit into the file.
      UnsafeFileError: it is too large.
      struct.error: a record is cut short.
    """
    stream.seek(max(0, size - records.END.size - 0xFFFF - records.LOCATOR64.size))
    base = stream.tell()
    tail = stream.read()
    at = tail.rfind(records.END_MAGIC, 0, len(tail) - records.END.size + len(records.END_MAGIC))
    if at < 0:
        raise UnsupportedFormatError(
            f"{file}: not {title}: a zip file ends with a directory, and this one does not; "
            "it is another kind of file, or truncated"
        )
    end = records.END.unpack_from(tail, at)
    entries, directory_size, stated, comment = end[4], end[5], end[6], end[7]
    before = base + at
    if at >= records.LOCATOR64.size:
        locator = records.LOCATOR64.unpack_from(tail, at - records.LOCATOR64.size)
        if locator[0] == records.LOCATOR64_MAGIC:
            before = base + at - records.LOCATOR64.size - records.END64.size
            stream.seek(max(0, before))
            end64 = records.END64.unpack(stream.read(records.END64.size))
            if end64[0] != records.END64_MAGIC:
                raise CorruptFileError(f"{file}: its zip64 directory record is missing; the file is damaged")
            entries, directory_size, stated = end64[7], end64[8], end64[9]
    if directory_size > MAX_DIRECTORY_SIZE or entries > MAX_DIRECTORY_SIZE // records.ENTRY.size:
        raise UnsafeFileError(
            f"{file}: its directory of {entries} members takes {directory_size} bytes; "
            f"more than {MAX_DIRECTORY_SIZE} are not read"
        )
    if directory_size > before:
        raise CorruptFileError(
            f"{file}: its directory of {directory_size} bytes does not fit before byte {before}; "
            "the file is damaged or truncated"
        )
    return Directory(
        before - directory_size,
        directory_size,
        entries,
        stated,
        base + at + records.END.size + comment,
        comment,
    )
