"""The front door: the verbs that choose the format, protect existing files, and commit."""

from __future__ import annotations

from kerasfmt.api.loading import load_graph_model, load_model, load_weights, open_weights
from kerasfmt.api.saving import save_model, save_weights, write_model

__all__ = [
    "load_graph_model",
    "load_model",
    "load_weights",
    "open_weights",
    "save_model",
    "save_weights",
    "write_model",
]
