"""Files of a Keras, converted by kerasfmt."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from conformance.artefacts import read_json, write_json
from conformance.training import layout
from conformance.training.live import attempt


def convert(line: str, case: str) -> None:
    """Converts each file of a writer that kerasfmt reads to each format that it writes."""
    home = layout.directory(line, case)
    files = read_json(home / "files.json")
    if not files:
        return
    files = {name: file for name, file in files.items() if name.startswith("own-")}
    for kind in layout.sources(line):
        own = home / layout.file_name("own", kind)
        if not files[own.name]["ok"]:
            continue
        for target, save_format in layout.SAVE_FORMATS.items():
            path = home / layout.file_name(kind, target)
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
            files[path.name] = _converted(line, own, kind, path, target, save_format)
    write_json(home / "files.json", files)


def _converted(line: str, own: Path, kind: str, path: Path, target: str, save_format: str) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")

        def write(path: Path) -> None:
            model = _model(line, own, kind)
            if target in layout.WEIGHTS:
                kerasfmt.save_weights(model, path, save_format=save_format)
            else:
                kerasfmt.save_model(model, path, save_format=save_format)

        found = attempt(path, write)
    own_words = [str(w.message) for w in said if issubclass(w.category, UserWarning)]
    return {**found, "warnings": own_words}


def _model(line: str, own: Path, kind: str) -> Any:
    if kind not in layout.WEIGHTS:
        return kerasfmt.load_model(own)
    # A file of weights says nothing of the model, which is that of the archive, without its values.
    model = kerasfmt.load_model(own.with_name(layout.file_name("own", layout.engine(line).dialect)))
    kept = [*model.weights]
    if model.training_config is not None:
        kept += model.training_config.variables
    for weight in kept:
        weight.value = np.zeros(weight.shape, weight.dtype.numpy)
    kerasfmt.load_weights(model, own)
    return model
