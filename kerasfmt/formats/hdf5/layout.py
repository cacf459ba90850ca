"""The names of groups and attributes in a file; the package docstring shows where they are."""

from __future__ import annotations

from typing import Final

MODEL_CONFIG: Final = "model_config"
TRAINING_CONFIG: Final = "training_config"
KERAS_VERSION: Final = "keras_version"
BACKEND: Final = "backend"
MODEL_WEIGHTS: Final = "model_weights"
OPTIMIZER_WEIGHTS: Final = "optimizer_weights"
LAYER_NAMES: Final = "layer_names"
WEIGHT_NAMES: Final = "weight_names"
TOP_LEVEL: Final = "top_level_model_weights"
"""The group of the weights that belong to no layer."""
