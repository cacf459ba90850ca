"""kerasfmt: write and read Keras models on disk, with no TensorFlow in the process.

    model = kerasfmt.Sequential([kerasfmt.layers.Dense(5, input_shape=(3,)), kerasfmt.layers.Softmax()])
    kerasfmt.save_model(model, "saved_model")

Everything is imported on first use: `import kerasfmt` loads neither NumPy nor h5py.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "Functional": "ir",
    "Input": "ir",
    "Model": "ir",
    "SaveOptions": "formats.saved_model.options",
    "Sequential": "ir",
    "clear_session": "ir",
    "from_keras": "sources",
    "load_model": "api",
    "load_weights": "api",
    "model_from_config": "dialects.model_config",
    "save_model": "api",
    "save_weights": "api",
    "KerasfmtError": "errors",
}
_MODULES = ("errors", "graph", "ir", "layers", "tensorbundle")

if TYPE_CHECKING:
    from kerasfmt import errors, graph, ir, layers, tensorbundle
    from kerasfmt.api import load_model, load_weights, save_model, save_weights
    from kerasfmt.dialects.model_config import model_from_config
    from kerasfmt.errors import KerasfmtError
    from kerasfmt.formats.saved_model.options import SaveOptions
    from kerasfmt.ir import Functional, Input, Model, Sequential, clear_session
    from kerasfmt.sources.live.from_keras import from_keras

__all__ = [
    "Functional",
    "Input",
    "KerasfmtError",
    "Model",
    "SaveOptions",
    "Sequential",
    "clear_session",
    "errors",
    "from_keras",
    "graph",
    "ir",
    "layers",
    "load_model",
    "load_weights",
    "model_from_config",
    "save_model",
    "save_weights",
    "tensorbundle",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"kerasfmt.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(f"kerasfmt.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'kerasfmt' has no attribute {name!r}")
