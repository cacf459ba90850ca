"""The members of a `.keras` archive, and the groups of the HDF5 file of its weights; see weights.py."""

from __future__ import annotations

from typing import Final

METADATA: Final = "metadata.json"
CONFIG: Final = "config.json"
WEIGHTS: Final = "model.weights.h5"
SHARDS: Final = "model.weights.json"
"""Which of several HDF5 members holds which variables, in place of WEIGHTS."""
ASSETS: Final = "assets/"

VARS: Final = "vars"
"""The group of an object's own variables, which are called 0, 1, 2, ..."""
LAYERS: Final = "layers"
"""The group of a model's layers."""
OLD_LAYERS: Final = "_layer_checkpoint_dependencies"
"""The group of a model's layers up to Keras 2.13."""
OPTIMIZER: Final = "optimizer"
ROOT_MEMBERS: Final = (LAYERS, OLD_LAYERS, VARS, OPTIMIZER)
"""What a file of weights in this layout may hold at its root."""

WEIGHTS_SUFFIX: Final = ".weights.h5"
"""What the name of a file of weights alone ends in."""
MAP_SUFFIX: Final = ".weights.json"
"""What the name of a map of weights in shards ends in."""
