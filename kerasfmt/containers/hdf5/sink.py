"""A new HDF5 file in a stream that may fail: a full disk, a lost device, Ctrl-C.

HDF5 does not survive a write that fails while it closes a file. It leaves half of its objects behind, and the process
crashes when these are freed. Here it never sees a failure. The first one is kept, nothing is written after it, and it
is raised when HDF5 has closed the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, BinaryIO

from kerasfmt.containers.hdf5.guard import import_h5py


class Sink:
    """A stream as HDF5 writes to it: nothing that it does fails.

    Args:
      stream: where the bytes go.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        self._fault: BaseException | None = None

    def check(self) -> None:
        """Raises what failed first, if anything did."""
        if self._fault is not None:
            raise self._fault

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self._fault = error

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new position, in bytes from the beginning of the stream."""
        self._at = offset
        if whence == os.SEEK_END and self._fault is None:
            with self._kept():
                self._at = self._stream.seek(offset, whence)
        return self._at

    def tell(self) -> int:
        """The position."""
        return self._at

    def read(self, size: int) -> bytes:
        """As many bytes at the position; zeros beyond the end of the stream and after a failure."""
        data = b""
        if self._fault is None:
            with self._kept():
                self._stream.seek(self._at)
                data = self._stream.read(size)
        self._at += size
        return data.ljust(size, b"\0")

    def write(self, data: memoryview) -> int:
        """Writes all bytes, or drops them after a failure; returns their number."""
        size, done = len(data), 0
        if self._fault is None:
            try:  # without _kept, which takes as long as the rest: HDF5 writes thousands of headers
                self._stream.seek(self._at)
                while done < size:
                    done += self._stream.write(data[done:])
            except BaseException as error:
                self._fault = error
        self._at += size
        return size

    def truncate(self, size: int) -> int:
        """Makes the stream this long."""
        if self._fault is None:
            with self._kept():
                self._stream.truncate(size)
        return size

    def flush(self) -> None:
        """Does nothing: the owner of the stream flushes it."""


@contextmanager
def created(stream: BinaryIO) -> Iterator[tuple[Any, Sink]]:
    """A context with a new HDF5 file, which is whole in the stream in the end.

    Args:
      stream: an empty stream that can be read too; it stays open.

    Yields:
      The h5py.File, and the sink that it writes to.

    Raises:
      OSError: the stream failed.
      ImportError: h5py is not installed.
    """
    sink = Sink(stream)
    file = import_h5py().File(sink, "w")
    try:
        _keep_metadata(file.id)
        yield file, sink
    finally:
        _close(file)
        sink.check()


def _keep_metadata(file: Any) -> None:
    """Has HDF5 keep groups and headers in memory until it closes the file; before that it writes weights alone.

    A Ctrl-C that reaches it while it writes weights does no harm.
    """
    config = file.get_mdc_config()
    config.evictions_enabled = False
    config.incr_mode = config.flash_incr_mode = config.decr_mode = 0
    file.set_mdc_config(config)


def _close(file: Any) -> None:
    """Closes a file where no Ctrl-C can reach HDF5: Python handles signals in the main thread alone."""
    with ThreadPoolExecutor(1) as thread:
        try:
            closing = thread.submit(file.close)
        except RuntimeError:  # the interpreter is exiting, and starts no thread
            file.close()
        else:
            closing.result()
