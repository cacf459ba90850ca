"""One thing that was found in a file, the collection of all of them, and the report that comes of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kerasfmt.errors import (
    CorruptFileError,
    GraphError,
    InvalidModelError,
    KerasfmtError,
    MissingFileError,
    OutOfMemoryError,
    SystemFaultError,
    UnsafeFileError,
    UnsupportedFormatError,
)
from kerasfmt.printable import printable
from kerasfmt.typing import override
from kerasfmt.verification.rule import Rule, Severity
from kerasfmt.verification.rules import consistency, integrity, reading

SCHEMA_VERSION: Final = 1
"""Of the JSON of a report; a change that readers have to know of raises it."""
MAX_PER_RULE: Final = 100
"""Findings of one rule that are kept; of the others, only their number is."""
_LONGEST: Final = 500
"""Characters of a message or a place; hostile names are longer."""

_RULES: Final[tuple[tuple[type[BaseException], Rule], ...]] = (
    (OutOfMemoryError, reading.BEYOND_LIMITS),
    (MissingFileError, reading.UNREADABLE),
    (SystemFaultError, reading.UNREADABLE),
    (UnsafeFileError, reading.BEYOND_LIMITS),
    (UnsupportedFormatError, reading.UNKNOWN_FORMAT),
    (CorruptFileError, integrity.DAMAGED),
    (InvalidModelError, consistency.WEIGHTS),
    (GraphError, consistency.ATTRIBUTE),
    (OSError, reading.UNREADABLE),
)
"""What an error of a reader means, where a check does not say otherwise."""


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
      rule: the rule.
      message: what was found, in one sentence that is safe to print.
      file: the file, relative to the path that was checked; "" for that path itself.
      inside: the place in the file: a node, a member, an object; "" for the file.
    """

    rule: Rule
    message: str
    file: str
    inside: str = ""

    @override
    def __str__(self) -> str:
        place = ": ".join(filter(None, (self.file, self.inside)))
        where = f"{place}: " if place else ""
        return f"{self.rule.code} {self.rule.severity.value}: {where}{self.message}"


@dataclass(frozen=True)
class Report:
    """What was found in a file.

    Attributes:
      path: the path that was checked.
      format: what it is: "a SavedModel"; "" where that is not known.
      findings: the errors first, then by rule.
      left_out: for each rule with more than MAX_PER_RULE findings, the number of the others.
      checked: how much was looked at, by its kind: tensors, bytes, nodes, functions, members, ...
    """

    path: str
    format: str
    findings: tuple[Finding, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    checked: Mapping[str, int] = field(default_factory=dict)

    def count(self, severity: Severity) -> int:
        """The number of findings of a severity, with those that were left out."""
        found = [each.rule for each in self.findings if each.rule.severity is severity]
        return len(found) + sum(self.left_out.get(code, 0) for code in {rule.code for rule in found})

    def fails(self, threshold: Severity = Severity.ERROR) -> bool:
        """Whether there is a finding as bad as this, or worse.

        Args:
          threshold: the least severity that counts.
        """
        return any(each.rule.severity.rank <= threshold.rank for each in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, in the form of `report.schema.json`."""
        return {
            "schema_version": SCHEMA_VERSION,
            "path": self.path,
            "format": self.format,
            "counts": {severity.value: self.count(severity) for severity in Severity},
            "checked": dict(self.checked),
            "findings": [
                {
                    "code": each.rule.code,
                    "rule": each.rule.name,
                    "severity": each.rule.severity.value,
                    "file": each.file,
                    "inside": each.inside,
                    "message": each.message,
                    "help": each.rule.help,
                }
                for each in self.findings
            ],
            "left_out": dict(self.left_out),
        }

    @override
    def __str__(self) -> str:
        lines = [f"{self.path}: {self.format or 'of no known format'}"]
        lines += [f"{each}\n    {each.rule.help}" for each in self.findings]
        lines += [f"{code}: and {number:,} more" for code, number in self.left_out.items()]
        counts = ", ".join(_counted(self.count(severity), severity.value) for severity in Severity)
        looked = ", ".join(f"{number:,} {kind}" for kind, number in self.checked.items())
        return "\n".join([*lines, f"{counts}; checked {looked or 'nothing'}"])


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


class Findings:
    """Collects what checks find.

    Args:
      root: the path that is checked.

    Attributes:
      checked: how much was looked at, by its kind.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.checked: Counter[str] = Counter()
        self._found: list[Finding] = []
        self._numbers: Counter[str] = Counter()
        self._seen: set[Finding] = set()

    def add(self, rule: Rule, message: str, file: str = "", inside: str = "") -> None:
        """Adds a finding; the same one again counts once.

        Args:
          rule: the rule.
          message: one sentence; may hold text of the file.
          file: the file, relative to the root.
          inside: the place in it.
        """
        if self._numbers[rule.code] >= MAX_PER_RULE:
            self._numbers[rule.code] += 1
            return
        found = Finding(rule, *map(_safe, (message, file, inside)))
        if found not in self._seen:
            self._seen.add(found)
            self._numbers[rule.code] += 1
            self._found.append(found)

    def has(self, *rules: Rule) -> bool:
        """Whether there is a finding of one of these rules."""
        return any(self._numbers[rule.code] for rule in rules)

    def fails(self) -> bool:
        """Whether there is an error."""
        return any(each.rule.severity is Severity.ERROR for each in self._found)

    @contextlib.contextmanager
    def attempt(
        self,
        file: str = "",
        inside: str = "",
        rules: Mapping[type[BaseException], Rule] | None = None,
    ) -> Iterator[None]:
        """A context in which an error of a reader becomes a finding, and ends the context.

        Args:
          file: the file, relative to the root.
          inside: the place in it.
          rules: what errors mean here, where that is not what they mean elsewhere.
        """
        try:
            yield
        except (KerasfmtError, OSError, MemoryError) as error:
            self.add(rule_for(error, rules or {}), self._said(error), file, inside)
        except Exception as error:
            self.add(reading.CHECK_FAILED, f"{type(error).__name__}: {error}", file, inside)

    def _said(self, error: BaseException) -> str:
        """What an error says, without the path that every finding is about."""
        text = " ".join((str(error) or type(error).__name__).split())
        return text.removeprefix(f"{self.root}: ").removeprefix(f"{self.root}/")

    def report(self, format: str) -> Report:
        """The report of what was found so far."""
        order = sorted(self._found, key=lambda each: (each.rule.severity.rank, each.rule.code))
        left = {
            code: number - MAX_PER_RULE for code, number in self._numbers.items() if number > MAX_PER_RULE
        }
        return Report(_safe(str(self.root)), format, tuple(order), left, dict(self.checked))


def rule_for(error: BaseException, rules: Mapping[type[BaseException], Rule]) -> Rule:
    """The rule that an error of a reader breaks.

    Args:
      error: the error.
      rules: what errors mean, where that is not what they mean elsewhere.
    """
    known: list[tuple[type[BaseException], Rule]] = [
        *rules.items(),
        *_RULES,
        (MemoryError, reading.BEYOND_LIMITS),
    ]
    return next((rule for kind, rule in known if isinstance(error, kind)), reading.NOT_COMPARED)


def _safe(text: str) -> str:
    """The text on one line, not too long, and safe to print."""
    shown = printable(text[: 2 * _LONGEST])
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
