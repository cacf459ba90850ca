"""The versions of Keras whose dialects are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from kerasfmt.ir.keras_facts import Major

KERAS2: Final = "2.15.0"
"""Every tf_keras reads it too."""
OPTIONAL_INPUTS: Final = (2, 21)
"""The first tf_keras whose input layers state whether they are optional."""
KERAS3: Final = "3.15.1"


def is_keras3(version: str | None) -> bool:
    """Whether a file that states this version of Keras is in the dialect of Keras 3."""
    return (version or "").partition(".")[0] not in ("", "1", "2")


def is_keras1(version: str | None) -> bool:
    """Whether a file that states this version of Keras is of Keras 1, which in its first releases stated none."""
    return (version or "1").partition(".")[0] == "1"


def parsed(version: str) -> tuple[int, ...]:
    """The numbers of a version: (2, 15, 0) of `2.15.0-rc0`."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def later_keras2(version: str | None) -> str:
    """A version of Keras 2 that a file is to state: the given one if it is later than the one that is written."""
    return version if version is not None and parsed(version) > parsed(KERAS2) else KERAS2


Dialect: TypeAlias = Literal["keras3", "tf_keras"]
"""Whose archives: those of Keras 3, or those of tf_keras and Keras 2."""
MAJOR: Final[Mapping[Dialect, Major]] = {"keras3": 3, "tf_keras": 2}
"""The version of Keras whose words an archive is in."""
