"""Every exception that a user of kerasfmt can meet.

The fault is in the type; the message says where, what was expected, what was found and what to do.
"""

from __future__ import annotations

from kerasfmt.printable import printable
from kerasfmt.typing import override


class KerasfmtError(Exception):
    """Base class of every error that kerasfmt raises on purpose; its text is safe to print."""

    @override
    def __str__(self) -> str:
        return printable(super().__str__())


class CorruptFileError(KerasfmtError):
    """A file is damaged, truncated, or declares something that its bytes cannot hold."""


class UnsafeFileError(KerasfmtError):
    """A file asks for something that a reader of untrusted files must refuse (code, links, bombs)."""


class UnsupportedFormatError(KerasfmtError):
    """A file is not in a format, or not in a version of a format, that kerasfmt reads or writes."""


class UnsupportedLayerError(KerasfmtError):
    """A model holds a layer, or a layer option, that kerasfmt cannot represent."""


class InvalidModelError(KerasfmtError):
    """A model contradicts itself: shapes that do not fit, missing weights, two layers with one name."""


class GraphError(KerasfmtError):
    """A graph node does not agree with its TensorFlow op definition."""


class OutOfMemoryError(KerasfmtError, MemoryError):
    """There is not enough memory for what a model or a file, which may be healthy, asks for."""


class SaveError(KerasfmtError):
    """A model could not be written; the target is as it was before."""


class MissingFileError(KerasfmtError, FileNotFoundError):
    """There is nothing at the path of a model."""


class TargetExistsError(SaveError, FileExistsError):
    """There is something at the target of a save that was told not to overwrite."""


class SystemFaultError(KerasfmtError, OSError):
    """The system could not read a file: too many open files, a broken disk; the file itself may be sound."""
