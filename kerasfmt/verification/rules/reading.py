"""Could not be read. Rules about files, and parts of files, that were not checked."""

from __future__ import annotations

from typing import Final

from kerasfmt.verification.rule import Rule, Severity

UNREADABLE: Final = Rule(
    "KF001",
    "unreadable",
    Severity.ERROR,
    "The file is not there, or the system cannot read it.",
    "Check the path and the permissions.",
)
UNKNOWN_FORMAT: Final = Rule(
    "KF002",
    "unknown-format",
    Severity.ERROR,
    "The file, or a part of it, is of no format that kerasfmt checks.",
    "Save the model again as a SavedModel, HDF5, .keras or .npz file, or as a checkpoint.",
)
BEYOND_LIMITS: Final = Rule(
    "KF003",
    "beyond-limits",
    Severity.ERROR,
    "A part costs more memory than a file of its size may, or is nested too deeply; it was not checked.",
    "Do not load the file. If you trust it, check it with a higher --max-expansion.",
)
NOT_COMPARED: Final = Rule(
    "KF004",
    "not-compared",
    Severity.NOTE,
    "Config and weights were not compared, because kerasfmt does not read this model.",
    "The other checks hold. Load the model where its layers are defined to compare the rest.",
)
CHECK_FAILED: Final = Rule(
    "KF005",
    "check-failed",
    Severity.ERROR,
    "A check of kerasfmt ended with an internal error; what it checks is not known.",
    "Report the file to kerasfmt, and do not trust it.",
)
