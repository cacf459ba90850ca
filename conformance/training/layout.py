"""Writers, readers and formats of the matrix, and where their files lie."""

from __future__ import annotations

import os
from pathlib import Path

from conformance.environments import ROOT
from conformance.formats.layout import ENGINES, Engine

HOME = Path(os.environ.get("KERASFMT_TRAINING_WORK", ROOT / ".conformance" / "training"))

LINES = ("tf215", "tf_keras", "jax")
"""The engines of the format matrix that write and read here."""

FORMATS = {
    "hdf5": "HDF5 (`.h5`)",
    "tf_keras": "`.keras` of tf_keras",
    "keras3": "`.keras` of Keras 3",
    "paths_tf_keras": "`.weights.h5` of tf_keras",
    "paths_keras3": "`.weights.h5` of Keras 3",
    "saved_model": "SavedModel",
    "checkpoint": "TF checkpoint",
}
SUFFIXES = {
    "hdf5": ".h5",
    "tf_keras": ".keras",
    "keras3": ".keras",
    "paths_tf_keras": ".weights.h5",
    "paths_keras3": ".weights.h5",
    "saved_model": "",
    "checkpoint": "",
}
SAVE_FORMATS = {
    "hdf5": "h5",
    "tf_keras": "tf_keras",
    "keras3": "keras",
    "paths_tf_keras": "tf_keras",
    "paths_keras3": "keras",
    "saved_model": "tf",
}
"""What kerasfmt writes, and its word for it."""
WEIGHTS = ("paths_tf_keras", "paths_keras3", "checkpoint")
"""The formats without the model: the reader builds and compiles it."""


def engine(line: str) -> Engine:
    """The Keras of a line."""
    return ENGINES[line]


def own_formats(line: str) -> tuple[str, ...]:
    """The formats that a Keras itself writes.

    HDF5 is last: Keras 3 does not know the optimizer's name any more once it has written that.
    """
    if engine(line).dialect == "keras3":
        return ("keras3", "paths_keras3", "hdf5")
    return ("tf_keras", "paths_tf_keras", "checkpoint", "saved_model", "hdf5")


def sources(line: str) -> tuple[str, ...]:
    """The formats of a Keras that kerasfmt reads."""
    dialect = engine(line).dialect
    return (dialect, "hdf5", f"paths_{dialect}")


def targets(reader: str) -> tuple[str, ...]:
    """The formats of kerasfmt that a Keras reads."""
    dialect = engine(reader).dialect
    own = ("saved_model",) if dialect == "tf_keras" else ()
    return (dialect, f"paths_{dialect}", "hdf5", *own)


def writers(reader: str) -> tuple[str, ...]:
    """Whose files a reader is given: its own, and those of the other kind of Keras."""
    other = [line for line in LINES if engine(line).dialect != engine(reader).dialect]
    return (reader, *other)


def directory(line: str, case: str) -> Path:
    """Where a writer's files of a case lie."""
    return HOME / line / case


def file_name(source: str, kind: str) -> str:
    """The name of a file."""
    return f"{source}-{kind}{SUFFIXES[kind]}"


def result(reader: str, case: str, kind: str, digest: str) -> Path:
    """Where it stands what a reader made of a file with that content: .json, and .npz beside it."""
    return HOME / "reads" / reader / case / f"{kind}-{digest}.json"
