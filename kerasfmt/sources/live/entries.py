"""Class names and configs of live models and layers, in the dialect of their version of Keras.

A class of the user's that only changes the name of one of Keras's is that one. A class with code of its own is custom,
and so is a layer of Keras that holds a custom one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

from kerasfmt.dialects.calls import is_reference
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.ir.own_modules import is_own
from kerasfmt.ir.revived import NO_CONFIG
from kerasfmt.sources.live.lookups import without_path
from kerasfmt.sources.live.objects import (
    by_name,
    classes,
    is_keras3,
    keras_base,
    keras_class,
    keras_classes,
    registered_name,
    to_json,
)
from kerasfmt.sources.live.replacing import replaced

_OWN_CODE: Final = ("call", "__call__", "build", "compute_mask")
"""Methods that a custom layer overrides; a subclass without them is still the layer of Keras."""
SPACE: Final = "FeatureSpace"
MODELS: Final = ("Functional", "Sequential")
_BASES: Final = ("Model", "Layer")
_PACKAGE: Final = "Custom>"
"""What Keras puts before the name of a class of the user's."""
_LEGACY: Final = "use_legacy_config"
"""The attribute by which Keras 2 describes the layers of a model as in a SavedModel."""
_OF_JAX: Final = "keras.src.utils.jax_layer.JaxLayer"
"""The layer whose `call` is a function of JAX; FlaxLayer is a subclass. On JAX, a base of every layer has that name."""
_FUNCTIONS: Final = frozenset({"TFOpLambda", "SlicingOpLambda"})


def is_network(model: Any, customs: Mapping[str, Any]) -> bool:
    """Whether a live model is made of layers and their calls, and has no code of its own.

    Args:
      model: the model.
      customs: what stands for custom layers, by class name.
    """
    found = base(model, customs)
    kind = None if found is None else found.__name__
    return kind in MODELS


def model_entry(model: Any, customs: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of a model and everything in it, in the dialect of its version of Keras.

    Args:
      model: the live model, of layers and their calls.
      customs: what stands for custom layers, by class name.

    Raises:
      InvalidModelError: its input shape is not known.
    """
    found = base(model, customs)
    kind = found.__name__
    if not getattr(model, "built", True) or (kind == "Sequential" and not _has_inputs(model)):
        raise InvalidModelError(
            f"model {model.name}: its input shape is not known yet; call it on data, or model.build(shape), first"
        )
    if kind == "Sequential" and isinstance(getattr(model, "_build_input_shape", None), Mapping):
        raise UnsupportedLayerError(
            f"model {model.name}: a Sequential model whose input is a dict is not supported; make it of keras.Input "
            "layers, as a functional model"
        )
    with _stating_functions(model):
        stated = _network_config(found, model) if kind == "Functional" else found.get_config(model)
    config = to_json(stated)
    config.update({key: _ends(stated[key]) for key in ("input_layers", "output_layers") if key in stated})
    layers = {layer.name: layer for layer in model.layers}
    if kind == "Sequential":
        _name_unstated(config["layers"], model)
    for entry in config["layers"]:
        name = entry.get("name") or (entry.get("config") or {}).get("name")
        if name in layers:
            entry.update(layer_entry(layers[name], entry, customs))
    if kind == "Sequential" and "build_input_shape" not in config:
        shape = getattr(model, "_build_input_shape", None)
        config["build_input_shape"] = to_json(shape)
    return {"class_name": kind, "config": config}


def _name_unstated(entries: list[dict[str, Any]], model: Any) -> None:
    """Adds the names of the layers that have no config, which no entry of a Sequential model states otherwise."""
    layers = model.layers
    skipped = max(len(entries) - len(layers), 0)  # the entry of the input stands first, where there is one
    for entry, layer in zip(entries[skipped:], layers, strict=False):
        if not (entry.get("config") or {}).get("name"):
            entry["name"] = layer.name


@contextmanager
def without_failed_configs(live: Any) -> Iterator[None]:
    """Where Keras 2 notes layers without a config as such, instead of an error, as when it writes a SavedModel.

    Source: tf_keras/src/saving/legacy/serialization.py, skip_failed_serialization; tf_keras/src/engine/functional.py,
    get_network_config
    """
    root = keras_base(live, "Layer").__module__.removesuffix(".engine.base_layer")
    module = sys.modules[f"{root}.saving.legacy.serialization"]
    models = [each for each in live._flatten_layers() if is_model(each)]
    unstated = [model for model in models if not getattr(model, _LEGACY, None)]
    try:
        for model in unstated:
            setattr(model, _LEGACY, True)
        with module.skip_failed_serialization():
            yield
    finally:
        for model in unstated:
            delattr(model, _LEGACY)


def _network_config(found: Any, model: Any) -> Any:
    """The config of a functional model; of a subclass too, whose constructor takes other arguments.

    Source: tf_keras/src/engine/functional.py and keras/src/models/functional.py, Functional.get_config
    """
    if keras_class(type(model)):
        return found.get_config(model)
    write = getattr(sys.modules.get(found.__module__), "get_network_config", None)
    if write is not None:
        return write(model, config={"name": model.name, "trainable": model.trainable})
    plain = found(model._inputs_struct, model._outputs_struct, name=model.name)
    return {**found.get_config(plain), "trainable": model.trainable}


@contextmanager
def _stating_functions(model: Any) -> Iterator[None]:
    """Where layers that hold functions of the user's are stated without a config, if they have none.

    Source: keras/src/utils/jax_layer.py, FlaxLayer.get_config
    """
    with ExitStack() as stack:
        for layer in model.layers:
            if _holds_functions(layer):
                stack.enter_context(replaced(vars(layer), "get_config", partial(dict, stated(layer))))
        yield


def stated(layer: Any) -> dict[str, Any]:
    """The config of a layer; one that says that it has none, of a JaxLayer or FlaxLayer that Keras cannot state."""
    try:
        return dict(layer.get_config())
    except Exception:
        if not _holds_functions(layer):
            raise
        return {"name": layer.name, NO_CONFIG: True}


def _holds_functions(layer: Any) -> bool:
    """Whether a layer is a JaxLayer or a FlaxLayer."""
    return _OF_JAX in {f"{cls.__module__}.{cls.__qualname__}" for cls in classes(layer)}


def _ends(refs: Any) -> Any:
    """The inputs or outputs that a config of a model states, with tuples of them."""
    if isinstance(refs, Mapping):
        return {str(key): _ends(item) for key, item in refs.items()}
    if isinstance(refs, tuple | list) and not is_reference(list(refs)):
        return type(refs)(map(_ends, refs)) if type(refs) in (tuple, list) else list(map(_ends, refs))
    return to_json(refs)


def space_entry(space: Any) -> dict[str, Any]:
    """Class name and config of a FeatureSpace.

    Raises:
      InvalidModelError: it has not been adapted.
    """
    try:
        space.get_encoded_features()
    except ValueError as error:
        raise InvalidModelError(
            f"FeatureSpace {getattr(space, 'name', '')}: it has not learned its features yet; call its adapt first"
        ) from error
    config = to_json(space.get_config())
    for name, layer in space.preprocessors.items():
        inner = config["features"][name]["config"]["preprocessor"]
        inner["config"] = without_path(inner["config"], layer)
    return {"class_name": SPACE, "config": config}


def _has_inputs(model: Any) -> bool:
    if is_keras3(model):
        return bool(getattr(model, "_functional", None)) or not model.layers
    return getattr(model, "_is_graph_network", True) or getattr(model, "_build_input_shape", None) is not None


def layer_entry(layer: Any, entry: Mapping[str, Any], customs: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of a layer.

    Args:
      layer: the live layer.
      entry: its description in the config of the model.
      customs: what stands for custom layers, by class name.
    """
    if is_model(layer) and is_network(layer, customs):
        return model_entry(layer, customs)
    if is_custom(layer, customs):
        return {**custom_entry(layer, entry["config"]), **_named_arguments(layer, entry)}
    own = base(layer, customs)
    found: dict[str, Any] = {"class_name": own.__name__, "config": entry["config"]}
    if own is not type(layer) and own is not _custom_class(layer, customs):
        found = {
            "class_name": own.__name__,
            "config": to_json(own.get_config(layer)),
            "registered_name": None,
        }
    found["config"] = without_path(found["config"], layer)
    is_input = "InputLayer" in keras_classes(layer)
    if is_keras3(layer) and isinstance(found["config"].get("dtype"), str) and not is_input:
        # Keras 3.0 to 3.2 state the policy by name, as Keras 2 does
        policy = {"class_name": "DTypePolicy", "config": {"name": found["config"]["dtype"]}}
        found["config"] = {**found["config"], "dtype": policy}
    return found


def _named_arguments(layer: Any, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The calls of a Keras 3 layer: its first argument by position, and the others by the names that its code gives.

    So Keras 2 states calls; what stands by position in Keras 3's config would be a list of inputs.
    """
    nodes = entry.get("inbound_nodes")
    if not is_keras3(layer) or not isinstance(nodes, list):
        return {}
    calls = []
    for node in nodes:
        args, kwargs = by_name(layer, node["args"], node["kwargs"])
        calls.append({**node, "args": list(args), "kwargs": kwargs})
    return {"inbound_nodes": calls}


def custom_entry(layer: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of a custom layer.

    Args:
      layer: the live layer.
      config: its config, of JSON values.
    """
    name = registered_name(type(layer))
    if is_keras3(layer) and keras_class(type(layer)):
        name = f"{_PACKAGE}{name}"  # Keras 2 has a class of that name, which does not take this config
    return {"class_name": name, "config": dict(config), "registered_name": name}


def is_custom(layer: Any, customs: Mapping[str, Any]) -> bool:
    """Whether a live layer has code of the user's: its own, that of a function, or that of a layer in it.

    Args:
      layer: the layer.
      customs: what stands for custom layers, by class name.
    """
    if _custom_class(layer, customs):
        return False
    if is_model(layer):
        return not is_network(layer, customs)
    if base(layer, customs) is None or "Lambda" in keras_classes(layer):
        return True
    if _holds_functions(layer) or _has_own_function(layer):
        return True
    return any(
        is_layer(part) and is_custom(part, customs)
        for name, part in vars(layer).items()
        if not name.startswith("_")
    )


def is_model(value: Any) -> bool:
    """Whether a value is a live Keras model."""
    return "Model" in keras_classes(value) and hasattr(value, "layers")


def is_layer(value: Any) -> bool:
    """Whether a value is a live Keras layer."""
    return "Layer" in keras_classes(value)


def _custom_class(layer: Any, customs: Mapping[str, Any]) -> type | None:
    return type(layer) if customs.get(type(layer).__name__) is not None else None


def base(layer: Any, customs: Mapping[str, Any]) -> Any:
    """The Keras class of a layer, also if a subclass changes nothing but the name; None if it has its own code.

    Args:
      layer: the live layer.
      customs: what stands for custom layers, by class name.
    """
    if _custom_class(layer, customs):
        return type(layer)
    for found in classes(layer):
        if keras_class(found):
            kind = found.__name__
            bare = kind == "Layer" and not is_keras3(layer) and found is type(layer)
            return None if (kind in _BASES and not bare) or _has_own_call(layer) else found
        if any(name in vars(found) for name in _OWN_CODE):
            return None
    return None


def _has_own_call(layer: Any) -> bool:
    """Whether an object has a `call` of its own, beside the method of its class.

    After writing a SavedModel, Keras 2 sets the attribute to the method of the class. A layer that is a function of
    TensorFlow always has a `call` of its own.
    """
    own = None if keras_classes(layer) & _FUNCTIONS else vars(layer).get("call")
    return own is not None and getattr(own, "__func__", own) is not getattr(type(layer), "call", None)


def called(layer: Any) -> str:
    """What errors call the class of a live layer."""
    return f"{type(layer).__module__}.{type(layer).__qualname__}"


def _has_own_function(layer: Any) -> bool:
    """Whether an activation is the user's own function, which may have the name of one of Keras's."""
    for name in ("activation", "recurrent_activation"):
        function = vars(layer).get(name)
        module = getattr(function, "__module__", None) or ""
        if callable(function) and not hasattr(function, "get_config") and not is_own(module):
            return True
    return False
