"""A part of a file as a file of its own."""

from __future__ import annotations

import io
import os
from typing import Any, Final

from kerasfmt.typing import override

_READS_AT_OFFSETS: Final = hasattr(os, "preadv")


class File(io.FileIO):
    """A file whose position is its own, although its descriptor may be a duplicate of another one.

    It is closed without a warning when the last array in it is freed, in whatever order.
    """

    _at = 0

    def __del__(self) -> None:
        self.close()

    @classmethod
    def same_as(cls, descriptor: int, path: str | os.PathLike[str]) -> File:
        """The file of a descriptor, open once more.

        Args:
          descriptor: of an open file.
          path: where that is. Somebody may have put another file there meanwhile, but on Windows, which replaces no
            open file and lacks reads that leave the position of a descriptor alone.
        """
        return cls(os.dup(descriptor) if _READS_AT_OFFSETS else path, "rb")

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if not _READS_AT_OFFSETS:
            return super().seek(offset, whence)
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}
        self._at = offset + (bases[whence] if whence in bases else os.fstat(self.fileno()).st_size)
        return self._at

    @override
    def tell(self) -> int:
        return self._at if _READS_AT_OFFSETS else super().tell()

    @override
    def readinto(self, buffer: Any) -> int:
        if not _READS_AT_OFFSETS:
            return super().readinto(buffer)
        count = os.preadv(self.fileno(), [buffer], self._at)
        self._at += count
        return count

    @override
    def read(self, size: int | None = -1) -> bytes:
        return io.RawIOBase.read(self, -1 if size is None else size) or b""

    @override
    def readall(self) -> bytes:
        return io.RawIOBase.readall(self) or b""


class Window(io.RawIOBase):
    """A part of a file, read and written like a whole file.

    Args:
      stream: the file; closed together with the window.
      offset: where the part begins in the file, in bytes.
      size: bytes of the part; None where it goes to the end of the file and may grow.
    """

    def __init__(self, stream: Any, offset: int, size: int | None) -> None:
        super().__init__()
        self._stream = stream
        self._offset = offset
        self._size = size
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def writable(self) -> bool:
        """Whether the part may grow."""
        return self._size is None

    def _end(self) -> int:
        if self._size is not None:
            return self._size
        end: int = self._stream.seek(0, os.SEEK_END) - self._offset
        return max(0, end)

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new position, in bytes from the beginning of the part."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at}.get(whence)
        self._at = (self._end() if base is None else base) + offset
        if self._at < 0:
            self._at = 0
            raise ValueError("position before the beginning of the member")
        return self._at

    @override
    def tell(self) -> int:
        return self._at

    @override
    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        if self._size is not None:
            view = view[: max(0, self._size - self._at)]
        done = 0
        self._stream.seek(self._offset + self._at)
        while done < len(view):
            count = self._stream.readinto(view[done:])
            if not count:
                break
            done += count
        self._at += done
        return done

    @override
    def write(self, data: Any) -> int:
        """Number of bytes written: all of them."""
        if self._size is not None:
            raise io.UnsupportedOperation("not writable")
        view = memoryview(data).cast("B")
        done = 0
        self._stream.seek(self._offset + self._at)
        while done < len(view):
            done += self._stream.write(view[done:])
        self._at += done
        return done

    @override
    def truncate(self, size: int | None = None) -> int:
        if self._size is not None:
            raise io.UnsupportedOperation("not writable")
        size = self._at if size is None else size
        self._stream.truncate(self._offset + size)
        return size

    @override
    def close(self) -> None:
        """Closes the file too, unless the part may grow: the writer closes that file."""
        if not self.closed and self._size is not None:
            self._stream.close()
        super().close()
