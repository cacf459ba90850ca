"""A stream may fail at every byte: the failure comes out as it is, and HDF5 goes on working."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
from typing import Any

import h5py
import numpy as np
import pytest

from kerasfmt.containers.hdf5.sink import Sink, created

ARRAY = np.arange(2000, dtype=np.float32)


def fill(file: Any) -> None:
    for number in range(4):
        group = file.create_group(f"layer_{number}")
        group.attrs["weight_names"] = np.array([b"kernel:0", b"bias:0"])
        dataset = group.create_dataset("kernel:0", ARRAY.shape, ARRAY.dtype)
        dataset.id.write(h5py.h5s.ALL, h5py.h5s.ALL, ARRAY)


def whole() -> bytes:
    with created(stream := io.BytesIO()) as (file, _):
        fill(file)
    return stream.getvalue()


class Failing(io.BytesIO):
    """A stream that fails at one call that writes; if it is full, at every later one too."""

    def __init__(self, at: int, error: BaseException, full: bool = True) -> None:
        super().__init__()
        self.at, self.error, self.full = at, error, full
        self.calls = 0

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self.at or (self.full and self.calls > self.at):
            raise self.error

    def write(self, data: Any) -> int:
        self._step()
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        self._step()
        return super().truncate(size)


def calls() -> int:
    with created(stream := Failing(0, OSError(), full=False)) as (file, _):
        fill(file)
    return stream.calls


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    "error",
    [OSError(number, os.strerror(number)) for number in (errno.ENOSPC, errno.EIO, errno.EFBIG)]
    + [KeyboardInterrupt()],
    ids=repr,
)
def test_a_failure_at_every_call(error: BaseException, full: bool) -> None:
    expected = whole()
    for at in range(1, calls() + 1):
        with pytest.raises(type(error)) as caught, created(Failing(at, error, full)) as (file, _):
            fill(file)
        assert caught.value is error
        assert not file
    gc.collect()
    assert whole() == expected


def test_nothing_is_written_after_a_failure() -> None:
    stream = Failing(3, OSError(errno.ENOSPC, "full"), full=False)
    with pytest.raises(OSError, match="full"), created(stream) as (file, sink):
        fill(file)
        with pytest.raises(OSError, match="full"):
            sink.check()
    assert stream.calls == 3


def test_a_short_write_is_continued() -> None:
    class Short(io.BytesIO):
        def write(self, data: Any) -> int:
            return super().write(data[:1000])

    with created(stream := Short()) as (file, _):
        fill(file)
    assert stream.getvalue() == whole()


def test_the_error_of_the_body_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), created(io.BytesIO()):
        raise ZeroDivisionError


def test_an_interrupt_that_reaches_hdf5_between_its_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python raises KeyboardInterrupt where a function begins: then HDF5 does see a failure."""
    write = Sink.write
    main = threading.main_thread()

    def interrupted(self: Sink, data: memoryview) -> int:
        if threading.current_thread() is main:
            raise KeyboardInterrupt
        return write(self, data)

    monkeypatch.setattr(Sink, "write", interrupted)
    with pytest.raises(KeyboardInterrupt), created(io.BytesIO()) as (file, _):
        fill(file)
    gc.collect()
    monkeypatch.undo()
    assert whole()


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_signal_while_hdf5_closes_the_file() -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    class Signalling(io.BytesIO):
        sent = False

        def truncate(self, size: int | None = None) -> int:
            if not self.sent:
                self.sent = True
                os.kill(os.getpid(), signal.SIGUSR1)
            return super().truncate(size)

    before = signal.signal(signal.SIGUSR1, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt), created(stream := Signalling()) as (file, _):
            fill(file)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert stream.getvalue() == whole()


def test_a_save_when_the_interpreter_exits() -> None:
    program = """
        import atexit, io, h5py
        from kerasfmt.containers.hdf5.sink import created

        def save():
            with created(stream := io.BytesIO()) as (file, _):
                file["x"] = 1
            print(len(stream.getvalue()) > 0)

        atexit.register(save)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_reading_back() -> None:
    sink = Sink(io.BytesIO(b"abcdef"))
    assert sink.seek(0, os.SEEK_END) == sink.tell() == 6
    assert sink.seek(4) == 4
    assert sink.read(4) == b"ef\0\0"
    broken = Sink(Failing(1, OSError("unplugged")))
    assert broken.write(memoryview(b"ab")) == 2
    assert (broken.tell(), broken.seek(0, os.SEEK_END), broken.seek(1), broken.read(1)) == (2, 0, 1, b"\0")
    with pytest.raises(OSError, match="unplugged"):
        broken.check()
