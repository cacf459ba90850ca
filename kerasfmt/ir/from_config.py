"""Models from their configs, in Keras 2's dialect or Keras 3's.

Keras 2 (`inbound_nodes` of a layer): a list with one entry per call; an entry is a structure of
`[layer_name, node_index, tensor_index, kwargs]`. Keras 3: `{"args": [...], "kwargs": {...}}` with
`{"class_name": "__keras_tensor__", "config": {"keras_history": [layer_name, node_index, tensor_index]}}`.

Source: tf_keras/src/engine/functional.py, reconstruct_from_config;
keras/src/models/functional.py, deserialize_node.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kerasfmt.errors import InvalidModelError, KerasfmtError, UnsafeFileError, UnsupportedLayerError
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir import naming
from kerasfmt.ir.config import CONSTANT, own_calls
from kerasfmt.ir.input_layer import InputLayer
from kerasfmt.ir.keras3_masks import refuse_other_masks
from kerasfmt.ir.keras_facts import LATER_OPTIONS
from kerasfmt.ir.layer import Layer, find_layer_class
from kerasfmt.ir.model import Functional, Model
from kerasfmt.ir.sequential import Sequential
from kerasfmt.ir.structure import Structure, flatten
from kerasfmt.ir.tensor import Constant, Tensor

_MAX_DEPTH = 64
"""Models nested deeper than this are refused."""

_OPERATIONS = ("keras.src.ops", "keras.ops")
"""Modules whose classes Keras 3 stores among the layers of a model, some under the name of a layer."""
_MAX_NESTING = 4 * _MAX_DEPTH
"""Lists and dicts nested deeper than this are refused; a model takes three levels."""


@gc_paused()
def model_from_config(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Model:
    """The model that `{"class_name", "config"}` stands for, in either dialect, with fresh weights.

    Raises:
      UnsupportedLayerError: a class or option that kerasfmt does not know.
      InvalidModelError: the config contradicts itself.
      UnsafeFileError: it holds code, or nests beyond all measure.
    """
    _check_nesting(config)
    layer = _layer_from(config, custom_objects or {}, ())
    if not isinstance(layer, Model):
        raise InvalidModelError(f"config: expected a model, got {config.get('class_name')!r}")
    return layer


def build_model(config: Mapping[str, Any], custom_objects: Mapping[str, Any]) -> Model:
    """The model of a bare config (without class name)."""
    kind = "Functional" if "input_layers" in config else "Sequential"
    return model_from_config({"class_name": kind, "config": config}, custom_objects)


def _check_nesting(config: Any) -> None:
    level, depth = [config], 0
    while level:
        if depth > _MAX_NESTING:
            raise UnsafeFileError(f"config: lists and dicts nested more than {_MAX_NESTING} deep")
        depth += 1
        level = [
            item
            for value in level
            if isinstance(value, Mapping | list | tuple)
            for item in (value.values() if isinstance(value, Mapping) else value)
        ]


@contextmanager
def _located(path: tuple[str, ...]) -> Iterator[None]:
    """Makes whatever goes wrong a KerasfmtError that names the model by the path to it."""
    if not path:
        yield
        return
    where = "/".join(path)
    try:
        yield
    except KerasfmtError as error:
        raise type(error)(naming.located(where, str(error))) from error
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InvalidModelError(f"model {where}: its config is malformed: {error!r}") from error


def _layer_from(entry: Mapping[str, Any], custom_objects: Mapping[str, Any], path: tuple[str, ...]) -> Layer:
    """The layer of an entry; `path` are the names of the models around it."""
    if len(path) > _MAX_DEPTH:
        raise UnsafeFileError(f"config: models nested more than {_MAX_DEPTH} deep")
    with _located(path):
        made = _leaf_from(entry, custom_objects, path)
    if made is not None:
        return made
    config, kind = entry["config"], str(entry["class_name"])
    inside = (*path, str(config.get("name") or kind.lower()))
    return (_sequential if kind == "Sequential" else _functional)(config, custom_objects, inside)


def _leaf_from(
    entry: Mapping[str, Any], custom_objects: Mapping[str, Any], path: tuple[str, ...]
) -> Layer | None:
    """The layer of an entry; None where it is a model."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config"), Mapping):
        raise InvalidModelError(f"config: expected a layer's class_name and config, got {str(entry)[:80]}")
    kind, config = str(entry.get("class_name")), dict(entry["config"])
    registered = entry.get("registered_name")
    custom = custom_objects.get(kind) or custom_objects.get(str(registered))
    cls: type[Layer] | None
    if custom is not None and (kind != "Lambda" or inspect.isclass(custom)):
        cls = _custom_class(kind, custom)
        return cls.revive(
            normalized(cls, config), custom_objects, lambda e: _layer_from(e, custom_objects, path)
        )
    if str(entry.get("module")).startswith(_OPERATIONS):
        operation = find_layer_class("Operation")
        assert operation is not None
        made = operation(kind, **config)
        made.module = str(entry["module"])  # type: ignore[attr-defined]
        return made
    if kind == "Sequential" or (kind in ("Functional", "Model") and "layers" in config):
        return None
    cls = find_layer_class(kind.rpartition(">")[2] if kind.startswith(("TensorFlow>", "Keras3>")) else kind)
    if cls is None or issubclass(cls, Model):
        raise UnsupportedLayerError(
            f"layer {config.get('name', entry.get('name'))!r} of class {kind!r}: not known to kerasfmt; "
            f"pass a kerasfmt.layers.Layer subclass as custom_objects={{{kind!r}: YourLayer}}"
        )
    return cls.revive(normalized(cls, config), custom_objects, lambda e: _layer_from(e, custom_objects, path))


def _custom_class(kind: str, custom: Any) -> type[Layer]:
    if inspect.isclass(custom) and issubclass(custom, Layer):
        return custom
    raise UnsupportedLayerError(
        f"custom_objects[{kind!r}]: expected a subclass of kerasfmt.layers.Layer, got {custom!r}"
    )


def normalized(cls: type[Layer], config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer config of either dialect as keyword arguments of the class."""
    options = {k: _plain(v) for k, v in config.items()}
    if "batch_shape" in options and not issubclass(cls, InputLayer):
        options["batch_input_shape"] = options.pop("batch_shape")
    if isinstance(options.get("batch_input_shape"), list):
        options["batch_input_shape"] = tuple(options["batch_input_shape"])
    for option, name in cls.facts.renamed.items():
        if name in options:
            options[option] = options.pop(name)
    for key, values in {**LATER_OPTIONS, **cls.facts.implied_by_keras2}.items():
        if key in options and key not in cls.fields and options[key] in values:
            del options[key]
    return options


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        return tuple(_plain(v) for v in value.get("items", ()))
    if isinstance(value, dict) and value.get("class_name") == "TensorShape":
        return tuple(value.get("items", ()))
    return value


def _members(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any], path: tuple[str, ...]
) -> list[tuple[Mapping[str, Any], Layer]]:
    entries = config.get("layers")
    if not isinstance(entries, list | tuple):
        raise InvalidModelError(f"model {'/'.join(path)}: expected a list of layers, got {str(entries)[:80]}")
    return [(entry, _layer_from(entry, custom_objects, path)) for entry in entries]


def _sequential(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any], path: tuple[str, ...]
) -> Sequential:
    members = _members(config, custom_objects, path)
    with _located(path):
        model = Sequential(
            [layer for _, layer in members],
            name=config.get("name"),
            trainable=config.get("trainable", True),
            dtype=config.get("dtype"),
            build_input_shape=config.get("build_input_shape"),
        )
        if not model.built:
            raise InvalidModelError(
                "its input shape is not in the file; it was saved before it was built or called"
            )
    return model


def _functional(config: Mapping[str, Any], custom_objects: Mapping[str, Any], path: tuple[str, ...]) -> Model:
    members = _members(config, custom_objects, path)
    with _located(path):
        layers: dict[str, Layer] = {}
        pending: list[tuple[str, Any]] = []
        for entry, layer in members:
            own = str(entry.get("name") or layer.name)
            if own in layers:
                raise InvalidModelError(f"two layers are called {own!r}")
            layers[own] = layer
            pending.extend((own, node) for node in entry.get("inbound_nodes") or ())
        keras3 = any(isinstance(node, Mapping) and "args" in node for _, node in pending)
        find = _Finder(layers, keras3)
        _run_calls(find, pending)
        if keras3:
            refuse_other_masks(list(layers.values()))
        inputs = _top_structure(config["input_layers"], find)
        outputs = _top_structure(config["output_layers"], find)
        return Functional(inputs, outputs, name=config.get("name"), trainable=config.get("trainable", True))


class _Finder:
    """Looks up the tensor that `[layer, node_index, tensor_index]` names; None while it does not exist."""

    def __init__(self, layers: Mapping[str, Layer], keras3: bool) -> None:
        self.layers = layers
        self.keras3 = keras3

    def position(self, ref: Any, top: bool = False) -> int:
        """Which of the layer's calls from outside a reference means; `top` if it is an output of the model.

        Keras 3 counts a nested model's own making in references from the top only.
        """
        try:
            layer = self.layers[ref[0]]
        except KeyError:
            raise InvalidModelError(
                f"config: a call refers to layer {ref[0]!r}, which does not exist"
            ) from None
        own = 0 if self.keras3 and not top else own_calls(layer, self.keras3)
        position = int(ref[1]) - own
        if position < 0 or ref[2] < 0:
            raise InvalidModelError(f"config: a call refers to {ref!r}, which does not exist")
        return position

    def __call__(self, ref: Any, top: bool = False) -> Tensor | None:
        position = self.position(ref, top)
        calls = self.layers[ref[0]].calls
        if len(calls) <= position:
            return None
        found: Tensor = calls[position].flat_outputs[ref[2]]
        return found


def _run_calls(find: _Finder, pending: list[tuple[str, Any]]) -> None:
    """Runs every call, each as soon as its inputs exist; the calls of one layer stay in order."""
    queues: dict[str, list[Any]] = {}
    for name, node in pending:
        queues.setdefault(name, []).append(node)
    waiting: dict[tuple[str, int], list[str]] = {}
    ready = list(queues)
    position = dict.fromkeys(queues, 0)
    at = 0
    while at < len(ready):
        name = ready[at]
        at += 1
        while position[name] < len(queues[name]):
            exact = find.layers[name].facts.preserves_structure
            node = queues[name][position[name]]
            args, kwargs, missing = _parse_node(node, find, exact)
            if missing is not None:
                waiting.setdefault(missing, []).append(name)
                break
            _refuse_lost_mask(find.layers[name], node, args)
            find.layers[name](args, **kwargs)
            ready.extend(waiting.pop((name, position[name]), ()))
            position[name] += 1
    stuck = [name for name, queue in queues.items() if position[name] < len(queue)]
    if stuck:
        raise InvalidModelError(f"the calls of layers {stuck[:5]} wait for each other")


def _refuse_lost_mask(layer: Layer, node: Any, inputs: Structure) -> None:
    """Refuses a call that Keras 3 makes without a mask where one comes with the inputs here, as in Keras 2.

    Keras 2, whose layers these are, has no way to say that.
    """
    stated = node.get("kwargs") if isinstance(node, Mapping) and "args" in node else None
    if not isinstance(stated, Mapping) or "mask" not in stated or stated["mask"] is not None:
        return
    if layer.takes_mask and any(isinstance(x, Tensor) and x.masked for x in flatten(inputs)):
        raise UnsupportedLayerError(
            f"layer {layer.name} ({type(layer).__name__}): Keras 3 calls it without a mask; expected the mask that "
            "Keras 2 hands on to it, which cannot be taken away; mask all inputs of the layers before it, or none"
        )


def _parse_node(
    node: Any, find: _Finder, exact: bool
) -> tuple[Structure, dict[str, Any], tuple[str, int] | None]:
    """The arguments of a call, and the (layer, position of its call) that it still waits for."""
    missing: list[tuple[str, int]] = []

    def tensor(ref: Any) -> Any:
        found = find(ref)
        if found is None:
            missing.append((ref[0], find.position(ref)))
        return found

    kwargs: dict[str, Any] = {}
    if isinstance(node, Mapping) and "args" in node:
        arguments = [_keras3_leaf(a, tensor) for a in node["args"]]
        inputs = arguments[0] if len(arguments) == 1 and not exact else arguments
        given = {k: _keras3_leaf(v, tensor) for k, v in node.get("kwargs", {}).items()}
        kwargs = {k: v for k, v in given.items() if v is not None}
    else:
        inputs = _keras2_node(node, tensor, kwargs, exact)
    return inputs, kwargs, missing[0] if missing else None


def _keras3_leaf(value: Any, tensor: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            return tensor(value["config"]["keras_history"])
        return {k: _keras3_leaf(v, tensor) for k, v in value.items()}
    if isinstance(value, list):
        return [_keras3_leaf(v, tensor) for v in value]
    return value


def _is_ref(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and isinstance(value[2], int)
    )


def _keras2_node(node: Any, tensor: Callable[[Any], Any], kwargs: dict[str, Any], exact: bool) -> Structure:
    """The first argument of a call; enters the others. `exact` if a list of one is not its item."""
    if _is_ref(node) or _is_constant(node):
        if len(node) == 4:
            given = {k: _keras2_kwarg(v, tensor) for k, v in node[3].items()}
            kwargs.update({k: v for k, v in given.items() if exact or v is not None})
        return Constant(node[2]) if _is_constant(node) else tensor(node)
    if isinstance(node, Mapping):
        return {k: _keras2_node(v, tensor, kwargs, exact) for k, v in node.items()}
    if not isinstance(node, list):
        raise InvalidModelError(f"config: not an inbound node: {str(node)[:80]}")
    items = [_keras2_node(item, tensor, kwargs, exact) for item in node]
    return items[0] if len(items) == 1 and not exact else items


def _is_constant(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and value[0] == CONSTANT


def _keras2_kwarg(value: Any, tensor: Callable[[Any], Any]) -> Any:
    if _is_ref(value):
        return tensor(value)
    if isinstance(value, list):
        return [_keras2_kwarg(v, tensor) for v in value]
    if isinstance(value, Mapping):
        return {k: _keras2_kwarg(v, tensor) for k, v in value.items()}
    return value


def _top_structure(refs: Any, find: _Finder) -> Structure:
    if _is_ref(refs):
        found = find(refs, top=True)
        if found is None:
            raise InvalidModelError(f"config: no layer call {refs!r}")
        return found
    if isinstance(refs, Mapping):
        return {k: _top_structure(v, find) for k, v in refs.items()}
    if not isinstance(refs, list | tuple) or not refs:
        raise InvalidModelError(f"expected inputs and outputs as [layer, node, tensor], got {refs!r}")
    items = [_top_structure(r, find) for r in refs]
    return items[0] if len(items) == 1 else items
