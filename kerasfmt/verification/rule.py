"""What can be found in a file: a rule has a code that stays, a severity, and advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad a finding is."""

    ERROR = "error"
    """Do not use the file: it is damaged, or makes its reader do more than compute."""
    WARNING = "warning"
    """Look at it before the file is used."""
    NOTE = "note"
    """Good to know."""

    @property
    def rank(self) -> int:
        """0 for an error, more for what is less bad."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
      code: KF and three digits; the same in every version.
      name: the rule in words that tools take as an identifier.
      severity: of its findings.
      title: what its findings have in common, in one sentence.
      help: what to do about a finding.
    """

    code: str
    name: str
    severity: Severity
    title: str
    help: str
