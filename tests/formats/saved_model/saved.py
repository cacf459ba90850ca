"""Models written as SavedModels, and what the files hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import kerasfmt
from kerasfmt import dtypes, protos
from kerasfmt.containers import tensorbundle
from kerasfmt.formats.saved_model.writer import write
from kerasfmt.ir import Model, TrainingConfig, Weight
from kerasfmt.optimizers.state import initial_variables


@dataclass
class Saved:
    """A SavedModel that was written."""

    directory: Path

    @property
    def meta(self) -> Any:
        proto = protos.SavedModel.FromString((self.directory / "saved_model.pb").read_bytes())
        (meta,) = proto.meta_graphs
        return meta

    @property
    def nodes(self) -> Any:
        return self.meta.object_graph_def.nodes

    @property
    def variables(self) -> Any:
        return tensorbundle.read(self.directory / "variables" / "variables")

    @property
    def functions(self) -> dict[str, Any]:
        return {f.signature.name: f for f in self.meta.graph_def.library.function}

    @property
    def metadata(self) -> dict[str, dict[str, Any]]:
        """Path of a layer's node -> its metadata."""
        data = (self.directory / "keras_metadata.pb").read_bytes()
        return {n.node_path: json.loads(n.metadata) for n in protos.KerasSavedMetadata.FromString(data).nodes}

    def children(self, node: int = 0) -> dict[str, int]:
        return {c.local_name: c.node_id for c in self.nodes[node].children}

    def at(self, *path: str) -> int:
        """The number of the node at a path from the root."""
        node = 0
        for name in path:
            node = self.children(node)[name]
        return node

    def files(self) -> dict[str, bytes]:
        return {
            str(p.relative_to(self.directory)): p.read_bytes()
            for p in self.directory.rglob("*")
            if p.is_file()
        }


def save(model: Model, directory: Path, **options: Any) -> Saved:
    directory.mkdir()
    write(model, directory, **options)
    return Saved(directory)


def small() -> Model:
    """A functional model with a nested, a shared and a regularized layer, and a random one."""
    kerasfmt.clear_session()
    y = kerasfmt.Input((3,), name="y")
    inner = Model(y, kerasfmt.layers.BatchNormalization(name="norm")(y), name="inner")
    x = kerasfmt.Input((3,), name="x")
    shared = kerasfmt.layers.Dense(3, kernel_regularizer="l2", activity_regularizer="l1", name="shared")
    dropped = kerasfmt.layers.Dropout(0.5, name="drop")(shared(inner(x)))
    return Model(x, kerasfmt.layers.Dense(2, name="out")(shared(dropped)), name="small")


def saved_model(*names: str) -> protos.SavedModel:
    """A SavedModel with the concrete functions `names`."""
    saved = protos.SavedModel(saved_model_schema_version=1)
    functions = saved.meta_graphs.add().object_graph_def.concrete_functions
    for bound, name in enumerate(names):
        functions[name].bound_inputs.append(bound)
    return saved


def compiled() -> Model:
    model = small()
    config = {
        "loss": "mse",
        "metrics": None,
        "optimizer_config": {"class_name": "Custom>Adam", "config": {"learning_rate": 0.25}},
    }
    steps = Weight("iteration", (), dtypes.int64, trainable=False)
    steps.value = np.asarray(7, np.int64)
    training = TrainingConfig(config)
    slots = initial_variables(training, model.trainable_weights)[1:]
    for number, slot in enumerate(slots):
        slot.value = np.full(slot.shape, number, np.float32)
    training.variables = [steps, *slots]
    model.training_config = training
    return model
