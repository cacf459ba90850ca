"""The versions of Keras whose dialects are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from kerasfmt.ir.keras_facts import Major

KERAS2: Final = "2.15.0"
"""Every tf_keras reads it too."""
KERAS3: Final = "3.15.1"


def is_keras3(version: str | None) -> bool:
    """Whether a file that states this version of Keras is in the dialect of Keras 3."""
    return (version or "").partition(".")[0] not in ("", "1", "2")


Dialect: TypeAlias = Literal["keras3", "tf_keras"]
"""Whose archives: those of Keras 3, or those of tf_keras and Keras 2."""
MAJOR: Final[Mapping[Dialect, Major]] = {"keras3": 3, "tf_keras": 2}
"""The version of Keras whose words an archive is in."""
