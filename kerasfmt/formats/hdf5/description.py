"""A readable description of an HDF5 file of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasfmt.formats.description import Description, byte_size, model_line, rows_of
from kerasfmt.formats.hdf5.stored import open_model


def describe(path: Path) -> Description:
    """The layers of the model in a file.

    Raises:
      KerasfmtError: as `open_model` does.
    """
    stored = open_model(path)
    rows = rows_of(stored.layers.items(), _classes(stored.model_config))
    if stored.top_level:
        rows += rows_of([("(top level)", stored.top_level)], {})
    size, nbytes = sum(row.size for row in rows), sum(row.nbytes for row in rows)
    return Description(
        (
            f"{path}: Keras HDF5, {byte_size(path.stat().st_size)}",
            f"{model_line(stored.model_config, stored.keras_version)}, backend {stored.backend or 'unknown'}",
            f"total: {len(stored.layers):,} layers, {size:,} parameters, {byte_size(nbytes)}",
            f"compiled: {'yes' if stored.training_config else 'no'}, "
            f"{len(stored.optimizer_weights):,} optimizer variables",
        ),
        rows,
    )


def _classes(config: dict[str, Any]) -> dict[str, str]:
    """Class names by layer name, as far as the config states them."""
    inner = config.get("config")
    layers = inner.get("layers", []) if isinstance(inner, dict) else []
    found: dict[str, str] = {}
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            found[str(layer["config"].get("name"))] = str(layer.get("class_name"))
    return found
