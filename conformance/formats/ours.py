"""In a process without any Keras: kerasfmt writes anew what each Keras wrote, and reads the files of all."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from conformance import round_trips
from conformance.artefacts import read_json, stored, write_json
from conformance.case import Case
from conformance.formats import layout
from conformance.formats.configs import plain
from conformance.formats.layout import EVERY_ENGINE, FORMATS, array_digest, file_name
from conformance.formats.live import in_order, leaf_layers, produced, said
from conformance.nested import flat


def rewrite(case: Case, writer: str, code: str) -> None:
    """Writes the formats of `layout.rewritten` from every file of a whole model that a Keras wrote."""
    engine = EVERY_ENGINE[writer]
    where = layout.directory(writer, case)
    known = layout.stated(writer, case)
    files = layout.written(writer, case)
    for origin in (source for source in layout.sources(engine) if "-" in source):
        loaded = functools.cache(functools.partial(_load, where / file_name(*origin.split("-", 1)), case))
        for kind in layout.rewritten(engine, origin):
            name = file_name(origin, kind)
            files[name] = produced(where / name, lambda path, k=kind, m=loaded: _save(m(), path, k))  # type: ignore[misc]
    write_json(where / "files.json", files)
    write_json(where / "expected.json", {**known, "rewritten": code})


def trips(line: str, case: Case, code: str) -> None:
    """Sends a case of a line through every format, and keeps what came of it: "same", "refused" or an error."""
    target = layout.HOME / "round_trips" / line / f"{case.name}.json"
    if not stored(line, case).exists() or read_json(target).get("code") == code:
        return
    found = {"code": code}
    for kind in round_trips.FORMATS:
        with tempfile.TemporaryDirectory() as scratch:
            try:
                round_trips.round_trip(line, case, kind, Path(scratch))
                found[kind] = "same"
            except round_trips.NotInDialectError:
                found[kind] = "refused"
            except Exception as error:
                found[kind] = said(error)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_json(target, found)


def _load(path: Path, case: Case) -> kerasfmt.Model | kerasfmt.GraphModel:
    """The model in a file; the graph of a SavedModel that holds no layers."""
    if path.is_dir() and not (path / "keras_metadata.pb").exists():
        return kerasfmt.load_graph_model(path)
    return kerasfmt.load_model(path, custom_objects=case.objects(kerasfmt))


def _save(model: kerasfmt.Model | kerasfmt.GraphModel, path: Path, kind: str) -> None:
    save = kerasfmt.save_model if FORMATS[kind].whole else kerasfmt.save_weights
    save(model, path, save_format=FORMATS[kind].save_format)


def read(case: Case, kind: str, path: Path, x: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What kerasfmt makes of a file: state and outputs."""
    if FORMATS[kind].whole:
        model = _load(path, case)
        if isinstance(model, kerasfmt.GraphModel):
            return _of_graph(model, case, x)
    else:
        model = _model_of(path.parent, case)
        for weight in model.weights:
            weight.value = np.zeros(weight.shape, weight.dtype.numpy)
        kerasfmt.load_weights(model, path)
    found: dict[str, Any] = {
        "weights": {
            where: sorted(array_digest(weight.numpy()) for weight in layer.weights)
            for where, layer in leaf_layers(model)
            if layer.weights
        },
        "outputs": [np.asarray(y) for y in flat(model.predict(_given(model, x)))] if case.runs else [],
    }
    if FORMATS[kind].whole:
        found["config"] = {"class_name": type(model).__name__, "config": plain(model.get_config())}
        compiled = model.training_config
        found["slots"] = sorted(
            array_digest(v.numpy()) for v in (compiled.variables if compiled else []) if v.shape
        )
    return found


_GENERATOR = "/seed_generator_state"
"""How the names of variables end that are no weights, and that a layer of Keras 3 has beside them."""


def _of_graph(graph: kerasfmt.GraphModel, case: Case, x: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The variables of a graph, which Keras 3 stores twice under one name, and what its signature computes."""
    signature = graph.signatures["serving_default"]
    weights = {
        variable.name: array_digest(np.asarray(variable.value))
        for variable in graph.variables
        if not variable.name.endswith(_GENERATOR)
    }
    return {
        "weights": {"": sorted(weights.values())},
        "outputs": {} if not case.runs else dict(signature(**in_order(x, list(signature.inputs)))),
    }


def _model_of(where: Path, case: Case) -> kerasfmt.Model:
    """A model whose weights the files of weights in a directory hold."""
    files = read_json(where / "files.json")
    for name in (f for f in files if files[f]["ok"] and "hdf5" in f.rsplit("-", 1)[1]):
        return kerasfmt.load_model(where / name, custom_objects=case.objects(kerasfmt), compile=False)
    raise FileNotFoundError(f"{where}: no file of a whole model")


def _given(model: kerasfmt.Model, x: Mapping[str, np.ndarray]) -> Any:
    x = in_order(x, [tensor.origin.layer.name for tensor in model.inputs])

    def fill(structure: Any) -> Any:
        if isinstance(structure, Mapping):
            return {name: fill(item) for name, item in structure.items()}
        if isinstance(structure, list | tuple):
            return [fill(item) for item in structure]
        return x[structure.origin.layer.name]

    return fill(model.inputs_structure)
