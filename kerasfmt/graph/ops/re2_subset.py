"""The patterns of RE2 that Python's `re` finds too, the same and in linear time, and their translation.

    pattern       sequence [| sequence ...]
    sequence      [^] part ... [$]
    part          atom, or a group (atom ...) of atoms
    atom          a character, an escape, a class [...], or a dot; {n} behind it repeats it
    last atom     may have +, {n,} or {n,m} behind it, if no $ follows

No sequence matches the empty text. What comes before the last atom has a fixed length, and what the last atom matches
stays matched. So a character is looked at no more often than the pattern is long.

Texts of ASCII alone are found in bytes. Others are found in text decoded with "surrogateescape": the bytes that are
not UTF-8 become surrogates, which nothing matches.

Source: github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Code points from the first to the second, in ascending order."""

_LAST: Final = 0x10FFFF
_SURROGATES: Final = (0xD800, 0xDFFF)
_LONGEST: Final = 1000
"""The largest number of characters of a match before the last atom, over all sequences."""
_DIGITS: Final[Ranges] = ((0x30, 0x39),)
_WORD: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Final[Ranges] = ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))
_CLASSES: Final = {"d": _DIGITS, "w": _WORD, "s": _SPACE}
_CONTROLS: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_SPECIAL: Final = frozenset("^$.|?*+()[]{}")


class NotInSubset(ValueError):
    """A pattern that has to be left to RE2; its text says why."""


@dataclass(frozen=True)
class Translated:
    """A pattern for Python's `re`.

    Attributes:
      text: the pattern.
      is_ascii: whether it matches ASCII alone, so that it can be used on bytes.
      groups: the number of its groups.
    """

    text: str
    is_ascii: bool
    groups: int


def translate(pattern: str) -> Translated:
    """The pattern for Python's `re`.

    Raises:
      NotInSubset: it is not in the subset.
    """
    return _Parser(pattern).parse()


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0
        self.is_ascii, self.groups, self.size = True, 0, 0
        self.in_group = False

    def parse(self) -> Translated:
        sequences = [self._sequence()]
        while self._take("|"):
            sequences.append(self._sequence())
        if self.at < len(self.pattern):
            raise NotInSubset(f"{self.pattern[self.at]!r} at character {self.at} is not supported")
        return Translated("|".join(sequences), self.is_ascii, self.groups)

    def _next(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def _sequence(self) -> str:
        parts = [r"\A"] if self._take("^") else []
        least, is_open = 0, False
        while self._next() not in ("", "|", "$"):
            if is_open:
                raise NotInSubset("something follows an atom that repeats as often as it can")
            if self._take("("):
                parts.append("(")
                self.groups += 1
                while self._next() not in ("", ")"):
                    if is_open:
                        raise NotInSubset("something follows an atom that repeats as often as it can")
                    text, count, is_open = self._atom()
                    parts.append(text)
                    least += count
                if not self._take(")"):
                    raise NotInSubset("a group is not closed")
                parts.append(")")
                if self._next() and self._next() in "?*+{":
                    raise NotInSubset("a group repeats")
            else:
                text, count, is_open = self._atom()
                parts.append(text)
                least += count
        if self._take("$"):
            if is_open:
                raise NotInSubset("an end follows an atom that repeats as often as it can")
            parts.append(r"\Z")
        if not least:
            raise NotInSubset("it matches the empty text")
        self.size += least
        if self.size > _LONGEST:
            raise NotInSubset(f"its matches have more than {_LONGEST} characters")
        return "".join(parts)

    def _atom(self) -> tuple[str, int, bool]:
        """The text of an atom, how often it has to match, and whether it may match more often."""
        ranges = _complement(_complement(self._characters()))
        if ranges and ranges[-1][1] > 0x7F:
            self.is_ascii = False
        text = _class_text(ranges)
        if self._take("{"):
            return self._repeated(text)
        if self._take("+"):
            self._check_no_more()
            return f"{text}+", 1, True
        if self._next() and self._next() in "?*":
            raise NotInSubset(f"{self._next()!r} at character {self.at} is not supported")
        return text, 1, False

    def _repeated(self, text: str) -> tuple[str, int, bool]:
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at : max(end, self.at)].partition(",")
        if end < 0 or not _is_count(low) or (high and not _is_count(high)):
            raise NotInSubset(f"the braces before character {self.at} hold no count")
        self.at = end + 1
        self._check_no_more()
        least = int(low)
        if high and int(high) < least:
            raise NotInSubset("a count ends before it begins")
        if not comma or high == low:
            return f"{text}{{{least}}}", least, False
        return f"{text}{{{least},{high}}}", least, True

    def _check_no_more(self) -> None:
        if self._next() and self._next() in "?*+{":
            raise NotInSubset("a repetition is repeated, or is as short as it can be")

    def _characters(self) -> Ranges:
        """The code points that the atom at this place matches."""
        if self._take("."):
            return _complement(((10, 10),))
        if self._take("["):
            return self._class()
        if self._next() == "\\":
            return self._escape()
        char = self._next()
        if char in _SPECIAL:
            raise NotInSubset(f"{char!r} at character {self.at} is not supported")
        self.at += 1
        return ((ord(char), ord(char)),)

    def _escape(self) -> Ranges:
        char = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if char.lower() in _CLASSES and char:
            found = _CLASSES[char.lower()]
            return found if char.islower() else _complement(found)
        if char in _CONTROLS:
            return ((_CONTROLS[char], _CONTROLS[char]),)
        if char and char.isascii() and not char.isalnum():
            return ((ord(char), ord(char)),)
        raise NotInSubset(f"the escape \\{char} is not supported")

    def _class(self) -> Ranges:
        negated = self._take("^")
        found: list[tuple[int, int]] = []
        first = True
        while first or self._next() != "]":
            first = False
            if not self._next():
                raise NotInSubset("a class is not closed")
            if self.pattern.startswith("[:", self.at):
                raise NotInSubset("a class with a name is not supported")
            low = self._member()
            if self._next() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self._member()
                if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or high[0][0] < low[0][0]:
                    raise NotInSubset("a range of characters has no beginning, or no end")
                low = ((low[0][0], high[0][1]),)
            found += low
        self.at += 1
        ranges = _joined(found)
        return _complement(ranges) if negated else ranges

    def _member(self) -> Ranges:
        if self._next() == "\\":
            return self._escape()
        char = self._next()
        if not char:
            raise NotInSubset("a class is not closed")
        self.at += 1
        return ((ord(char), ord(char)),)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:5]) <= _LONGEST


def _joined(ranges: Sequence[tuple[int, int]]) -> Ranges:
    out: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = (out[-1][0], max(high, out[-1][1]))
        else:
            out.append((low, high))
    return tuple(out)


def _complement(ranges: Ranges) -> Ranges:
    """Every other code point; no surrogate, because texts hold none."""
    out, start = [], 0
    for low, high in _joined([*ranges, _SURROGATES]):
        if low > start:
            out.append((start, low - 1))
        start = high + 1
    if start <= _LAST:
        out.append((start, _LAST))
    return tuple(out)


def _class_text(ranges: Ranges) -> str:
    """The ranges as a class of Python's `re`."""
    if not ranges:
        raise NotInSubset("a class matches nothing")
    return "[" + "".join(f"{_escaped(low)}-{_escaped(high)}" for low, high in ranges) + "]"


def _escaped(point: int) -> str:
    if point <= 0x7F:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
