"""What a file is by its first bytes: programs, pickles and archives, whatever they are called.

    ELF, PE, Mach-O, WebAssembly, Java, Python bytecode, #!    programs
    protocols 0 to 5                                           pickles; those without a header are followed op by op
    zip, gzip, bzip2, xz, zstd, 7z, rar, tar                   archives

Nothing is run or unpacked.

Source: the `magic` files of file(1); Lib/pickletools.py of CPython
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Mapping
from typing import Final

from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import unsafe

HEAD: Final = 1 << 16
"""Bytes at the beginning of a file that are looked at."""

_PROGRAMS: Final = {
    b"\x7fELF": "a program for Linux (ELF)",
    b"\xfe\xed\xfa\xce": "a program for macOS (Mach-O)",
    b"\xfe\xed\xfa\xcf": "a program for macOS (Mach-O)",
    b"\xce\xfa\xed\xfe": "a program for macOS (Mach-O)",
    b"\xcf\xfa\xed\xfe": "a program for macOS (Mach-O)",
    b"\xca\xfe\xba\xbe": "a program for macOS or Java",
    b"\0asm": "a WebAssembly program",
    b"#!": "a script (#!)",
}
_ARCHIVES: Final = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"\x1f\x8b\x08": "a gzip file",
    b"\xfd7zXZ\0": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
}
_BZIP2: Final = b"1AY&SY"
_TAR: Final = slice(257, 262)
_SCRIPTS: Final = (".py", ".pyw", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".pl", ".rb")
_BYTECODE_FLAGS: Final = 3
_CALLS: Final = frozenset({"REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"})
_NAMES: Final = frozenset({"GLOBAL", "STACK_GLOBAL", "INST"})
_FEW_OPS: Final = 3
_STACK_GLOBAL: Final = b"\x93"


def recognize(head: bytes, name: str = "") -> tuple[Rule, str] | None:
    """The rule that a file breaks by what it is, and what it is; None for any other file.

    Args:
      head: its first HEAD bytes.
      name: its name.
    """
    if head.startswith(tuple(_PROGRAMS)):
        return unsafe.PROGRAM, _named(_PROGRAMS, head)
    if _is_windows_program(head):
        return unsafe.PROGRAM, "a program for Windows (PE)"
    if name and name.lower().endswith(_SCRIPTS):
        return unsafe.PROGRAM, "a script, by its name"
    if _is_bytecode(head, name):
        return unsafe.PROGRAM, "Python bytecode"
    if is_pickle(head):
        return unsafe.PICKLE, "a pickle"
    if head.startswith(tuple(_ARCHIVES)):
        return unsafe.ARCHIVE_INSIDE, _named(_ARCHIVES, head)
    if head.startswith(b"BZh") and head[4:10] == _BZIP2:
        return unsafe.ARCHIVE_INSIDE, "a bzip2 file"
    if head[_TAR] == b"ustar":
        return unsafe.ARCHIVE_INSIDE, "a tar archive"
    return None


def _named(magics: Mapping[bytes, str], head: bytes) -> str:
    return next(what for magic, what in magics.items() if head.startswith(magic))


def _is_windows_program(head: bytes) -> bool:
    if not head.startswith(b"MZ") or len(head) < 64:
        return False
    (at,) = struct.unpack_from("<I", head, 60)
    return head[at : at + 4] == b"PE\0\0" or b"DOS mode" in head


def _is_bytecode(head: bytes, name: str) -> bool:
    if name.endswith((".pyc", ".pyo")):
        return True
    return head[2:4] == b"\r\n" and len(head) > 16 and struct.unpack_from("<I", head, 4)[0] <= _BYTECODE_FLAGS


def is_pickle(head: bytes) -> bool:
    """Whether bytes begin a pickle.

    Protocols from 2 on have a header. Older ones are text, and a list of words may look like one: they count if the
    whole pickle is there, and names and calls something.

    Args:
      head: the first bytes.
    """
    if head[:1] != b"\x80" and head.count(b"\n") < 2 and _STACK_GLOBAL not in head:
        return False  # it can name nothing
    names: set[str] = set()
    count = 0
    try:
        for op, _, at in pickletools.genops(head):
            count += 1
            names.add(op.name)
            if op.name == "STOP":
                whole = at is not None and not head[at + 1 :].strip()
                return head[:1] == b"\x80" or bool(whole and names & _NAMES and names & _CALLS)
    except (ValueError, KeyError, IndexError, struct.error, AttributeError, OverflowError):
        # A long pickle is cut off; one op alone may be an accident.
        return head[:1] == b"\x80" and len(head) > 1 and 2 <= head[1] <= 5 and count >= _FEW_OPS
    return False
