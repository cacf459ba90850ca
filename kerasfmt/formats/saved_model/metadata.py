"""keras_metadata.pb: for every layer and metric a JSON text with its config and what Keras needs to revive it.

The content for each layer is put together first, with the numbers of its objects, and then encoded.

Source: tf_keras/src/saving/legacy/saved_model/layer_serialization.py, model_serialization.py, json_utils.py;
tf_keras/src/saving/legacy/serialization.py (shared_object_id).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from kerasfmt import protos
from kerasfmt.dialects import versions
from kerasfmt.formats.checkpoint.nodes import SavedNode
from kerasfmt.formats.checkpoint.object_graph import ObjectGraph
from kerasfmt.formats.saved_model import layout
from kerasfmt.formats.saved_model.plan import Plan
from kerasfmt.formats.saved_model.shared_ids import SHARED, SharedIds
from kerasfmt.graph import Spec
from kerasfmt.ir import InputLayer, InputSpec, Layer, Model, Sequential, TrainingConfig
from kerasfmt.ir.compile_state import CompiledMetric
from kerasfmt.ir.json_values import LEAVES, wrap_shape, wrap_tuple
from kerasfmt.ir.regularizers import to_config
from kerasfmt.ir.revived import NO_CONFIG, RevivedLayer
from kerasfmt.ir.structure import Structure, flatten, map_structure
from kerasfmt.ir.tracked import TrackedObject
from kerasfmt.typing import record


@record(frozen=True, eq=False)
class LayerMetadata:
    """The metadata that Keras stores for one layer.

    Attributes:
      node: the number of its node in the object graph.
      path: the path of that node, from `root`.
      identifier: the kind of the object.
      content: the JSON values, in which tuples are distinct from lists.
    """

    node: int
    path: str
    identifier: str
    content: Mapping[str, Any]


def describe_objects(
    plan: Plan,
    graph: ObjectGraph,
    layers: Mapping[SavedNode, Layer],
    metrics: Mapping[SavedNode, CompiledMetric],
    compiled: TrainingConfig | None,
    tracked: Mapping[TrackedObject, SavedNode] = MappingProxyType({}),
) -> list[LayerMetadata]:
    """The metadata of every layer and every metric among the nodes of the object graph, in their order.

    Args:
      plan: the model and its functions.
      graph: the object graph.
      layers: the layer of each node that stands for one.
      metrics: the metric of each node that stands for one.
      compiled: the compile state that is stored; None to leave it out.
      tracked: the node of each object that revived layers track.
    """
    model, ids = plan.model, SharedIds(plan.names)
    others = {node: item for item, node in tracked.items() if item.description is not None}
    _number_layers(model, ids)
    inbound = _inbound_nodes(model, ids)
    found = []
    for node in graph.nodes:
        layer = layers.get(node)
        if layer is not None:
            own = compiled if layer is model else None
            content: Mapping[str, Any] = _layer_content(layer, ids, inbound.get(layer), own)
            identifier = layer.facts.identifier
        elif node in metrics:
            content, identifier = _metric_content(metrics[node], ids), layout.METRIC
        elif node in others:
            item = others[node]
            content = {**(item.description or {}), SHARED: ids.number(item)}
            identifier = item.identifier
        else:
            continue
        path = ".".join(("root", *graph.paths[node]))
        found.append(LayerMetadata(graph.ids[node], path, identifier, content))
    return found


def encode_metadata(layers: Sequence[LayerMetadata]) -> protos.KerasSavedMetadata:
    """The message that holds the metadata of layers."""
    proto = protos.KerasSavedMetadata()
    marked: dict[int, Any] = {}
    for layer in layers:
        entry = proto.nodes.add()
        entry.node_id = layer.node
        entry.node_path = layer.path
        entry.version.producer = layout.METADATA_PRODUCER
        entry.version.min_consumer = layout.MIN_CONSUMER
        entry.identifier = layer.identifier
        entry.metadata = json.dumps(_tuples(layer.content, marked))
    return proto


def _number_layers(model: Model, ids: SharedIds) -> None:
    layers = [model.inputs[0].origin.layer, *model.layers] if isinstance(model, Sequential) else model.layers
    for layer in layers:
        if isinstance(layer, Model):
            _number_layers(layer, ids)
        else:
            ids.config(layer)
            ids.number(layer)
    ids.number(model)


def _inbound_nodes(model: Model, ids: SharedIds) -> dict[Layer, Any]:
    """The `inbound_nodes` of each layer of a functional model, and of the functional models in it."""
    found: dict[Layer, Any] = {}
    if not isinstance(model, Sequential) and model.is_network:
        for entry, layer in zip(ids.plain(model)["layers"], model.layers, strict=True):
            found[layer] = entry["inbound_nodes"]
    for layer in model.layers:
        if isinstance(layer, Model):
            found.update(_inbound_nodes(layer, ids))
    return found


def _metric_content(metric: CompiledMetric, ids: SharedIds) -> dict[str, Any]:
    return {
        "class_name": metric.class_name,
        "name": metric.name,
        "dtype": metric.config.get("dtype"),
        "config": dict(metric.config),
        "shared_object_id": ids.number(("metric", metric.name)),
    }


def _layer_content(
    layer: Layer, ids: SharedIds, inbound: Any, compiled: TrainingConfig | None
) -> dict[str, Any]:
    if isinstance(layer, InputLayer):
        return _input_layer_content(layer, ids)
    if isinstance(layer, RevivedLayer):
        return _revived_content(layer, ids, inbound, compiled)
    is_model = isinstance(layer, Model)
    metadata: dict[str, Any] = {
        "name": ids.names[layer],
        "trainable": layer.trainable,
        "expects_training_arg": layer.takes_training,
        "dtype": _policy(layer, ids),
        "batch_input_shape": layer.batch_input_shape,
    }
    if not is_model:
        metadata["stateful"] = layer.stateful
    metadata |= {
        "must_restore_from_config": layer.facts.restored_from_config,
        "preserve_input_structure_in_config": layer.facts.preserves_structure,
        "autocast": layer.autocast,
        "class_name": _class_name(layer),
        "config": _model_config(layer, ids) if isinstance(layer, Model) else ids.config(layer),
    }
    if inbound:
        metadata["inbound_nodes"] = inbound
    metadata["shared_object_id"] = ids.number(layer)
    _add_input_spec(metadata, layer, ids)
    regularizer = layer.activity_layer.activity_penalty
    if regularizer is not None:
        stated = to_config(regularizer)
        if isinstance(stated, dict):
            stated = {**stated, "shared_object_id": ids.number(id(regularizer))}
        metadata["activity_regularizer"] = stated
    if layer.build_input is not None:
        # A wrapper builds the layer inside with a plain tuple, of which a recurrent layer makes a shape.
        wrapped = layer.weight_scope is not None and layer.saved_states() is None
        metadata["build_input_shape"] = layer.build_input if wrapped else _shapes(layer.build_input)
    if isinstance(layer, Model):
        metadata |= _model_content(layer, ids, compiled)
    return metadata


def _class_name(layer: Layer) -> str:
    """The class; that of the user's own where one made a model of inputs and outputs."""
    own = layer.own_class if isinstance(layer, Model) else None
    return own or layer.keras_name


def _input_layer_content(layer: InputLayer, ids: SharedIds) -> dict[str, Any]:
    return {
        "class_name": "InputLayer",
        "name": ids.names[layer],
        "dtype": layer.input_dtype.name,
        "sparse": layer.sparse,
        "ragged": layer.ragged,
        "batch_input_shape": layer.batch_input_shape,
        "config": ids.plain(layer),
    }


def _revived_content(
    layer: RevivedLayer, ids: SharedIds, inbound: Any, compiled: TrainingConfig | None
) -> dict[str, Any]:
    """What the file says of a layer that nobody's class made, with what may have changed since."""
    content: dict[str, Any] = {}
    number = ids.number(layer)
    for key, value in layer.record.content.items():
        if key in ("inbound_nodes", "training_config"):
            continue
        content[key] = value if isinstance(layer, Model) else _numbered_fact(layer, key, value, ids)
        if key == "config" and layer.record.has_config:
            content[key] = ids.config(layer)
            content |= {"inbound_nodes": inbound, SHARED: number} if inbound else {SHARED: number}
    content |= {"name": ids.names[layer], "trainable": layer.trainable}
    if compiled is not None:
        content["training_config"] = _training_config(compiled, ids)
    return content


def _training_config(compiled: TrainingConfig, ids: SharedIds) -> dict[str, Any]:
    from kerasfmt.formats.saved_model.training_metadata import numbered_training_config

    return numbered_training_config(compiled, ids.number)


def _numbered_fact(layer: Layer, key: str, value: Any, ids: SharedIds) -> Any:
    """What is said of a layer, with a number for each object; Keras numbers those of a layer alone."""
    if key == "dtype":
        return _policy(layer, ids)
    if key == "input_spec" and isinstance(value, list):
        return [_numbered_fact(layer, f"{key}{place}", item, ids) for place, item in enumerate(value)]
    if key != "config" and isinstance(value, Mapping) and value.keys() == {"class_name", "config"}:
        return {**value, SHARED: ids.number((layer, key))}
    return value


def _policy(layer: Layer, ids: SharedIds) -> Any:
    config = layer.policy.to_config()
    if isinstance(config, dict):
        return {**config, "shared_object_id": ids.policy(layer)}
    return config


def _add_input_spec(metadata: dict[str, Any], layer: Layer, ids: SharedIds) -> None:
    spec = layer.input_spec()
    if spec is None:
        return
    if isinstance(spec, list) and isinstance(layer, Model):
        # Keras makes the specs of a model anew whenever they are asked for, and numbers none of them.
        metadata["input_spec"] = [_input_spec(s) for s in spec]
        return
    places = iter(range(len(flatten(spec))))
    metadata["input_spec"] = map_structure(
        lambda s: _numbered_spec(s, (layer, "input_spec", next(places)), ids), spec
    )


def _numbered_spec(spec: InputSpec, key: Any, ids: SharedIds) -> dict[str, Any]:
    return {**_input_spec(spec), "shared_object_id": ids.number(key)}


def _input_spec(spec: InputSpec) -> dict[str, Any]:
    config = {
        "dtype": spec.dtype,
        "shape": spec.shape,
        "ndim": spec.ndim,
        "max_ndim": spec.max_ndim,
        "min_ndim": spec.min_ndim,
        "axes": {str(axis): size for axis, size in spec.axes.items()},
    }
    return {"class_name": "InputSpec", "config": config}


def _shapes(shape: Structure) -> Any:
    """A structure of shapes as Keras stores it. A tuple of dimensions is a shape; any other container nests."""
    if isinstance(shape, tuple) and all(d is None or isinstance(d, int) for d in shape):
        return wrap_shape(shape)
    if isinstance(shape, dict):
        return {key: _shapes(item) for key, item in shape.items()}
    if isinstance(shape, list | tuple):
        return type(shape)(_shapes(item) for item in shape)
    return shape


def _model_content(model: Model, ids: SharedIds, compiled: TrainingConfig | None) -> dict[str, Any]:
    save_spec = map_structure(type_spec, model.keras_signature(ids.names))
    # Keras never reads `model_config`. That of a class with a config of its own tells kerasfmt the layers.
    stated = _numbered_config(model, ids)
    config = {"class_name": _class_name(model), **({} if _lacks_config(stated) else {"config": stated})}
    metadata: dict[str, Any] = {
        "is_graph_network": True,
        "full_save_spec": ([save_spec], {}),
        "save_spec": save_spec,
        "keras_version": versions.KERAS2,
        "backend": "tensorflow",
        "model_config": config,
    }
    if compiled is not None:
        metadata["training_config"] = _training_config(compiled, ids)
    return metadata


def _lacks_config(config: Mapping[str, Any]) -> bool:
    """Whether a layer in a model's config has none, so that Keras states none of the model.

    Source: tf_keras/src/saving/legacy/saving_utils.py, model_metadata
    """
    inner = [entry["config"] for entry in config.get("layers", ())]
    return bool(config.get(NO_CONFIG)) or any(_lacks_config(each) for each in inner)


def _model_config(model: Model, ids: SharedIds) -> dict[str, Any]:
    """The config of the user's own class, where it has another one than a model of inputs and outputs."""
    return _partly_numbered(model, ids) if model.own_config is None else dict(model.own_config)


def _partly_numbered(model: Model, ids: SharedIds) -> dict[str, Any]:
    """A model's config in which only the objects of some options are numbered."""
    config = ids.plain(model)
    entries = list(config["layers"])
    for place, layer in enumerate(model.config_layers):
        for option, names in layer.numbered_objects().items():
            own = entries[place]["config"]
            numbered = {k: v for k, v in ids.config(layer.held(option)).items() if k in names}
            inner = {**own[option], "config": {**own[option]["config"], **numbered}}
            entries[place] = {**entries[place], "config": {**own, option: inner}}
    return {**config, "layers": entries}


def _numbered_config(model: Model, ids: SharedIds) -> dict[str, Any]:
    """A model's config with every layer and config object numbered; Keras does not number a nested model's config."""
    config = ids.plain(model)
    entries = []
    for entry, layer in zip(config["layers"], model.config_layers, strict=True):
        inner = ids.plain(layer) if isinstance(layer, Model) else ids.config(layer)
        entries.append({**entry, "config": inner, "shared_object_id": ids.number(layer)})
    return {**config, "layers": entries}


def type_spec(spec: Spec) -> dict[str, Any]:
    """A Spec as Keras states those of a model's inputs."""
    return {
        "class_name": "TypeSpec",
        "type_spec": "tf.TensorSpec",
        "serialized": [wrap_shape(spec.shape), spec.dtype.name, spec.name],
    }


def _tuples(value: Any, done: dict[int, Any]) -> Any:
    """JSON in which tuples are marked as such; a batch_input_shape is a tuple.

    Args:
      value: the value, which holds a layer's config wherever the layer is described.
      done: the results for the dicts so far, by the id of the dict.
    """
    leaves = LEAVES
    if isinstance(value, dict):
        marked = done.get(id(value))
        if marked is None:
            marked = {k: v if type(v) in leaves else _tuples(v, done) for k, v in value.items()}
            shape = value.get("batch_input_shape")
            if isinstance(shape, list):
                marked["batch_input_shape"] = _tuples(tuple(shape), done)
            done[id(value)] = marked
        return marked
    if isinstance(value, list | tuple):
        items = [v if type(v) in leaves else _tuples(v, done) for v in value]
        return wrap_tuple(items) if isinstance(value, tuple) else items
    return value
