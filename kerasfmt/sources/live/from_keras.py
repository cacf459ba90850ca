"""Live models of Keras 2 (tf.keras up to 2.15, tf_keras) and Keras 3, on any backend, as models of kerasfmt.

Nothing of Keras is imported: a live object is recognized by the names and modules of its classes. Its config makes
the layers, then each layer takes the values of its variables. Values are read when they are used, and share the
memory of the live model if its backend allows.

Source: tf_keras/src/engine/functional.py, get_network_config; keras/src/models/functional.py, get_config;
keras/src/variables.py (3.x)
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from kerasfmt import ir
from kerasfmt.dialects.calls import is_reference
from kerasfmt.dialects.malformed import malformed_config_errors
from kerasfmt.dialects.model_config import model_from_config
from kerasfmt.errors import InvalidModelError, UnsupportedLayerError
from kerasfmt.formats.matching import assign, by_name, ordered_weights, pair
from kerasfmt.gc_paused import gc_paused
from kerasfmt.ir.own_modules import is_own
from kerasfmt.layers.feature_space import FeatureSpace
from kerasfmt.layers.index_lookup import IndexLookup
from kerasfmt.layers.text_vectorization import TextVectorization
from kerasfmt.sources.live.arrays import LiveArray, MergedArray, variable_name
from kerasfmt.sources.live.beside import warn_of_what_is_left_out
from kerasfmt.sources.live.compile_state import training_config
from kerasfmt.sources.live.lookups import take_lookup, without_path
from kerasfmt.sources.live.objects import (
    classes,
    is_keras,
    is_keras3,
    keras_class,
    keras_classes,
    keras_version,
    own_code,
    registered_name,
    to_json,
)

_OWN_CODE: Final = ("call", "__call__", "build", "compute_mask")
"""Methods that a custom layer overrides; a subclass without them is still the layer of Keras."""
_SPACE: Final = "FeatureSpace"
_MODELS: Final = ("Functional", "Sequential")
_BASES: Final = ("Model", "Layer")
_FUNCTIONS: Final = frozenset({"TFOpLambda", "SlicingOpLambda"})
_REBUILD: Final = (
    "rebuild it with the functional API from layers that Keras has: keras.Model(inputs, outputs), where outputs "
    "is what the code of call computes"
)

_MEND: Final = (
    "a model is saved by what get_config of its layers returns: a dict of numbers, texts and lists, which are the "
    "arguments of the constructor; mend the get_config that raised it"
)
_LEAVE_OUT: Final = (
    "leave it out with include_optimizer=False, or with from_keras(model, compile=False); losses, metrics and "
    "optimizers are saved by what their get_config returns"
)


@gc_paused()
def from_keras(model: Any, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> ir.Model:
    """A live Keras model as a model of kerasfmt, with its weights.

    A layer that a model calls several times stays one layer. A layer of two models, one inside the other, becomes two
    layers with equal values, as when Keras itself saves and loads the model.

    Args:
      model: a Functional or Sequential model of Keras 2 or Keras 3.
      custom_objects: subclasses of `kerasfmt.layers.Layer` that stand for custom layers, by class name.
      compile: whether to take the compile state and the optimizer's variables.

    Example:
      `keras_model` is a live model, of Keras 2 or Keras 3.

      >>> model = kerasfmt.from_keras(keras_model)
      >>> kerasfmt.save_model(model, "saved_model")

    Raises:
      UnsupportedLayerError: a model or layer with Python code of its own, or a layer, activation, option or
        optimizer that kerasfmt does not know.
      InvalidModelError: the model has no layers, was never built, or has weights that do not fit its layers.
      TypeError: it is not a Keras model.
    """
    is_space = _SPACE in keras_classes(model)
    if not is_keras(model) or not (is_space or hasattr(model, "layers")):
        raise TypeError(f"expected a Keras model, got {type(model).__module__}.{type(model).__qualname__}")
    customs = dict(custom_objects or {})
    with own_code(f"model {getattr(model, 'name', _SPACE)}", _MEND):
        entry = _space_entry(model) if is_space else _model_entry(model, customs)
    with malformed_config_errors(f"model {getattr(model, 'name', _SPACE)}"):
        found = model_from_config(entry, customs, keras=3 if is_keras3(model) else 2)
    found.made_by_keras = 3 if is_keras3(model) else 2
    if found.made_by_keras == 2:
        found.keras2_version = keras_version(model)
    taken: dict[int, ir.Weight] = {}
    if isinstance(found, FeatureSpace):
        for name, layer in found.preprocessors.items():
            _take_layer(layer, model.preprocessors[name], taken)
        return found
    _take_weights(found, model, taken)
    warn_of_what_is_left_out(found, model, taken)
    if compile and not _adapters(model):  # whose optimizer trains the adapters
        with own_code(f"model {model.name}: how it is compiled", _LEAVE_OUT):
            found.training_config = training_config(model, taken)
    return found


def _model_entry(model: Any, customs: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of a model and everything in it, in the dialect of its version of Keras."""
    base = _base(model, customs)
    kind = "" if base is None else base.__name__
    if kind not in _MODELS:
        raise UnsupportedLayerError(
            f"model {model.name} ({_called(model)}): a subclassed model is Python code, which cannot be saved; "
            + _REBUILD
        )
    if not getattr(model, "built", True) or (kind == "Sequential" and not _has_inputs(model)):
        raise InvalidModelError(
            f"model {model.name}: its input shape is not known yet; call it on data, or model.build(shape), first"
        )
    stated = _network_config(base, model) if kind == "Functional" else base.get_config(model)
    config = to_json(stated)
    config.update({key: _ends(stated[key]) for key in ("input_layers", "output_layers") if key in stated})
    layers = {layer.name: layer for layer in model.layers}
    for entry in config["layers"]:
        name = entry.get("name") or (entry.get("config") or {}).get("name")
        if name in layers:
            entry.update(_entry(layers[name], entry, customs))
    if kind == "Sequential" and "build_input_shape" not in config:
        shape = getattr(model, "_build_input_shape", None)
        config["build_input_shape"] = to_json(shape)
    return {"class_name": kind, "config": config}


def _network_config(base: Any, model: Any) -> Any:
    """The config of a functional model; of a subclass too, whose constructor takes other arguments.

    Source: tf_keras/src/engine/functional.py and keras/src/models/functional.py, Functional.get_config
    """
    if keras_class(type(model)):
        return base.get_config(model)
    write = getattr(sys.modules.get(base.__module__), "get_network_config", None)
    if write is not None:
        return write(model, config={"name": model.name, "trainable": model.trainable})
    plain = base(model._inputs_struct, model._outputs_struct, name=model.name)
    return {**base.get_config(plain), "trainable": model.trainable}


def _ends(refs: Any) -> Any:
    """The inputs or outputs that a config of a model states, with tuples of them."""
    if isinstance(refs, Mapping):
        return {str(key): _ends(item) for key, item in refs.items()}
    if isinstance(refs, tuple | list) and not is_reference(list(refs)):
        return type(refs)(map(_ends, refs)) if type(refs) in (tuple, list) else list(map(_ends, refs))
    return to_json(refs)


def _space_entry(space: Any) -> dict[str, Any]:
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
    return {"class_name": _SPACE, "config": config}


def _has_inputs(model: Any) -> bool:
    if is_keras3(model):
        return bool(getattr(model, "_functional", None)) or not model.layers
    return getattr(model, "_is_graph_network", True) or getattr(model, "_build_input_shape", None) is not None


def _entry(layer: Any, entry: Mapping[str, Any], customs: Mapping[str, Any]) -> dict[str, Any]:
    """Class name and config of a layer; `entry` is its description in the config of the model."""
    if hasattr(layer, "layers") and keras_classes(layer) & {"Model", *_MODELS}:
        return _model_entry(layer, customs)
    base = _base(layer, customs)
    if base is None:
        raise UnsupportedLayerError(
            f"layer {layer.name} ({_called(layer)}): a custom layer is Python code, which cannot be saved; "
            f"write it as a subclass of kerasfmt.layers.Layer and pass custom_objects={{{type(layer).__name__!r}: "
            "YourLayer}, or build it from layers that Keras has"
        )
    _refuse_own_functions(layer)
    for name, part in vars(layer).items():
        if name.startswith("_") or not is_layer(part):
            continue
        if _base(part, customs) is None:
            raise UnsupportedLayerError(
                f"layer {layer.name} ({type(layer).__name__}): holds a custom layer as {name}, "
                f"{_called(part)}; a layer in a layer has to be one of Keras's own"
            )
    found: dict[str, Any] = {"class_name": base.__name__, "config": entry["config"]}
    if base is not type(layer) and base is not _custom_class(layer, customs):
        found = {
            "class_name": base.__name__,
            "config": to_json(base.get_config(layer)),
            "registered_name": None,
        }
    found["config"] = without_path(found["config"], layer)
    is_input = "InputLayer" in keras_classes(layer)
    if is_keras3(layer) and isinstance(found["config"].get("dtype"), str) and not is_input:
        # Keras 3.0 to 3.2 state the policy by name, as Keras 2 does
        policy = {"class_name": "DTypePolicy", "config": {"name": found["config"]["dtype"]}}
        found["config"] = {**found["config"], "dtype": policy}
    return found


def is_layer(value: Any) -> bool:
    """Whether a value is a live Keras layer."""
    return "Layer" in keras_classes(value)


def _custom_class(layer: Any, customs: Mapping[str, Any]) -> type | None:
    return type(layer) if customs.get(type(layer).__name__) is not None else None


def _base(layer: Any, customs: Mapping[str, Any]) -> Any:
    """The Keras class of a layer, also if a subclass changes nothing but the name; None if it has its own code."""
    if _custom_class(layer, customs):
        return type(layer)
    for found in classes(layer):
        if keras_class(found):
            kind = found.__name__
            bare = kind == "Layer" and not is_keras3(layer)
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


def _called(layer: Any) -> str:
    return f"{type(layer).__module__}.{type(layer).__qualname__}"


def _refuse_own_functions(layer: Any) -> None:
    """Refuses an activation that is the user's own function, which may have the name of one of Keras's."""
    for name in ("activation", "recurrent_activation"):
        function = vars(layer).get(name)
        module = getattr(function, "__module__", None) or ""
        if callable(function) and not hasattr(function, "get_config") and not is_own(module):
            raise UnsupportedLayerError(
                f"layer {layer.name} ({type(layer).__name__}): option {name}: the function "
                f"{module}.{getattr(function, '__name__', function)} is Python code, which cannot be saved; "
                "use one of keras.activations"
            )


def _take_weights(model: ir.Model, live: Any, taken: dict[int, ir.Weight]) -> None:
    """Gives every weight of a model the value of its live variable; enters it into `taken` by the variable's id.

    The models inside, and the model itself, are given the names of their classes.
    """
    if not keras_class(type(live)):
        model.own_class = registered_name(type(live), live)
    layers = {layer.name: layer for layer in live.layers}
    for layer in model.layers:
        twin = layers.get(layer.name)
        if isinstance(layer, ir.Model):
            _take_weights(layer, twin, taken)
        elif twin is not None:
            _take_layer(layer, twin, taken)
        elif layer.weights:
            raise InvalidModelError(f"layer {layer.name}: expected it in the live model, got nothing")


def _take_layer(layer: ir.Layer, live: Any, taken: dict[int, ir.Weight]) -> None:
    if isinstance(layer, IndexLookup):
        take_lookup(layer, live)
        return
    if isinstance(layer, TextVectorization):
        take_lookup(layer.lookup, live._lookup_layer)
        return
    weights = ordered_weights(layer)
    variables = {id(v): v for v in (*live.trainable_weights, *live.non_trainable_weights)}
    arrays: dict[int, tuple[str, LiveArray | MergedArray]]
    arrays = {key: (variable_name(variable), LiveArray(variable)) for key, variable in variables.items()}
    for base, left, right, factor in _adapters(live):
        del arrays[id(left)], arrays[id(right)]
        arrays[id(base)] = (variable_name(base), MergedArray(base, left, right, factor))
    keys = {id(array): key for key, (_, array) in arrays.items()}
    where = f"layer {layer.name} ({type(layer).__name__})"
    stored = by_name(weights, list(arrays.values()))
    # Normalizations in half precision have variables of that precision in Keras 3, and of float32 in Keras 2.
    found = list(pair(weights, stored, where, cast=is_keras3(live)))
    assign(found)
    for weight, array in found:
        key = keys[id(array)]
        if not is_keras3(live):
            weight.name = arrays[key][0]
        taken[key] = weight


def _adapters(live: Any) -> list[tuple[Any, Any, Any, float]]:
    """The adapters of low rank (LoRA) of a live layer and the layers in it: variable, two factors, and their scale.

    Source: keras/src/layers/core/dense.py, kernel (3.x)
    """
    found = []
    for part in getattr(live, "_flatten_layers", tuple)():
        if not getattr(part, "lora_enabled", False):
            continue
        scale = getattr(part, "lora_alpha", part.lora_rank) / part.lora_rank
        word = "kernel" if hasattr(part, "lora_kernel_a") else "embeddings"
        factors = (getattr(part, f"lora_{word}_{end}") for end in "ab")
        found.append((getattr(part, f"_{word}"), *factors, scale))
    return found
