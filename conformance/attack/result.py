"""What came of an attack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """What came of one attack on one victim.

    Attributes:
      attack: what was done to what: "kills: tf, fresh".
      trials: how often.
      findings: what went wrong, a text for each; empty if nothing did.
    """

    attack: str
    trials: int
    findings: tuple[str, ...] = ()
