"""Damaged. Rules about bytes that are missing, changed, or cannot be decoded."""

from __future__ import annotations

from typing import Final

from kerasfmt.verification.rule import Rule, Severity

_RESTORE: Final = "Restore the file from where it came."

DAMAGED: Final = Rule(
    "KF101",
    "damaged",
    Severity.ERROR,
    "The structure of the file is broken.",
    _RESTORE,
)
CHECKSUM: Final = Rule(
    "KF102",
    "tensor-checksum",
    Severity.ERROR,
    "The bytes of a tensor do not match the checksum that its checkpoint states.",
    _RESTORE,
)
MISSING_BYTES: Final = Rule(
    "KF103",
    "missing-bytes",
    Severity.ERROR,
    "A data file is missing, or ends before a tensor does.",
    "Copy all data files of the checkpoint, and copy them whole.",
)
UNCLAIMED_BYTES: Final = Rule(
    "KF104",
    "unclaimed-bytes",
    Severity.WARNING,
    "A data file has bytes that belong to no tensor.",
    "Look at them: something may be hidden there. Saving the model again leaves them out.",
)
SHARED_BYTES: Final = Rule(
    "KF105",
    "shared-bytes",
    Severity.ERROR,
    "Several tensors, datasets or members claim the same bytes.",
    "Do not load the file: no writer of Keras or TensorFlow makes such files.",
)
MEMBER_CHECKSUM: Final = Rule(
    "KF106",
    "member-checksum",
    Severity.ERROR,
    "A member of the archive cannot be unpacked to the bytes whose size and CRC it states.",
    _RESTORE,
)
HEADERS_DISAGREE: Final = Rule(
    "KF107",
    "headers-disagree",
    Severity.ERROR,
    "The archive states a member twice, in different words; readers disagree on what it holds.",
    "Do not load the file: no writer of Keras or TensorFlow makes such files.",
)
UNREADABLE_DATASET: Final = Rule(
    "KF108",
    "unreadable-dataset",
    Severity.ERROR,
    "A dataset of the HDF5 file cannot be read: its chunks, checksums or sizes are wrong.",
    _RESTORE,
)
FINGERPRINT: Final = Rule(
    "KF109",
    "fingerprint",
    Severity.ERROR,
    "A part of the SavedModel is not the one that fingerprint.pb was made of; it was changed after the save.",
    "Find out who changed it. If that is fine, save the model again, which makes a new fingerprint.",
)
