"""Models, checkpoints that are made of them, and object graphs that are made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasfmt import Model, Sequential, protos, tensorbundle
from kerasfmt.formats.checkpoint.object_records import parse_records
from kerasfmt.formats.checkpoint.stored import StoredObject, linked
from kerasfmt.ir import TrainingConfig, Weight
from kerasfmt.layers import BatchNormalization, Dense
from kerasfmt.optimizers.loss_scale import unwrapped
from kerasfmt.optimizers.state import initial_variables

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def small(prefix: str = "", name: str = "small", units: int = 4) -> Model:
    """A model of random weights; the names of its layers begin with `prefix`."""
    layers = [
        Dense(units, input_shape=(3,), name=f"{prefix}hidden"),
        BatchNormalization(name=f"{prefix}norm"),
        Dense(2, name=f"{prefix}out"),
    ]
    model = Sequential(layers, name=name)
    rng = np.random.default_rng(3)
    for weight in model.weights:
        weight.value = rng.normal(size=weight.shape).astype(weight.dtype.numpy)
    return model


def zeros(model: Model) -> Model:
    """The model with zeros for weights."""
    model.set_weights([np.zeros(weight.shape, weight.dtype.numpy) for weight in model.weights])
    return model


def trained(optimizer: Any, model: Model | None = None) -> Model:
    """The model, compiled and with random variables of its optimizer after 7 steps."""
    model = model or small()
    model.compile(optimizer, "mse")
    rng = np.random.default_rng(4)
    training = model.training_config
    assert training is not None
    training.variables = initial_variables(unwrapped(training), model.trainable_weights)
    training.variables[0].value = np.asarray(7, np.int64)
    for variable in training.variables[1:]:
        variable.value = rng.uniform(0.1, 1, variable.shape).astype(variable.dtype.numpy)
    return model


def state(training: TrainingConfig | None) -> list[tuple[Any, ...]]:
    """The variables of an optimizer by value."""
    assert training is not None
    return [(weight.shape, weight.numpy().tolist()) for weight in training.variables]


def same_weights(ours: Sequence[Weight], theirs: Sequence[Weight]) -> bool:
    """Whether weights have equal values."""
    pairs = zip(ours, theirs, strict=True)
    return all(np.array_equal(one.numpy(), other.numpy()) for one, other in pairs)


def graph(*nodes: Mapping[str, Any]) -> bytes:
    """An object graph: `children`, `keys` and `slots` of each node."""
    message = protos.TrackableObjectGraph()
    for node in nodes:
        entry = message.nodes.add()
        for name, number in node.get("children", {}).items():
            entry.children.add(local_name=name, node_id=number)
        for name, key in node.get("keys", {}).items():
            entry.attributes.add(name=name, checkpoint_key=key, full_name=node.get("full_name", key))
        for original, name, variable in node.get("slots", ()):
            entry.slot_variables.add(
                original_variable_node_id=original, slot_name=name, slot_variable_node_id=variable
            )
    return message.SerializeToString()


def decode_object_graph(data: bytes, where: str) -> list[StoredObject]:
    """The objects of a serialized graph."""
    return linked(parse_records(data, where), where)


def put(prefix: Path, tensors: Mapping[str, Any], object_graph: bytes | None = None) -> Path:
    """Writes a checkpoint of these tensors and this object graph; gives its prefix."""
    items = dict(tensors)
    if object_graph is not None:
        items["_CHECKPOINTABLE_OBJECT_GRAPH"] = np.array(object_graph, object)
    tensorbundle.write(prefix, items.items())
    return prefix


def unnamed(directory: Path, tensors: Mapping[str, Any]) -> Path:
    """Writes a checkpoint whose prefix has no name, as TensorFlow 1 does at `directory/`; gives its index."""
    directory.mkdir()
    put(directory / "named", tensors)
    for file in directory.glob("named.*"):
        file.rename(directory / file.name.removeprefix("named"))
    return directory / ".index"
