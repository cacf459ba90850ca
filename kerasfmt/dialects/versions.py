"""The versions of Keras whose dialects are written."""

from __future__ import annotations

from typing import Final

KERAS2: Final = "2.15.0"
"""Every tf_keras reads it too."""
KERAS3: Final = "3.15.1"


def is_keras3(version: str | None) -> bool:
    """Whether a file that states this version of Keras is in the dialect of Keras 3."""
    return (version or "").partition(".")[0] not in ("", "1", "2")
