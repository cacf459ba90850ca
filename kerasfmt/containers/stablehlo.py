"""StableHLO modules in MLIR's bytecode: which functions of the runtime they call by name.

    module      "ML\\xefR", version: varint, producer: text and 0, section*
    section     id and alignment flag: 1 byte, length: varint, padding to the alignment, bytes
    strings     section 0: number: varint, the length of each with its final 0, the last string first: varint each,
                then the strings
    attributes  section 2: their bytes; section 3: numbers of attributes and of types, then groups: dialect: varint,
                number: varint, size * 2 + 1 of each attribute
    properties  section 8: number: varint, then size: varint and bytes of each; for an op of VHLO, the numbers of its
                attributes in the order of their names: varint each

A module is not decoded as a whole. A call of the runtime has eight properties, the third of which is the string with
the name of what it calls. Modules for StableHLO up to 0.14 have no properties, but a dictionary with that name.

Source: mlir/docs/BytecodeFormat.md; stablehlo/dialect/VhloBytecode.cpp and VhloOps.td, CustomCallOpV1
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Final

from kerasfmt.errors import CorruptFileError

MAGIC: Final = b"ML\xefR"
_STRINGS, _ATTRIBUTES, _OFFSETS, _PROPERTIES = 0, 2, 3, 8
_ALIGNED: Final = 0x80
_DICTIONARY, _NAME, _STRING = 1, 2, 14
"""MLIR's codes of a dictionary (the number of its entries, then name and value of each) and of a name, and VHLO's code
of a string; the number of the text follows."""
_LONGEST: Final = 512
"""Bytes of an attribute that are looked at; a dictionary of a call takes 40."""
_CALL_ATTRIBUTES: Final = 8
_TARGET_PLACE: Final = 2
_CALL: Final = re.compile(r"(?:\w+\.)?custom_call(?:_v\d+)?")
_TARGET_IN_TEXT: Final = re.compile(
    r"custom_call(?:_v1)?\"?\s*@\"?([\w.$:-]+)|call_target_name\s*=\s*[^\"]*\"([^\"]+)\""
)


def targets(module: bytes, where: str) -> set[str] | None:
    """The names of what a module calls in the runtime; None if there are calls whose names cannot be found.

    Args:
      module: in MLIR's bytecode, or as text.
      where: what errors begin with.

    Raises:
      CorruptFileError: it is damaged.
    """
    if not module.startswith(MAGIC):
        text = module.decode("utf-8", "replace")
        if "module" not in text[: 1 << 12]:
            raise CorruptFileError(f"{where}: expected a StableHLO module, got neither bytecode nor text")
        found = {match[1] or match[2] for match in _TARGET_IN_TEXT.finditer(text)}
        return found if found or not _CALL.search(text) else None
    sections = _sections(module, where)
    texts = _strings(_Reader(sections.get(_STRINGS, b""), where))
    if not any(map(_CALL.fullmatch, texts)):
        return set()
    names: dict[int, str] = {}
    strings: dict[int, str] = {}
    dictionaries: list[list[int]] = []
    for number, data in _attributes(sections, where):
        values = _numbers(data, where)
        if values[:1] == [_DICTIONARY]:
            dictionaries.append(values[2:])
        elif len(values) > 1 and values[1] < len(texts) and values[0] in (_NAME, _STRING):
            (names if values[0] == _NAME else strings)[number] = texts[values[1]]
    found = {
        strings[value]
        for pairs in dictionaries
        for name, value in zip(pairs[::2], pairs[1::2], strict=False)
        if names.get(name) == "call_target_name" and value in strings
    }
    for numbers in _properties(_Reader(sections.get(_PROPERTIES, b"\x01"), where)):
        if len(numbers) == _CALL_ATTRIBUTES and numbers[_TARGET_PLACE] in strings:
            found.add(strings[numbers[_TARGET_PLACE]])
    return found or None


def _sections(module: bytes, where: str) -> dict[int, bytes]:
    reader = _Reader(module, where, len(MAGIC))
    reader.varint()
    reader.at = module.find(b"\0", reader.at) + 1 or len(module)
    found: dict[int, bytes] = {}
    while reader.at < len(module):
        kind, size = reader.byte(), reader.varint()
        if kind & _ALIGNED:
            alignment = max(reader.varint(), 1)
            reader.at += -reader.at % alignment
        found[kind & ~_ALIGNED] = reader.take(size)
    if _STRINGS not in found:
        raise CorruptFileError(f"{where}: its StableHLO module has no section of strings; it is damaged")
    return found


def _strings(reader: _Reader) -> list[str]:
    count = reader.varint()
    if count > len(reader.data):
        raise reader.damaged()
    lengths = [reader.varint() for _ in range(count)]
    return [reader.take(length)[:-1].decode("utf-8", "replace") for length in reversed(lengths)]


def _attributes(sections: dict[int, bytes], where: str) -> Iterator[tuple[int, bytes]]:
    """The number and the bytes of each attribute."""
    offsets = _Reader(sections.get(_OFFSETS, b"\x01\x01"), where)
    attributes = _Reader(sections.get(_ATTRIBUTES, b""), where)
    count, _ = offsets.varint(), offsets.varint()
    number = 0
    while number < count:
        offsets.varint()
        for _ in range(offsets.varint()):
            yield number, attributes.take(offsets.varint() >> 1)
            number += 1


def _numbers(data: bytes, where: str) -> list[int]:
    """The numbers that an attribute begins with, as far as there are any; constants are not gone through."""
    reader = _Reader(data[:_LONGEST], where)
    found: list[int] = []
    with contextlib.suppress(CorruptFileError):
        while reader.at < len(reader.data):
            found.append(reader.varint())
    return found


def _properties(reader: _Reader) -> Iterator[list[int]]:
    for _ in range(reader.varint()):
        yield _numbers(reader.take(reader.varint()), reader.where)


class _Reader:
    """Reads MLIR's bytecode. The zeros at the end of the first byte of a number say how many bytes follow it."""

    def __init__(self, data: bytes, where: str, at: int = 0) -> None:
        self.data, self.at, self.where = data, at, where

    def damaged(self) -> CorruptFileError:
        return CorruptFileError(f"{self.where}: its StableHLO module is cut short at byte {self.at}")

    def byte(self) -> int:
        return self.take(1)[0]

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.data):
            raise self.damaged()
        self.at += size
        return self.data[self.at - size : self.at]

    def varint(self) -> int:
        first = self.byte()
        more = 8 if first == 0 else (first & -first).bit_length() - 1
        rest = int.from_bytes(self.take(more), "little")
        return rest if more == 8 else ((rest << 8) | first) >> (more + 1)
