"""The members of a `.keras` archive, and the groups in the HDF5 file of its weights; see weights.py."""

from __future__ import annotations

from typing import Final

METADATA: Final = "metadata.json"
CONFIG: Final = "config.json"
WEIGHTS: Final = "model.weights.h5"
SHARDS: Final = "model.weights.json"
"""In place of WEIGHTS: the map from variables to the HDF5 members that hold them."""
ASSETS: Final = "assets/"

VARS: Final = "vars"
"""The group of an object's own variables, which are called 0, 1, 2, ..."""
LAYERS: Final = "layers"
"""The group of a model's layers."""
OLD_LAYERS: Final = "_layer_checkpoint_dependencies"
"""The group of a model's layers up to Keras 2.13."""
OPTIMIZER: Final = "optimizer"
INNER: Final = "optimizer/inner_optimizer"
"""The group of the optimizer inside of a LossScaleOptimizer."""
ROOT_MEMBERS: Final = (LAYERS, OLD_LAYERS, VARS, OPTIMIZER)
"""The groups that a file of weights in this layout may have at its root."""

ON_WINDOWS: Final = (f"{LAYERS}\\", f"{OLD_LAYERS}\\")
"""How names of groups begin in files that older versions of Keras wrote on Windows, where they join paths by "\\"."""

WEIGHTS_SUFFIX: Final = ".weights.h5"
"""The suffix of a file of weights only."""
MAP_SUFFIX: Final = ".weights.json"
"""The suffix of a map of weights in shards."""
