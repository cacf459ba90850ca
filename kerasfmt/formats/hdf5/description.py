"""The description of an HDF5 file: of a model, or of weights in the layout of Keras 2."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, Final

from kerasfmt.dialects.versions import is_keras3
from kerasfmt.formats.description import Description, Row, named, rows_of, stored_optimizer
from kerasfmt.formats.hdf5.reader import load
from kerasfmt.formats.hdf5.stored import H5Model, H5Weights, holds_model, open_model, open_weights
from kerasfmt.formats.ops_used import ops_of_prediction
from kerasfmt.ir.keras_facts import Major

_OPTIMIZER: Final = "optimizer_config"


def describe(path: Path) -> Description:
    """The layers of the model in a file, or of the weights.

    Raises:
      KerasfmtError: as `open_model` and `open_weights` do.
    """
    if not holds_model(path):
        stored = open_weights(path)
        return Description(
            path=path, format="h5", title="weights in HDF5", **_common(path, stored), rows=_rows(stored, {})
        )
    model = open_model(path)
    training, keras = model.training_config or {}, _dialect(model)
    return Description(
        path=path,
        format="h5",
        title="Keras HDF5",
        **_common(path, model),
        **named(model.model_config),
        rows=_rows(model, _classes(model.model_config)),
        compiled=None
        if model.training_config is None
        else {key: value for key, value in training.items() if key != _OPTIMIZER},
        optimizer=stored_optimizer(training.get(_OPTIMIZER), model.optimizer_weights, keras),
        dialect=keras,
        count_ops=partial(ops_of_prediction, path, load),
    )


def _dialect(stored: H5Model) -> Major:
    return 3 if is_keras3(stored.keras_version) else 2


def _common(path: Path, stored: H5Model | H5Weights) -> dict[str, Any]:
    writers = {"keras": stored.keras_version, "backend": stored.backend}
    return {
        "members": {path.name: path.stat().st_size},
        "writers": {name: version for name, version in writers.items() if version},
    }


def _rows(stored: H5Model | H5Weights, kinds: dict[str, str]) -> tuple[Row, ...]:
    rows = rows_of(stored.layers.items(), kinds)
    return rows + rows_of([("(top level)", stored.top_level)], {}) if stored.top_level else rows


def _classes(config: dict[str, Any]) -> dict[str, str]:
    """Class names by layer name, as far as the config states them."""
    inner = config.get("config")
    layers = inner.get("layers", []) if isinstance(inner, dict) else []
    found: dict[str, str] = {}
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and isinstance(layer.get("config"), dict):
            found[str(layer["config"].get("name"))] = str(layer.get("class_name"))
    return found
