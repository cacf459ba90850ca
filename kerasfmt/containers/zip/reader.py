"""Reads an untrusted zip archive: each member is checked before a byte of it is used.

The archive's directory says what it holds. Nothing is extracted under a name that the archive chooses. A member
that is not compressed is read in place.
"""

from __future__ import annotations

import os
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from kerasfmt.containers.binary import Binary
from kerasfmt.containers.system_faults import system_fault
from kerasfmt.containers.zip import records
from kerasfmt.containers.zip.directory import find_directory
from kerasfmt.containers.zip.window import File, Window
from kerasfmt.errors import (
    CorruptFileError,
    KerasfmtError,
    MissingFileError,
    SystemFaultError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.limits import allowance_for

MAX_JSON_SIZE: Final = 1 << 26
"""The largest JSON member that is read, in bytes; the config of a layer takes about two thousand."""
_ENCRYPTED: Final = 1
_COPIED: Final = 1 << 20


class Archive:
    """An open archive whose directory has been checked.

    Attributes:
      file: what errors call the file.
      members: the directory's entries by name.
      allowance: what reading it may cost.
    """

    def __init__(self, path: str | os.PathLike[str] | Binary, title: str = "a zip archive") -> None:
        """Opens the archive and checks its directory.

        Args:
          path: the file, or its bytes.
          title: what errors say was expected.

        Raises:
          MissingFileError: there is no such file.
          UnsupportedFormatError: it is not a zip archive, or encrypted, or compressed by an unknown method.
          CorruptFileError: it is damaged or truncated.
          UnsafeFileError: a member has a name that leaves the archive, or is there twice.
        """
        self.file = str(path)
        self._title = title
        self._binary = path if isinstance(path, Binary) else None
        try:
            self._stream: BinaryIO = _stream_of(path)
        except FileNotFoundError as error:
            raise MissingFileError(f"{path}: expected {title}, got nothing: no such file") from error
        except PermissionError as error:
            raise UnsupportedFormatError(f"{path}: may not be read: {error.strerror}") from error
        except OSError as error:
            raise SystemFaultError(f"{path}: the system could not read it: {error}") from error
        try:
            with self._reading("the directory"):
                self._size = self._stream.seek(0, os.SEEK_END)
                self.allowance = allowance_for(self._size)
                self._directory = find_directory(self._stream, self._size, self.file, title).begin
                self._zip = zipfile.ZipFile(self._stream)
                self.members = self._check_members()
        except BaseException:
            self._stream.close()
            raise

    def close(self) -> None:
        """Closes the file; members that are open stay readable."""
        self._zip.close()
        self._stream.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, name: str, limit: int = MAX_JSON_SIZE) -> bytes:
        """The bytes of a member, checked against its CRC.

        Raises:
          UnsupportedFormatError: there is no such member.
          UnsafeFileError: it is larger than `limit`, or unpacks to more than reading the archive may cost.
          CorruptFileError: it is damaged.
        """
        info = self._member(name)
        if info.file_size > limit:
            raise UnsafeFileError(
                f"{self.file}: {name}: declares {info.file_size} bytes; more than {limit} are not read"
            )
        with self._reading(name):
            self._locate(info)
            self.allowance.spend(info.file_size, f"{self.file}: {name}")
            data = self._zip.read(info)
            if len(data) != info.file_size:
                raise CorruptFileError(
                    f"{self.file}: {name}: expected {info.file_size} bytes, got {len(data)}; the file is damaged"
                )
        return data

    def open(self, name: str) -> Window:
        """A member as a seekable binary file, which stays open when the archive is closed.

        A stored member is read in place. A compressed one is unpacked into an unnamed temporary file.

        Raises:
          UnsupportedFormatError: there is no such member.
          UnsafeFileError: it unpacks to more than reading the archive may cost.
          CorruptFileError: it is damaged.
        """
        info = self._member(name)
        with self._reading(name):
            offset = self._locate(info)
            if info.compress_type == zipfile.ZIP_STORED:
                return Window(self._again(), offset, info.file_size)
            self.allowance.spend(info.file_size, f"{self.file}: {name}")
            unpacked = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
            try:
                with self._zip.open(info) as source:
                    left = info.file_size
                    while chunk := source.read(min(_COPIED, left + 1)):
                        left -= len(chunk)
                        if left < 0:
                            raise CorruptFileError(
                                f"{self.file}: {name}: expected {info.file_size} bytes, got more"
                            )
                        unpacked.write(chunk)
                if left:
                    raise CorruptFileError(
                        f"{self.file}: {name}: expected {info.file_size} bytes, got {info.file_size - left}"
                    )
            except BaseException:
                unpacked.close()
                raise
            return Window(unpacked, 0, info.file_size)

    def span(self, name: str) -> tuple[int, int] | None:
        """Offset and size in the file of a stored member, in bytes; None where it is compressed.

        Raises:
          UnsupportedFormatError: there is no such member.
          CorruptFileError: it is damaged.
        """
        info = self._member(name)
        with self._reading(name):
            offset = self._locate(info)
        return (offset, info.file_size) if info.compress_type == zipfile.ZIP_STORED else None

    def window(self) -> Window:
        """The whole file, to read spans from; it stays open when the archive is closed."""
        return Window(self._again(), 0, self._size)

    def _again(self) -> BinaryIO:
        """The same file once more, even if another one stands at its path by now."""
        if self._binary is not None:
            return self._binary.open()
        return File.same_as(self._stream.fileno(), self.file)

    def _member(self, name: str) -> zipfile.ZipInfo:
        if name not in self.members:
            raise UnsupportedFormatError(
                f"{self.file}: a zip archive, but not {self._title}: expected a member {name}, got none; "
                f"it holds {', '.join(sorted(self.members)[:5]) or 'nothing'}"
            )
        return self.members[name]

    def _check_members(self) -> dict[str, zipfile.ZipInfo]:
        found: dict[str, zipfile.ZipInfo] = {}
        stored = 0
        for info in self._zip.infolist():
            _check_name(self.file, info)
            name = info.filename
            if name in found:
                raise UnsafeFileError(
                    f"{self.file}: two members are called {name!r}; the archive is not read"
                )
            found[name] = info
            self._check_packing(info)
            stored += info.compress_size
            if info.header_offset < 0 or stored > self._directory:
                raise CorruptFileError(
                    f"{self.file}: its members claim {stored} bytes of the {self._directory} that are there; "
                    "the file is truncated, or several members share the same bytes"
                )
        return found

    def _check_packing(self, info: zipfile.ZipInfo) -> None:
        where = f"{self.file}: {info.filename}"
        if info.flag_bits & _ENCRYPTED:
            raise UnsupportedFormatError(f"{where}: is encrypted; expected a plain archive")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnsupportedFormatError(
                f"{where}: compression method {info.compress_type}: expected none (0) or deflate (8)"
            )
        if info.compress_type == zipfile.ZIP_STORED and info.compress_size != info.file_size:
            raise CorruptFileError(
                f"{where}: is not compressed, but declares {info.file_size} bytes of which "
                f"{info.compress_size} are stored; the file is damaged"
            )

    def _locate(self, info: zipfile.ZipInfo) -> int:
        """Offset of a member's first byte in the file; checks that its local header agrees with the directory."""
        self._stream.seek(info.header_offset)
        header = self._stream.read(records.LOCAL.size)
        fields = records.LOCAL.unpack(header)
        name_size, extra_size = fields[9], fields[10]
        encoding = "utf-8" if fields[2] & records.UTF_8 else "cp437"
        name = self._stream.read(name_size).decode(encoding)
        if fields[0] != records.LOCAL_MAGIC or name != info.orig_filename:
            raise CorruptFileError(
                f"{self.file}: {info.filename}: its header names {name!r}; the file is damaged"
            )
        if fields[3] != info.compress_type:
            raise CorruptFileError(
                f"{self.file}: {info.filename}: its two headers disagree on how it is packed"
            )
        offset: int = info.header_offset + records.LOCAL.size + name_size + extra_size
        if offset + info.compress_size > self._directory:
            raise CorruptFileError(
                f"{self.file}: {info.filename}: ends after byte {self._directory}, where the directory begins; "
                "the file is truncated"
            )
        return offset

    @contextmanager
    def _reading(self, what: str) -> Iterator[None]:
        try:
            yield
        except KerasfmtError:
            raise
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            ValueError,
            RuntimeError,
            NotImplementedError,
            LookupError,
            struct.error,
            OverflowError,
            MemoryError,
        ) as error:
            raise system_fault(error, f"{self.file}: {what}") or CorruptFileError(
                f"{self.file}: {what}: cannot be read: {error}; the file is damaged or truncated"
            ) from error


def _stream_of(path: str | os.PathLike[str] | Binary) -> BinaryIO:
    return path.open() if isinstance(path, Binary) else Path(path).open("rb")


def _check_name(file: str, info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if not records.is_safe_name(name):
        raise UnsafeFileError(
            f"{file}: a member is called {name[:80]!r}, which leaves the archive; it is not read"
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise UnsafeFileError(f"{file}: the member {name!r} is a link; links are not followed")
