"""The rules by group: the first digit of a code is that of the group.

KF0   reading       what could not be checked
KF1   integrity     what is damaged
KF2   consistency   what contradicts another part of the file
KF3   unsafe        what makes a reader do more than compute, or hides something
KF4   behaviour     what came out when the model ran
"""

from __future__ import annotations

from typing import Final

from kerasfmt.verification.rule import Rule
from kerasfmt.verification.rules import behaviour, consistency, integrity, reading, unsafe

GROUPS: Final = (reading, integrity, consistency, unsafe, behaviour)
"""The modules of the groups, in the order of their codes."""

RULES: Final[tuple[Rule, ...]] = tuple(
    found for group in GROUPS for found in vars(group).values() if isinstance(found, Rule)
)
"""Every rule."""
