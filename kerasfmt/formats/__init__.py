"""One room per format; each reads its bytes into, or writes them from, the model of kerasfmt.ir."""

from __future__ import annotations

from typing import Final

from kerasfmt.formats import architecture, checkpoint, hdf5, keras_archive, npz, safetensors, saved_model
from kerasfmt.formats.format import Format

FORMATS: Final[tuple[Format, ...]] = (
    saved_model.FORMAT,
    checkpoint.FORMAT,
    npz.FORMAT,
    safetensors.FORMAT,
    keras_archive.FORMAT,
    keras_archive.TF_KERAS,
    keras_archive.EARLY_KERAS3,
    hdf5.FORMAT,
    hdf5.FOR_KERAS3,
    architecture.FORMAT,
)
"""Every format; if several can read the weights of a file, the first one does."""
