"""Came out when the model ran. Rules about outputs; they need --inputs or --against."""

from __future__ import annotations

from typing import Final

from kerasfmt.verification.rule import Rule, Severity

NOT_RUN: Final = Rule(
    "KF401",
    "not-run",
    Severity.ERROR,
    "The model could not be run on the inputs.",
    "Give inputs that the model takes; --signature chooses what runs.",
)
NOT_FINITE: Final = Rule(
    "KF402",
    "not-finite",
    Severity.ERROR,
    "An output holds NaN or an infinity.",
    "Check the weights and the inputs: one of them may hold such numbers, or be far too large.",
)
DIFFERENT: Final = Rule(
    "KF403",
    "different-outputs",
    Severity.ERROR,
    "The outputs of the two models differ by more than the tolerance.",
    "One of the models is another one, or was damaged on the way; `kerasfmt diff` may show which weight differs.",
)
