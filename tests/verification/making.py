"""Files that break a rule of verify, made from healthy ones."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

import kerasfmt
from kerasfmt import protos
from kerasfmt.containers import tensorbundle
from kerasfmt.verification.finding import Report
from kerasfmt.verification.rule import Rule
from kerasfmt.verification.verify import verify
from tests.formats.saved_model.stored_edits import edit_saved_model

Make = Callable[[Path], Path]
"""Makes a file in a folder, and gives its path."""


def small() -> kerasfmt.Model:
    """A model of one layer."""
    kerasfmt.clear_session()
    layer = kerasfmt.layers.Dense(2, input_shape=(3,), name="dense")
    model = kerasfmt.Sequential([layer], name="model")
    kernel, bias = model.weights
    kernel.value = np.arange(6, dtype=np.float32).reshape(3, 2)
    bias.value = np.ones(2, np.float32)
    return model


def saved(folder: Path, change: Callable[[Any], None] | None = None) -> Path:
    """A SavedModel; with a change of its graph it has no fingerprint, so that other rules are seen alone."""
    directory = folder / "saved_model"
    kerasfmt.save_model(small(), directory)
    if change is not None:
        edit_saved_model(directory, change)
        (directory / "fingerprint.pb").unlink()
    return directory


def changed(change: Callable[[Any], None]) -> Make:
    """Makes a SavedModel with a change of its MetaGraphDef."""
    return lambda folder: saved(folder, change)


def beside(name: str, data: bytes) -> Make:
    """Makes a SavedModel with one more file in its directory."""

    def make(folder: Path) -> Path:
        directory = saved(folder)
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)
        return directory

    return make


def with_node(op: str, inputs: tuple[str, ...] = (), **attrs: Any) -> Make:
    """Makes a SavedModel with one more node in its main graph; attributes are fields of an AttrValue."""
    return changed(lambda meta: add_node(meta, op, inputs, **attrs))


def add_node(meta: Any, op: str, inputs: tuple[str, ...] = (), name: str = "added", **attrs: Any) -> Any:
    """Adds a node to the main graph."""
    node = meta.graph_def.node.add(name=name, op=op, input=inputs)
    for key, value in attrs.items():
        node.attr[key].CopyFrom(value)
    return node


def text(value: str | bytes) -> Any:
    """A text as an attribute."""
    return protos.AttrValue(s=value.encode() if isinstance(value, str) else value)


def dtype(name: str) -> Any:
    """A dtype as an attribute."""
    return protos.AttrValue(type=protos.DataType.Value(f"DT_{name}"))


def texts(*values: bytes) -> Any:
    """A constant of texts as an attribute."""
    found = protos.AttrValue()
    found.tensor.dtype = protos.DataType.Value("DT_STRING")
    found.tensor.tensor_shape.dim.add(size=len(values))
    found.tensor.string_val.extend(values)
    return found


def checkpoint(folder: Path, arrays: Mapping[str, Any] | None = None) -> Path:
    """A checkpoint without objects."""
    prefix = folder / "ckpt"
    tensorbundle.write(prefix, (arrays or {"a": np.arange(6.0), "b": np.arange(3)}).items())
    return prefix


def data_of(prefix: Path) -> Path:
    """The only data file of a checkpoint."""
    return prefix.with_name(f"{prefix.name}.data-00000-of-00001")


def archive(folder: Path, change: Callable[[dict[str, bytes]], None] | None = None, **options: Any) -> Path:
    """A `.keras` archive whose members may be changed."""
    path = folder / "model.keras"
    kerasfmt.save_model(small(), path)
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    if change is not None:
        change(members)
    with zipfile.ZipFile(path, "w", **options) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return path


def with_config(change: Callable[[dict[str, Any]], None]) -> Make:
    """Makes a `.keras` archive with a change of the config of its layer."""

    def edit(members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        change(config["config"]["layers"][-1])
        members["config.json"] = json.dumps(config).encode()

    return lambda folder: archive(folder, edit)


def hdf5(folder: Path, change: Callable[[h5py.File], None] | None = None) -> Path:
    """An HDF5 file that may be changed."""
    path = folder / "model.h5"
    kerasfmt.save_model(small(), path)
    if change is not None:
        with h5py.File(path, "r+") as file:
            change(file)
    return path


def changed_hdf5(change: Callable[[h5py.File], None]) -> Make:
    """Makes an HDF5 file with a change."""
    return lambda folder: hdf5(folder, change)


def rules_of(report: Report) -> set[Rule]:
    """The rules of the findings."""
    return {found.rule for found in report.findings}


def check_case(rule: Rule, make: Make, folder: Path) -> None:
    """A file breaks a rule, and nothing of the check fails."""
    report = verify(make(folder))
    assert rule in rules_of(report), str(report)
    assert "KF005" not in {found.rule.code for found in report.findings}, str(report)
