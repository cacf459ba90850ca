"""The members of a `.keras` archive."""

from __future__ import annotations

from typing import Final

METADATA: Final = "metadata.json"
CONFIG: Final = "config.json"
WEIGHTS: Final = "model.weights.h5"
SHARDS: Final = "model.weights.json"
"""Which of several HDF5 members holds which variables, in place of WEIGHTS."""
ASSETS: Final = "assets/"
