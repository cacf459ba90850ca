"""A fault of the system is told from damage of a file."""

from __future__ import annotations

import errno

import pytest

from kerasfmt.containers.system_faults import system_fault
from kerasfmt.errors import KerasfmtError, OutOfMemoryError, SystemFaultError


@pytest.mark.parametrize(
    ("error", "told", "said"),
    [
        (MemoryError(), OutOfMemoryError, "f: there is too little memory to read it: none is left"),
        (
            MemoryError("Unable to allocate 8. GiB"),
            OutOfMemoryError,
            "f: there is too little memory to read it: Unable to allocate 8. GiB",
        ),
        (
            OSError(errno.EIO, "Input/output error"),
            SystemFaultError,
            "f: the system could not read it: [Errno 5] Input/output error",
        ),
        (
            RuntimeError("file read failed: errno = 5, total read size = 8"),
            SystemFaultError,
            "f: the system could not read it: file read failed: errno = 5, total read size = 8",
        ),
    ],
)
def test_faults(error: Exception, told: type[KerasfmtError], said: str) -> None:
    found = system_fault(error, "f")
    assert (type(found), str(found)) == (told, said)
    assert isinstance(found, OSError | MemoryError)


@pytest.mark.parametrize(
    "error", [OSError("truncated file"), ValueError("bad"), OSError("errno = 0"), KeyError("a")]
)
def test_damage_is_no_fault_of_the_system(error: Exception) -> None:
    assert system_fault(error, "f") is None
